import SparseCore
import SparseLayers

/// Which file a report is of.
struct ModelIdentity {
  /// The last part of its path.
  let name: String
  let byteCount: Int
  /// 64 lower-case hexadecimal digits.
  let sha256: String

  /// The bytes that are read at a time.
  private static let pieceBytes = 1 << 20

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - maximumBytes: The largest size to accept, that of `Safetensors` by default.
  /// - Throws: `SparseError` when it cannot be read.
  init(of path: String, maximumBytes: Int = Safetensors.maximumFileBytes) throws {
    let file = try BoundedFile(path: path, maximumBytes: maximumBytes)
    var digest = try SHA256Digest()
    for start in stride(from: 0, to: file.byteCount, by: Self.pieceBytes) {
      try digest.update(file.bytes(in: start..<min(start + Self.pieceBytes, file.byteCount)))
    }
    try file.requireSameSize()
    name = path.split(separator: "/").last.map(String.init) ?? path
    byteCount = file.byteCount
    sha256 = try digest.finalize()
  }
}
