import SparseCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that grows by whole records, each of them appended in one write.
///
/// A record is whole or absent: what a full disk cut short is taken back. Only a process that is
/// killed while it writes leaves a part behind, at the end, which `cut(to:)` takes away.
package final class AppendedFile: Sendable {
  /// The file, as it was named.
  package let path: String

  /// Whether it is a regular file, which can be read and cut; not a pipe or a device.
  package let isRegular: Bool

  private let state: Mutex<State>

  private struct State: ~Copyable {
    let descriptor: Descriptor
    var endsInPart = false
  }

  /// Whether it ends with a part of a record that an append could neither finish nor take back.
  package var endsInPart: Bool { state.withLock { $0.endsInPart } }

  /// The byte at the end; nil where the file is empty, may not be read or is no regular file.
  package var lastByte: UInt8? {
    guard isRegular, let whole = try? BoundedFile(path: path, maximumBytes: .max) else {
      return nil
    }
    return try? whole.bytes(in: max(whole.byteCount - 1, 0)..<whole.byteCount).first
  }

  /// Opens a file for appending; creates it when it is not there.
  ///
  /// - Parameter path: The file; a pipe or a device works, too.
  /// - Throws: `SparseError` with code `.fileSystem` and a `SystemFailure` as its cause.
  package init(path: String) throws {
    let file = try naming(path, "open for appending") { () throws(SystemFailure) in
      try Descriptor(opening: path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o666)
    }
    let status = try naming(path, "look at") { () throws(SystemFailure) in try file.status() }
    self.path = path
    isRegular = status.kind == .regular
    state = Mutex(State(descriptor: file))
  }

  /// Appends a record.
  ///
  /// - Parameter record: Its bytes.
  /// - Throws: `SparseError` with code `.fileSystem` when the system refuses the record.
  package func append(_ record: [UInt8]) throws {
    try state.withLock { state in
      var written = 0
      do throws(SystemFailure) {
        try state.descriptor.write(record, written: &written)
        state.endsInPart = false
      } catch {
        if written > 0, !isRegular || !Self.takeBack(written, state.descriptor) {
          state.endsInPart = true
        }
        throw SparseError.fileSystem(
          path, "append \(record.count) bytes, of which \(written) were written", error)
      }
    }
  }

  /// Removes the unfinished record at the end, unless another process has already written behind it.
  private static func takeBack(_ written: Int, _ descriptor: borrowing Descriptor) -> Bool {
    guard let end = try? descriptor.position(), let size = try? descriptor.status().size,
      end == size, written <= size
    else { return false }
    return (try? descriptor.truncate(to: size - written)) != nil
  }

  /// Reads the whole file.
  ///
  /// - Parameter maximumBytes: The largest size to accept.
  /// - Returns: Its bytes; none of what is no regular file.
  /// - Throws: `SparseError` as `BoundedFile` does.
  package func contents(maximumBytes: Int) throws -> [UInt8] {
    isRegular ? try BoundedFile.read(path: path, maximumBytes: maximumBytes) : []
  }

  /// Takes away what is at the end of the file.
  ///
  /// - Parameter byteCount: The bytes to keep.
  /// - Throws: `SparseError` with code `.fileSystem` when the system refuses it.
  package func cut(to byteCount: Int) throws {
    try state.withLock { state in
      do throws(SystemFailure) {
        try state.descriptor.truncate(to: byteCount)
        state.endsInPart = false
      } catch {
        throw SparseError.fileSystem(path, "cut what was left unfinished at its end", error)
      }
    }
  }
}
