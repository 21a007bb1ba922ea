import SparseCore
import SparseLayers

/// The file of `--metrics FILE.csv`: one header, and a row an epoch.
///
/// Of several tasks each has columns of its own, such as `left.train_loss`, after those of the main
/// one. What was not measured is empty.
struct MetricsCSV: MetricsFile {
  private let log: LineLog
  /// The rows that a stopped run has written, without their times.
  private let known: Set<String>

  private typealias Key = EpochMetrics.Scores.CodingKeys

  /// Opens the file; a new one gets its header.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - tasks: The names of the tasks, when there are several.
  ///   - isResumed: Whether the run goes on after a checkpoint.
  /// - Throws: `SparseError.Code.invalidArgument` when the file has other columns.
  init(path: String, tasks: [String], isResumed: Bool) throws {
    let file = try AppendedFile(path: path)
    let header = Self.header(tasks: tasks)
    let lines = isResumed ? try file.wholeLines() : []
    let first = try file.isRegular ? Self.firstLine(path, maximumBytes: header.utf8.count + 2) : ""
    guard first.isEmpty || first == header else {
      throw SparseError(
        .invalidArgument,
        """
        \(path): begins with another header than this run's metrics have ('\(header.prefix(60))…'). \
        Give '--metrics' another file.
        """)
    }
    known = Set(
      MetricsLog.lastRun(lines) { Int($0.prefix { $0 != "," }) }.map(Self.withoutTimes))
    log = try LineLog(path: path)
    if first.isEmpty { try log.append(header) }
  }

  func append(_ epoch: EpochMetrics) throws {
    let row = Self.row(epoch)
    guard !known.contains(Self.withoutTimes(row)) else { return }
    try log.append(row)
  }
}

// MARK: - Lines

extension MetricsCSV {
  private static func header(tasks: [String]) -> String {
    let keys = Key.allCases.map(\.rawValue)
    let ofTasks = tasks.flatMap { task in keys.map { "\(task).\($0)" } }
    return line(["epoch", "learning_rate", "seconds", "samples_per_second"] + keys + ofTasks)
  }

  private static func row(_ epoch: EpochMetrics) -> String {
    let numbers = [epoch.learningRate, epoch.seconds, epoch.samplesPerSecond]
    let scores = ([epoch.scores] + epoch.tasks.map(\.scores)).flatMap { scores in
      Key.allCases.map { scores[$0] }
    }
    return line(["\(epoch.epoch)"] + (numbers + scores).map { $0.map { "\($0)" } ?? "" })
  }

  /// A table's header by itself is a line of CSV.
  private static func line(_ cells: [String]) -> String { Table(cells).text(.csv) }

  /// A row without its third and fourth cells, which differ when the epoch is trained again.
  private static func withoutTimes(_ row: String) -> String {
    var cells = row.split(separator: ",", omittingEmptySubsequences: false)
    if cells.count >= 4 { cells.removeSubrange(2..<4) }
    return cells.joined(separator: ",")
  }

  /// The file's first line, as far as it is to be read; empty of an empty file.
  private static func firstLine(_ path: String, maximumBytes: Int) throws -> String {
    let start = try BoundedFile.readStart(path: path, maximumBytes: maximumBytes)
    let line = start.prefix { $0 != 10 }
    return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
  }
}
