import SparseCore

/// Reads a file piece by piece, decompressing it on the way when it is a gzip file (RFC 1952).
///
/// A file that begins with the bytes 1f 8b is gzip, of one member or several; any other is taken as
/// it is. Never more than a piece of the compressed file is in memory. Every member's checksum and
/// length are checked, and nothing may follow the last one.
struct GzipReader: ~Copyable {
  private enum State { case plain, inMember, betweenMembers }

  private static let pieceBytes = 1 << 18

  /// The file, as the caller named it.
  let path: String

  private let file: BoundedFile
  private let inflater: Inflater
  private var state: State

  /// The piece of the file at hand, how much of it is used, and where in the file it ends.
  private var piece: [UInt8]
  private var used = 0
  private var position: Int

  /// The number of decompressed bytes handed out so far.
  private(set) var outputBytes = 0

  /// Opens a file and looks at its first bytes.
  ///
  /// - Parameters:
  ///   - path: A regular file.
  ///   - maximumFileBytes: The largest file to accept.
  /// - Throws: `SparseError` with code `.fileSystem` when there is no such file or it cannot be read,
  ///   `.unsupported` when it is too large.
  init(path: String, maximumFileBytes: Int = DataLimits.fileBytes) throws {
    let file = try BoundedFile(path: path, maximumBytes: maximumFileBytes)
    let piece = try file.bytes(in: 0..<min(Self.pieceBytes, file.byteCount))
    inflater = try Inflater()
    state = piece.starts(with: [0x1f, 0x8b]) ? .inMember : .plain
    position = piece.count
    self.path = path
    self.piece = piece
    self.file = file
  }

  /// Whether the file is compressed.
  var isCompressed: Bool { state != .plain }

  /// The size of the file as it lies on the disk.
  var fileBytes: Int { file.byteCount }

  /// The most bytes that this file can decompress to.
  var maximumOutputBytes: Int {
    isCompressed ? DataLimits.inflatedBytes(of: file.byteCount) : file.byteCount
  }

  /// Reads the next bytes.
  ///
  /// - Parameters:
  ///   - output: Where they go.
  ///   - target: Which part of it to fill.
  /// - Returns: How many bytes were read: fewer than `target.count` only at the end of the data.
  /// - Throws: `SparseError` with code `.corruptFile` when compressed data are damaged or incomplete,
  ///   `.fileSystem` when reading fails.
  mutating func read(into output: inout [UInt8], _ target: Range<Int>) throws -> Int {
    var next = target.lowerBound
    while next < target.upperBound {
      if used == piece.count, !(try refill()) { break }
      switch state {
      case .plain:
        let count = min(target.upperBound - next, piece.count - used)
        copy(count, into: &output, at: next)
        used += count
        next += count
      case .inMember:
        next += try inflateStep(into: &output, next..<target.upperBound)
      case .betweenMembers:
        try startMember()
      }
    }
    outputBytes += next - target.lowerBound
    return next - target.lowerBound
  }

  /// Copies bytes of the piece; as memory, because element by element takes seconds in debug builds.
  private func copy(_ count: Int, into output: inout [UInt8], at start: Int) {
    precondition(start + count <= output.count && used + count <= piece.count, "array too short")
    // SAFETY: both ends were checked above.
    unsafe output.withUnsafeMutableBytes { target in
      unsafe piece.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<start + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[used..<used + count]))
      }
    }
  }

  private mutating func inflateStep(
    into output: inout [UInt8],
    _ target: Range<Int>
  ) throws -> Int {
    let step = inflater.step(from: piece, used..<piece.count, into: &output, target)
    used += step.consumed
    switch step.outcome {
    case .goesOn: break
    case .memberEnded: state = .betweenMembers
    case .damaged(let reason):
      throw SparseError(
        .corruptFile,
        "\(path): the gzip data are damaged before byte \(position - piece.count + used) of "
          + "\(file.byteCount) (\(reason)). Download or copy the file again."
      )
    }
    return step.produced
  }

  /// Reads the next piece of the file; `false` when the file ends where its data may end.
  private mutating func refill() throws -> Bool {
    guard position < file.byteCount else {
      guard state != .inMember else {
        throw SparseError(
          .corruptFile,
          "\(path): the gzip data are incomplete: the file ends after \(file.byteCount) bytes, in "
            + "the middle of them. Download or copy the file again."
        )
      }
      try file.requireSameSize()
      return false
    }
    piece = try file.bytes(in: position..<min(position + Self.pieceBytes, file.byteCount))
    position += piece.count
    used = 0
    return true
  }

  /// Begins the next member, or refuses what follows the last one.
  private mutating func startMember() throws {
    let rest = file.byteCount - (position - piece.count + used)
    // A member has 18 bytes at least; its second byte is left to zlib when a piece ends between.
    let looksRight =
      rest >= 18 && piece[used] == 0x1f && (used + 1 == piece.count || piece[used + 1] == 0x8b)
    guard looksRight else {
      throw SparseError(
        .corruptFile,
        "\(path): \(rest) bytes follow the end of the gzip data and are not gzip. Remove them, "
          + "or download or copy the file again."
      )
    }
    inflater.reset()
    state = .inMember
  }
}

extension GzipReader {
  /// Reads the next bytes and appends them to an array.
  ///
  /// - Parameters:
  ///   - bytes: Grows by what was read.
  ///   - count: The most bytes to read.
  /// - Returns: How many were read: 0 only at the end of the data.
  /// - Throws: As `read(into:_:)`.
  mutating func append(to bytes: inout [UInt8], atMost count: Int) throws -> Int {
    let start = bytes.count
    // A small file needs little space; one byte more lets its end be seen.
    let space = min(count, max(1, maximumOutputBytes - outputBytes))
    bytes += [UInt8](repeating: 0, count: space)
    let read = try read(into: &bytes, start..<start + space)
    bytes.removeLast(space - read)
    return read
  }

  /// Reads a file whole, decompressing it when it is a gzip file.
  ///
  /// - Parameters:
  ///   - path: A regular file.
  ///   - maximumBytes: The most decompressed bytes to accept.
  /// - Returns: The decompressed contents.
  /// - Throws: `SparseError` with code `.corruptFile` for damaged or incomplete data, `.unsupported`
  ///   for contents that are too large, `.fileSystem` when reading fails.
  static func contents(ofFile path: String, maximumBytes: Int) throws -> [UInt8] {
    var reader = try GzipReader(path: path, maximumFileBytes: maximumBytes)
    var bytes: [UInt8] = []
    while true {
      // One byte more than is accepted tells an end from an excess.
      let wanted = min(max(bytes.count, pieceBytes), maximumBytes - bytes.count + 1)
      let count = try reader.append(to: &bytes, atMost: wanted)
      guard bytes.count <= maximumBytes else {
        throw SparseError(
          .unsupported,
          "\(path): decompresses to more than the \(maximumBytes) bytes that are accepted here. "
            + "Check that this is the right file."
        )
      }
      if count == 0 { return bytes }
    }
  }
}
