import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes whole files: a reader sees the previous file or the new one, never a part.
package enum AtomicFile {
  /// Writes a file in one step, or leaves everything as it was.
  ///
  /// The bytes go to a new file beside the old one, which is synced to the disk and then renamed;
  /// the directory is synced last. The new file has the owner (where the system allows) and the
  /// permissions of the one it replaces, else those the process gives new files. A write-protected
  /// file is not replaced. Symbolic links stay and their target is replaced; other hard links to
  /// the old file keep the old contents. Only a process that is killed leaves its temporary file
  /// behind, named `.NAME.<16 digits>.tmp`.
  ///
  /// What is not a regular file (a device, a pipe, `/dev/stdout`) is written directly.
  ///
  ///     try AtomicFile.write(to: "report.json") { sink in try sink.write("{}\n") }
  ///
  /// - Parameters:
  ///   - path: The file to create or replace.
  ///   - expectedBytes: How large the file will be, where known, to say so in errors.
  ///   - body: Writes the contents; what it throws is passed on, and the old file stays.
  /// - Throws: `SparseError` with code `.fileSystem` and a `SystemFailure` as its cause.
  package static func write(
    to path: String,
    expectedBytes: Int? = nil,
    _ body: (inout FileSink) throws -> Void
  ) throws {
    switch try resolve(path) {
    case .stream(let number):
      let stream = try naming(path, "write") { () throws(SystemFailure) in
        try Descriptor(duplicating: number)
      }
      try fill(stream, path, expectedBytes, note: "", synchronizing: false, body)
    case .special:
      let special = try naming(path, "open for writing") { () throws(SystemFailure) in
        try Descriptor(opening: path, O_WRONLY)
      }
      try fill(special, path, expectedBytes, note: "", synchronizing: false, body)
    case .file(let target, let status):
      try replace(target, status, named: path, expectedBytes, body)
    }
  }

  /// Finds out before long work whether a file could be written at its end.
  ///
  /// A temporary file is created as `write` would create it, and removed.
  ///
  /// - Parameter path: The file to create or replace later.
  /// - Throws: `SparseError` with code `.fileSystem` and a `SystemFailure` as its cause.
  package static func requireWritable(_ path: String) throws {
    guard case .file(let target, let status) = try resolve(path) else { return }
    removeFile(try prepare(target, status, named: path).path)
  }
}

// MARK: - Where to write

extension AtomicFile {
  private enum Destination {
    case stream(Int32)
    case special
    case file(String, FileStatus?)
  }

  /// Follows the links at the end of a path, also to a file that does not exist yet.
  private static func resolve(_ path: String) throws -> Destination {
    var current = path
    for _ in 0..<40 {  // Linux gives up after 40, too.
      if let number = openDescriptor(current) { return .stream(number) }
      let (name, action) = (current, "write")
      let status = try naming(path, action) { () throws(SystemFailure) in
        try FileStatus(ofLinkOrFile: name)
      }
      switch status?.kind {
      case .regular, nil: return .file(current, status)
      case .directory: throw SparseError.fileSystem(path, action, SystemFailure(EISDIR))
      case .symbolicLink:
        let link = try naming(path, action) { () throws(SystemFailure) in try linkTarget(of: name) }
        current = link.utf8.first == 47 ? link : split(current).directory + link
      case .pipe, .socket, .device: return .special
      }
    }
    throw SparseError.fileSystem(path, "write", SystemFailure(ELOOP))
  }

  /// The number of an open descriptor that a path like `/dev/stdout` stands for.
  ///
  /// Such a path may lead to a redirected regular file. That one must not be replaced: what else
  /// the process or its shell writes to it would go to the file that is no longer there.
  private static func openDescriptor(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return 1
    case "/dev/stderr": return 2
    default: break
    }
    for prefix in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(prefix) {
      let digits = path.dropFirst(prefix.count)
      return digits.utf8.allSatisfy { (48...57).contains($0) } ? Int32(digits) : nil
    }
    return nil
  }

  /// The directory with its slash (empty for the current one) and the name in it.
  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: 47) else { return ("", path) }
    let start = path.utf8.index(after: slash)
    return (String(path[..<start]), String(path[start...]))
  }
}

