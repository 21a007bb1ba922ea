import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The number a system call left in `errno`; the `cause` of every file error of this package.
package struct SystemFailure: Error, Hashable, Sendable {
  /// The value of `errno`, for example `ENOSPC`.
  package let code: Int32

  /// Creates a failure from a value of `errno`.
  package init(_ code: Int32) { self.code = code }

  /// The failure of the system call that just returned −1 on this thread.
  static var last: Self { Self(errno) }

  /// The system's own words, for example "No space left on device".
  var text: String {
    // SAFETY: strerror returns a C string that lives until the next call on this thread.
    unsafe String(cString: strerror(code))
  }

  /// What a person can do about it.
  var remedy: String {
    switch code {
    case ENOSPC, EDQUOT: "Free some space there or choose a directory on another disk."
    case EACCES, EPERM: "Check who owns the file and its directory, and their permissions."
    case EROFS: "That file system is mounted read-only; choose another directory."
    case ENOENT: "Check the spelling; directories must exist beforehand."
    case ENOTDIR: "A part of the path before the last is a file, not a directory."
    case EISDIR: "That is a directory; name a file in it."
    case EFBIG: "The file would exceed the limit of the process ('ulimit -f') or of the disk."
    case EIO: "The device failed; look at the system's log and choose another disk."
    case ENAMETOOLONG: "Choose a shorter name."
    case ELOOP: "Its symbolic links form a circle; remove one of them."
    case EMFILE, ENFILE: "Too many files are open; raise the limit ('ulimit -n')."
    case EPIPE: "The reader of the pipe has gone; start it again."
    default: "Check the path and the disk it is on."
    }
  }
}

extension SparseError {
  /// An error of the file system: the path, what was tried, the system's reason and the remedy.
  ///
  /// - Parameters:
  ///   - path: The file, as the caller named it.
  ///   - action: What was tried, to follow the words "cannot".
  ///   - failure: The system's reason.
  ///   - note: A sentence on what became of the file; empty for none.
  static func fileSystem(
    _ path: String,
    _ action: String,
    _ failure: SystemFailure,
    note: String = ""
  ) -> Self {
    let end = note.isEmpty ? "" : " " + note
    return Self(
      .fileSystem,
      "\(path): cannot \(action): \(failure.text). \(failure.remedy)\(end)",
      cause: failure
    )
  }
}

/// Runs system calls and names the file and the action in what they throw.
func naming<Value: ~Copyable>(
  _ path: String,
  _ action: String,
  note: String = "",
  _ body: () throws(SystemFailure) -> Value
) throws(SparseError) -> Value {
  do {
    return try body()
  } catch {
    throw .fileSystem(path, action, error, note: note)
  }
}
