import SparseCore

extension Safetensors {
  /// Reads a file.
  ///
  /// The header is checked against the file's size before the tensors are read, each into memory of
  /// its own; nothing is allocated that the file does not have.
  ///
  /// - Parameters:
  ///   - path: A regular file, or a link to one.
  ///   - maximumBytes: The largest file to accept.
  /// - Throws: `SparseError` with code `.fileSystem` when the file cannot be read, `.corruptFile`
  ///   when it breaks a rule of the format, `.unsupported` when it is larger than `maximumBytes` or
  ///   has an element type unknown to ``ElementType``.
  public init(contentsOf path: String, maximumBytes: Int = Self.maximumFileBytes) throws {
    let file = try BoundedFile(path: path, maximumBytes: maximumBytes)
    try self.init(byteCount: file.byteCount, source: path) { try file.bytes(in: $0) }
    try file.requireSameSize()
  }

  /// Reads a file that is already in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - source: What to call it in errors.
  /// - Throws: `SparseError` with code `.corruptFile` when the bytes break a rule of the format,
  ///   `.unsupported` for an element type unknown to ``ElementType``.
  public init(bytes: [UInt8], source: String) throws {
    try self.init(byteCount: bytes.count, source: source) { Array(bytes[$0]) }
  }

  /// The largest file that is written, and read unless another limit is given: 256 GiB.
  public static let maximumFileBytes = 1 << 38

  /// The limit of the reference implementation.
  static let maximumHeaderBytes = 100_000_000

  private init(byteCount: Int, source: String, read: (Range<Int>) throws -> [UInt8]) throws {
    guard byteCount >= 8 else {
      throw Self.corrupt(source, "is \(byteCount) bytes long, too short for a safetensors file")
    }
    let length = littleEndianElements(of: UInt64.self, in: try read(0..<8))[0]
    guard length <= UInt64(min(byteCount - 8, Self.maximumHeaderBytes)) else {
      throw Self.corrupt(
        source,
        "announces a header of \(length) bytes; \(byteCount - 8) bytes follow, and "
          + "\(Self.maximumHeaderBytes) are allowed"
      )
    }
    let start = 8 + Int(length)
    let header = try SafetensorsHeader(
      try read(8..<start),
      dataBytes: byteCount - start,
      source: source
    )
    let tensors = try header.entries.map { entry in
      let range = entry.range
      return Tensor(
        name: entry.name,
        elementType: entry.elementType,
        shape: entry.shape,
        bytes: try read(start + range.lowerBound..<start + range.upperBound)
      )
    }
    self.init(metadata: header.metadata, ordered: tensors)
  }

  private static func corrupt(_ source: String, _ text: String) -> SparseError {
    SparseError(
      .corruptFile,
      "\(source): \(text). The file is incomplete or not a safetensors file; copy or write it again."
    )
  }
}