// MARK: - Writing

extension AtomicFile {
  private static func replace(
    _ target: String,
    _ status: FileStatus?,
    named path: String,
    _ expectedBytes: Int?,
    _ body: (inout FileSink) throws -> Void
  ) throws {
    let directory = split(target).directory
    let note = note(status)
    let new = try prepare(target, status, named: path)
    let temporary = new.path
    do {
      try fill(new.descriptor, path, expectedBytes, note: note, synchronizing: true, body)
      try naming(path, "move the finished file into place", note: note) {
        () throws(SystemFailure) in try renameFile(temporary, to: target)
      }
    } catch {
      removeFile(temporary)
      throw error
    }
    let afterwards = "The new file is in place, but might not survive a power failure."
    try naming(path, "sync the directory", note: afterwards) { () throws(SystemFailure) in
      try synchronize(directory: directory.isEmpty ? "." : directory)
    }
  }

  /// Creates the temporary file of a target that may be replaced.
  private static func prepare(
    _ target: String,
    _ status: FileStatus?,
    named path: String
  ) throws -> NewFile {
    let (directory, name) = split(target)
    guard !name.isEmpty else {
      throw SparseError.fileSystem(path, "write", SystemFailure(EISDIR))
    }
    if status != nil {
      try naming(path, "replace", note: note(status)) { () throws(SystemFailure) in
        try SparseLayers.requireWritable(target)
      }
    }
    return try naming(path, "create a temporary file beside it", note: note(status)) {
      () throws(SystemFailure) in
      try create(in: directory, for: name, replacing: status)
    }
  }

  /// What becomes of the target when writing fails.
  private static func note(_ status: FileStatus?) -> String {
    status == nil ? "Nothing was left there." : "The previous file is unchanged."
  }

  private struct NewFile: ~Copyable {
    let path: String
    let descriptor: Descriptor
  }

  /// Creates a file of its own under a name nobody uses, short enough where the real name is long.
  private static func create(
    in directory: String,
    for name: String,
    replacing status: FileStatus?
  ) throws(SystemFailure) -> NewFile {
    let stem = String(decoding: name.utf8.prefix(100), as: UTF8.self)
    while true {
      let digits = String(UInt64.random(in: .min ... .max), radix: 16)
      let padding = String(repeating: "0", count: 16 - digits.utf8.count)
      let path = "\(directory).\(stem).\(padding)\(digits).tmp"
      do throws(SystemFailure) {
        // What replaces a private file is never readable by others, not even while it is written.
        let mode: mode_t = status == nil ? 0o666 : 0o600
        let descriptor = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        do {
          if let status { try descriptor.adopt(status) }
        } catch {
          removeFile(path)
          throw error
        }
        return NewFile(path: path, descriptor: descriptor)
      } catch {
        if error.code != EEXIST { throw error }
      }
    }
  }

  private static func fill(
    _ descriptor: consuming Descriptor,
    _ path: String,
    _ expectedBytes: Int?,
    note: String,
    synchronizing: Bool,
    _ body: (inout FileSink) throws -> Void
  ) throws {
    var sink = FileSink(descriptor, path: path, expectedBytes: expectedBytes, note: note)
    try body(&sink)
    try sink.finish(synchronizing: synchronizing)
  }

  private static func synchronize(directory: String) throws(SystemFailure) {
    let descriptor: Descriptor
    do {
      descriptor = try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY)
    } catch {
      // A directory one may write to but not list: there is no way to sync it.
      if error.code == EACCES { return }
      throw error
    }
    try descriptor.synchronize()
  }
}
