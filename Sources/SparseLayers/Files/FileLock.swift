package import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps processes from writing over each other's file, by an advisory lock on another one beside it.
///
/// The file itself cannot be locked: each time it is replaced it is another one. The lock ends with the
/// process, however that ends; only a process that is killed leaves the file `.NAME.lock` behind, which
/// the next one takes over.
package final class FileLock {
  private let path: String
  private let file: Descriptor?

  /// Locks a file.
  ///
  /// Where no file can be made beside it, or the system knows no locks, nothing is locked.
  ///
  /// - Parameter target: The file that is to be written.
  /// - Throws: `SparseError.Code.fileSystem` where another process has locked it.
  package init(of target: String) throws(SparseError) {
    let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
    path = "\(target[..<slash]).\(target[slash...]).lock"
    while true {
      guard
        let candidate = try? Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o666)
      else {
        file = nil
        return
      }
      guard candidate.lock() else {
        throw SparseError(
          .fileSystem,
          "\(target): another process is writing it. Wait for it to end, or name another file.")
      }
      // Another process may have taken the file away at its end, after this one opened it.
      let own = try? candidate.status().identity
      if let own, own == (try? FileStatus(ofLinkOrFile: path))?.identity {
        file = consume candidate
        return
      }
    }
  }

  deinit {
    // SAFETY: Swift passes the path as a C string that outlives the call.
    if file != nil { _ = unsafe unlink(path) }
  }
}
