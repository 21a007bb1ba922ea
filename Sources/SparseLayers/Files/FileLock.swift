package import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps processes from writing over each other's file: an advisory lock on the file itself.
///
/// A file that is replaced by renaming is another file, so the lock is taken anew after each time. It
/// ends with the process, however that ends, and leaves nothing behind.
package final class FileLock {
  private let path: String
  private var held: Descriptor?

  /// Locks nothing yet.
  ///
  /// - Parameter path: The file.
  package init(path: String) { self.path = path }

  /// Locks the file that is there now instead of the one before; none where there is no file, or one
  /// that may not be opened.
  ///
  /// - Throws: `SparseError.Code.fileSystem` where another process has it.
  package func take() throws(SparseError) {
    guard let file = open() else {
      held = nil
      return
    }
    guard file.lock() else { throw inUse }
    held = consume file
  }

  /// Makes sure that the file is the one that was locked.
  ///
  /// - Throws: `SparseError.Code.fileSystem` where another process has put its own there.
  package func requireOwn() throws(SparseError) {
    guard let own = try? held?.status().identity, let now = try? open()?.status().identity else {
      return
    }
    guard own == now else { throw inUse }
  }

  private func open() -> Descriptor? { try? Descriptor(opening: path, O_RDONLY | O_NONBLOCK) }

  private var inUse: SparseError {
    SparseError(
      .fileSystem,
      "\(path): another process is writing it. Wait for that one to end, or name another file.")
  }
}
