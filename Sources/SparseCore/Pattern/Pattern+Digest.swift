internal import Synchronization

// MARK: - Digest

extension Pattern {
  /// The SHA-256 of the connections, as 64 lower-case hexadecimal digits; made once and kept.
  ///
  /// Digested are the 14 bytes `SPARSEPATTERN1`, then as little-endian 64-bit numbers `outputs`,
  /// `inputs` and the row offsets, then as little-endian 32-bit numbers the columns. The recipe is
  /// not part of it: equal connections have equal digests.
  ///
  /// - Throws: `SparseError` when the cryptographic library fails.
  /// - Complexity: O(*outputs* + *edges*) the first time, O(1) afterwards.
  public var sha256: String {
    get throws {
      try storage.sha256.withLock { cached in
        if let cached { return cached }
        let made = try makeDigest()
        cached = made
        return made
      }
    }
  }

  private func makeDigest() throws -> String {
    var digest = try SHA256Digest()
    try digest.update(Array("SPARSEPATTERN1".utf8))
    try digest.update(littleEndian: [UInt64(outputs), UInt64(inputs)])
    // In pieces: many rows may have few columns, and need no second array for each.
    for start in stride(from: 0, to: rowOffsets.count, by: 1 << 16) {
      let end = min(start + (1 << 16), rowOffsets.count)
      try digest.update(littleEndian: rowOffsets[start..<end].map { UInt64($0) })
    }
    try digest.update(littleEndian: columns)
    return try digest.finalize()
  }
}
