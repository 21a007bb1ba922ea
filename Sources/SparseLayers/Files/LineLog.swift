import SparseCore
import Synchronization

/// Appends whole lines to a text file, such as one JSON object a training epoch.
///
/// Each line goes out in one write at the end of the file, so that several threads and processes
/// can append to one file. A line is whole or absent: what a full disk cut short is taken back,
/// and after a line that a killed process left unfinished the next starts on a line of its own.
package final class LineLog: Sendable {
  private let file: AppendedFile
  /// Whether the last line that was there at the start is unfinished, and none has followed yet.
  private let startsMidLine: Mutex<Bool>

  /// Opens a file for appending; creates it when it is not there.
  ///
  /// - Parameter path: The file; a pipe or a device such as `/dev/stderr` works, too.
  /// - Throws: `SparseError` with code `.fileSystem` and a `SystemFailure` as its cause.
  package init(path: String) throws {
    file = try AppendedFile(path: path)
    startsMidLine = Mutex(file.lastByte.map { $0 != 10 } ?? false)
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
        "\(file.path): a line to append contains a line end. Append its lines one by one."
      )
    }
    try startsMidLine.withLock { startsMidLine in
      let isMidLine = startsMidLine || file.endsInPart
      try file.append((isMidLine ? [10] : []) + Array(line.utf8) + [10])
      startsMidLine = false
    }
  }
}
