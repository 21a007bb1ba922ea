import SparseCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Appends whole lines to a text file, such as one JSON object a training epoch.
///
/// Each line goes out in one write at the end of the file, so that several threads and processes
/// can append to one file. A line is whole or absent: what a full disk cut short is taken back,
/// and after a line that a killed process left unfinished the next starts on a line of its own.
package final class LineLog: Sendable {
  private let path: String
  private let descriptor: Descriptor
  private let isRegular: Bool
  private let startsMidLine: Mutex<Bool>

  /// Opens a file for appending; creates it when it is not there.
  ///
  /// - Parameter path: The file; a pipe or a device such as `/dev/stderr` works, too.
  /// - Throws: `SparseError` with code `.fileSystem` and a `SystemFailure` as its cause.
  package init(path: String) throws {
    let file = try naming(path, "open for appending") { () throws(SystemFailure) in
      try Descriptor(opening: path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o666)
    }
    let status = try naming(path, "look at") { () throws(SystemFailure) in try file.status() }
    self.path = path
    isRegular = status.kind == .regular
    startsMidLine = Mutex(isRegular && Self.lacksLineEnd(path, size: status.size))
    descriptor = file
  }

  /// Appends one line.
  ///
  /// - Parameter line: The text, without a line end.
  /// - Throws: `SparseError` with code `.invalidArgument` when the text contains a line end,
  ///   `.fileSystem` when the system refuses the line.
  package func append(_ line: String) throws {
    guard !line.utf8.contains(10), !line.utf8.contains(13) else {
      throw SparseError(
        .invalidArgument,
        "\(path): a line to append contains a line end. Append its lines one by one."
      )
    }
    try startsMidLine.withLock { startsMidLine in
      let bytes = (startsMidLine ? [10] : []) + Array(line.utf8) + [10]
      var written = 0
      do throws(SystemFailure) {
        try descriptor.write(bytes, written: &written)
        startsMidLine = false
      } catch {
        if written > 0 { startsMidLine = !takeBack(written) }
        throw SparseError.fileSystem(
          path,
          "append a line of \(bytes.count) bytes, of which \(written) were written",
          error
        )
      }
    }
  }

  /// Removes the unfinished line at the end, unless another process has already written behind it.
  private func takeBack(_ written: Int) -> Bool {
    guard isRegular, let end = try? descriptor.position(), let size = try? descriptor.status().size,
      end == size, written <= size
    else { return false }
    do {
      try descriptor.truncate(to: size - written)
      return true
    } catch {
      return false
    }
  }

  /// Whether the last line of a file is unfinished, as far as the file may be read.
  private static func lacksLineEnd(_ path: String, size: Int) -> Bool {
    guard size > 0, let file = try? Descriptor(opening: path, O_RDONLY | O_NONBLOCK),
      let last = try? file.read(at: size - 1, count: 1)
    else { return false }
    return last.first.map { $0 != 10 } ?? false
  }
}
