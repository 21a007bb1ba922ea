#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Owns one open file descriptor; the only place of this library that opens, reads or writes files.
struct Descriptor: ~Copyable, Sendable {
  private let raw: Int32

  /// Linux moves at most 0x7ffff000 bytes a call, and macOS refuses more than `Int32.max`.
  private static let largestTransfer = 1 << 30

  /// Opens a file, always with `O_CLOEXEC`.
  init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemFailure) {
    try requireWholePath(path)
    var result: Int32 = -1
    repeat {
      // SAFETY: Swift passes the path as a C string that outlives the call.
      result = unsafe open(path, flags | O_CLOEXEC, mode)
    } while result < 0 && errno == EINTR
    guard result >= 0 else { throw .last }
    raw = result
  }

  /// A second descriptor for an open file of this process, for example 1 for standard output.
  init(duplicating number: Int32) throws(SystemFailure) {
    let result = fcntl(number, F_DUPFD_CLOEXEC, 0)
    guard result >= 0 else { throw .last }
    raw = result
  }

  deinit { _ = close(raw) }

  /// Closes the file and reports what the system held back until then (NFS reports a full disk here).
  consuming func finish() throws(SystemFailure) {
    let number = raw
    discard self
    // Linux frees the descriptor even when it reports EINTR, so this must not be repeated.
    guard close(number) == 0 || errno == EINTR else { throw .last }
  }

  /// What the open file is.
  func status() throws(SystemFailure) -> FileStatus {
    var info = stat()
    // SAFETY: `info` is ours and outlives the call.
    guard unsafe fstat(raw, &info) == 0 else { throw .last }
    return FileStatus(info)
  }

  /// Locks the file against other descriptors until this one is closed.
  ///
  /// - Returns: False where another one has it; true, too, where the file system knows no locks.
  func lock() -> Bool { flock(raw, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK }

  /// Writes all bytes, however many calls that takes.
  ///
  /// - Parameters:
  ///   - bytes: What to write at the current position.
  ///   - written: Grows by what the system took, also when this throws.
  /// - Throws: The system's reason for not taking the rest.
  func write(_ bytes: [UInt8], written: inout Int) throws(SystemFailure) {
    var done = 0
    let total = bytes.count
    while done < total {
      let length = min(total - done, Self.largestTransfer)
      // SAFETY: done + length <= total, the size of the array, which outlives the closure.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe systemWrite(raw, buffer.baseAddress.map { unsafe $0 + done }, length)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last }
      guard count > 0 else { throw SystemFailure(EIO) }
      done += count
      written += count
    }
  }

  /// Reads up to `count` bytes from a place in the file; fewer only where the file ends.
  func read(at offset: Int, count: Int) throws(SystemFailure) -> [UInt8] {
    var failure: SystemFailure?
    // SAFETY: each call writes at most count - initialized bytes behind the initialized ones.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let length = min(count - initialized, Self.largestTransfer)
        let target = unsafe buffer.baseAddress.map { unsafe $0 + initialized }
        let got = unsafe pread(raw, target, length, off_t(offset + initialized))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = .last }
        guard got > 0 else { return }
        initialized += got
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Hands everything written to the disk.
  func synchronize() throws(SystemFailure) {
    var result: Int32 = -1
    repeat { result = fsync(raw) } while result < 0 && errno == EINTR
    // EINVAL and ENOTSUP: this kind of file, or this file system's directories, cannot be synced.
    guard result == 0 || errno == EINVAL || errno == ENOTSUP else { throw .last }
  }

  /// Gives a new file the owner and the permissions of the one it is to replace.
  func adopt(_ status: FileStatus) throws(SystemFailure) {
    // Only root can give files away; to everyone else the new file simply belongs to its writer.
    _ = fchown(raw, status.owner, status.group)
    guard fchmod(raw, status.permissions) == 0 else { throw .last }
  }

  /// Where the last read or write ended.
  func position() throws(SystemFailure) -> Int {
    let result = lseek(raw, 0, SEEK_CUR)
    guard result >= 0 else { throw .last }
    return Int(result)
  }

  /// Cuts the file.
  func truncate(to size: Int) throws(SystemFailure) {
    guard ftruncate(raw, off_t(size)) == 0 else { throw .last }
  }
}

/// What `stat` says of a file, as far as this library asks.
struct FileStatus: Sendable {
  enum Kind: String { case regular, directory, symbolicLink, pipe, socket, device }

  let kind: Kind
  let size: Int
  let permissions: mode_t
  let owner: uid_t
  let group: gid_t
  /// Tells the file from all others.
  let identity: [UInt64]

  init(_ info: stat) {
    kind =
      switch info.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .device
      }
    size = Int(info.st_size)
    permissions = info.st_mode & 0o7777
    owner = info.st_uid
    group = info.st_gid
    identity = [UInt64(truncatingIfNeeded: info.st_dev), UInt64(truncatingIfNeeded: info.st_ino)]
  }

  /// Asks about a path without following a link at its end; `nil` when there is no such file.
  init?(ofLinkOrFile path: String) throws(SystemFailure) {
    try requireWholePath(path)
    var info = stat()
    // SAFETY: the path is passed as a C string, and `info` is ours; both outlive the call.
    guard unsafe lstat(path, &info) == 0 else {
      if errno == ENOENT { return nil }
      throw .last
    }
    self.init(info)
  }
}

/// A path with a NUL inside would silently name another file; an empty one names none.
private func requireWholePath(_ path: String) throws(SystemFailure) {
  guard !path.utf8.contains(0) else { throw SystemFailure(EINVAL) }
  guard !path.isEmpty else { throw SystemFailure(ENOENT) }
}

/// `write(2)`; inside `Descriptor` that name means its own method.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  // SAFETY: the caller vouches for `count` readable bytes.
  unsafe write(file, bytes, count)
}

/// The text of a symbolic link.
func linkTarget(of path: String) throws(SystemFailure) -> String {
  var text = [CChar](repeating: 0, count: Int(PATH_MAX))
  // SAFETY: readlink writes at most text.count bytes and says how many.
  let count = unsafe readlink(path, &text, text.count)
  guard count >= 0 else { throw .last }
  return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Puts a file in the place of another in one step.
func renameFile(_ old: String, to new: String) throws(SystemFailure) {
  // SAFETY: both paths are passed as C strings that outlive the call.
  guard unsafe rename(old, new) == 0 else { throw .last }
}

/// Removes a file, if it is there.
func removeFile(_ path: String) {
  // SAFETY: the path is passed as a C string that outlives the call.
  _ = unsafe unlink(path)
}

/// Throws when this process may not write to an existing file.
func requireWritable(_ path: String) throws(SystemFailure) {
  // SAFETY: the path is passed as a C string that outlives the call.
  guard unsafe access(path, W_OK) == 0 else { throw .last }
}
