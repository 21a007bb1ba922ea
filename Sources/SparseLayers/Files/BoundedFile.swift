import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A regular file, open for reading, whose kind and size were checked before anything was read.
package struct BoundedFile: ~Copyable {
  private let descriptor: Descriptor
  private let path: String

  /// The size of the file when it was opened.
  package let byteCount: Int

  /// Opens a file and checks what it is, without ever waiting for the writer of a pipe.
  ///
  /// - Parameters:
  ///   - path: A regular file, or a link to one.
  ///   - maximumBytes: The largest size to accept.
  /// - Throws: `SparseError` with code `.fileSystem` when there is no such file, when it cannot be
  ///   opened or is not a regular file, `.unsupported` when it is larger than `maximumBytes`.
  package init(path: String, maximumBytes: Int) throws {
    let file = try naming(path, "open for reading") { () throws(SystemFailure) in
      try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
    }
    let status = try naming(path, "look at") { () throws(SystemFailure) in try file.status() }
    guard status.kind == .regular else {
      throw SparseError(
        .fileSystem,
        "\(path): is a \(status.kind.rawValue), not a regular file. Name a file; copy what comes "
          + "from a pipe or a device into one first.",
        cause: SystemFailure(status.kind == .directory ? EISDIR : EINVAL)
      )
    }
    guard status.size <= maximumBytes else {
      throw SparseError(
        .unsupported,
        "\(path): is \(status.size) bytes long; at most \(maximumBytes) are accepted here. "
          + "Check that this is the right file, or split it."
      )
    }
    descriptor = file
    self.path = path
    byteCount = status.size
  }

  /// Reads a part of the file.
  ///
  /// - Parameter range: Positions in `0..<byteCount`.
  /// - Returns: Exactly `range.count` bytes.
  /// - Throws: `SparseError` with code `.fileSystem` when reading fails or the file has meanwhile
  ///   become shorter.
  /// - Precondition: The range lies in the file as it was opened.
  package func bytes(in range: Range<Int>) throws -> [UInt8] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= byteCount,
      "bytes \(range) are not all inside a file of \(byteCount) bytes"
    )
    let bytes = try naming(path, "read") { () throws(SystemFailure) in
      try descriptor.read(at: range.lowerBound, count: range.count)
    }
    guard bytes.count == range.count else { throw changed() }
    return bytes
  }

  /// Checks that the file has kept its size since it was opened.
  ///
  /// - Throws: `SparseError` with code `.fileSystem` when it has not: what was read may be a mixture.
  package func requireSameSize() throws {
    let status = try naming(path, "look at") { () throws(SystemFailure) in try descriptor.status() }
    guard status.size == byteCount else { throw changed() }
  }

  /// Reads a regular file whole.
  ///
  /// - Parameters:
  ///   - path: A regular file, or a link to one.
  ///   - maximumBytes: The largest size to accept; nothing is read or allocated beyond it.
  /// - Returns: The contents.
  /// - Throws: `SparseError` with code `.fileSystem`, or `.unsupported` for a file that is too large.
  package static func read(path: String, maximumBytes: Int) throws -> [UInt8] {
    let file = try BoundedFile(path: path, maximumBytes: maximumBytes)
    let bytes = try file.bytes(in: 0..<file.byteCount)
    try file.requireSameSize()
    return bytes
  }

  /// Reads a file whose size the system does not tell, such as those in `/proc` and `/sys`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - maximumBytes: The most bytes that are read.
  /// - Returns: The contents, or as much of them.
  /// - Throws: `SparseError` with code `.fileSystem` when there is no such file or it cannot be read.
  package static func readStart(path: String, maximumBytes: Int) throws -> [UInt8] {
    try naming(path, "read") { () throws(SystemFailure) in
      try Descriptor(opening: path, O_RDONLY | O_NONBLOCK).read(at: 0, count: maximumBytes)
    }
  }

  private func changed() -> SparseError {
    SparseError(
      .fileSystem,
      "\(path): no longer has the \(byteCount) bytes it had when it was opened. Wait until its "
        + "writer is done, then try again."
    )
  }
}
