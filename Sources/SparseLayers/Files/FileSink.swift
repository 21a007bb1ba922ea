import SparseCore

/// Takes the bytes of a file that is being written; small pieces are gathered before they are sent.
///
/// Once a write has failed, every later one and the end of the file throw the same error, so a
/// caller that overlooks the first cannot leave half a file behind.
package struct FileSink: ~Copyable {
  private let descriptor: Descriptor
  private let path: String
  private let expectedBytes: Int?
  private let note: String
  private var pending: [UInt8] = []
  private var failure: SparseError?

  /// How many bytes the system has taken.
  private var sent = 0

  private static let pieceBytes = 1 << 16

  init(_ descriptor: consuming Descriptor, path: String, expectedBytes: Int?, note: String) {
    self.descriptor = descriptor
    self.path = path
    self.expectedBytes = expectedBytes
    self.note = note
  }

  /// How many bytes were written so far.
  package var byteCount: Int { sent + pending.count }

  /// Writes bytes.
  ///
  /// - Parameter bytes: Any number of bytes.
  /// - Throws: `SparseError` with code `.fileSystem` when the system refuses them.
  package mutating func write(_ bytes: [UInt8]) throws {
    if let failure { throw failure }
    if pending.count + bytes.count > Self.pieceBytes { try flush() }
    if bytes.count >= Self.pieceBytes {
      try send(bytes)
    } else {
      pending += bytes
    }
  }

  /// Writes text as UTF-8.
  ///
  /// - Parameter text: The text, with its line ends.
  /// - Throws: `SparseError` with code `.fileSystem` when the system refuses it.
  package mutating func write(_ text: String) throws {
    try write(Array(text.utf8))
  }

  /// Sends the rest, hands it to the disk when asked to, and closes the file.
  consuming func finish(synchronizing: Bool) throws {
    if let failure { throw failure }
    try flush()
    do {
      if synchronizing { try descriptor.synchronize() }
      try descriptor.finish()
    } catch {
      throw Self.error(error, path: path, sent: sent, expected: expectedBytes, note: note)
    }
  }

  private mutating func flush() throws {
    guard !pending.isEmpty else { return }
    let bytes = pending
    pending.removeAll(keepingCapacity: true)
    try send(bytes)
  }

  private mutating func send(_ bytes: [UInt8]) throws {
    do {
      try descriptor.write(bytes, written: &sent)
    } catch {
      let error = Self.error(error, path: path, sent: sent, expected: expectedBytes, note: note)
      failure = error
      throw error
    }
  }

  private static func error(
    _ failure: SystemFailure,
    path: String,
    sent: Int,
    expected: Int?,
    note: String
  ) -> SparseError {
    let needed = expected.map { " of the \($0) needed" } ?? ""
    return .fileSystem(path, "write past byte \(sent)\(needed)", failure, note: note)
  }
}
