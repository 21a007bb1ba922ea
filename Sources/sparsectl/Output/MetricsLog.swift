import Foundation
import SparseCore
import SparseLayers

/// A form of the file of `--metrics`.
protocol MetricsFile {
  /// Writes an epoch; one that a stopped run has written already, and then trained again, is left
  /// out.
  func append(_ epoch: EpochMetrics) throws
}

/// What `--metrics` names: JSON lines, CSV, or a directory of TensorBoard.
struct MetricsLog {
  private let file: any MetricsFile

  /// Opens the file for appending; its name tells its form.
  ///
  /// A run that goes on first takes away what it left unfinished when it was stopped.
  ///
  /// - Parameters:
  ///   - path: A name that ends in `.csv`; an existing directory, or a name that ends in `/`, for
  ///     TensorBoard; any other for JSON lines.
  ///   - network: The network that is trained.
  ///   - isResumed: Whether the run goes on after a checkpoint.
  /// - Throws: `SparseError` when the file cannot be written, or is not of this form.
  init(path: String, of network: Network, isResumed: Bool) throws {
    var isDirectory: ObjCBool = false
    // SAFETY: the answer is ours and outlives the call.
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    if path.hasSuffix("/") || exists && isDirectory.boolValue {
      file = try MetricsEvents(directory: path, isResumed: isResumed)
    } else if path.lowercased().hasSuffix(".csv") {
      let outputs = network.taskOutputs
      file = try MetricsCSV(
        path: path, tasks: outputs.count > 1 ? outputs.map(\.task) : [], isResumed: isResumed)
    } else {
      file = try MetricsJSON(path: path, isResumed: isResumed)
    }
  }

  /// Appends an epoch.
  func append(_ report: Trainer.EpochReport, of network: Network) throws {
    try file.append(EpochMetrics(report, of: network))
  }

  /// The rows of the last run of a file that may hold several: an epoch that does not follow begins
  /// another one.
  static func lastRun<Row>(_ rows: [Row], epoch: (Row) -> Int?) -> ArraySlice<Row> {
    let start = rows.indices.dropFirst().last {
      guard let before = epoch(rows[$0 - 1]), let own = epoch(rows[$0]) else { return false }
      return own <= before
    }
    return rows[(start ?? 0)...]
  }

  /// The largest file that a run goes on with.
  static let maximumBytes = 1 << 30
}

/// One JSON object a line.
private struct MetricsJSON: MetricsFile {
  private let log: LineLog
  /// What a stopped run has written, without its times.
  private let known: Set<EpochMetrics>

  init(path: String, isResumed: Bool) throws {
    let lines = isResumed ? try AppendedFile(path: path).wholeLines() : []
    guard !Self.isBinary(path) else {
      throw SparseError(
        .invalidArgument,
        "\(path): is no text, to which lines could be added. Name another file for '--metrics'.")
    }
    // Any other lines in the file are not ours to judge.
    let epochs = lines.compactMap {
      try? JSONDecoder().decode(EpochMetrics.self, from: Data($0.utf8)).withoutTimes
    }
    known = Set(MetricsLog.lastRun(epochs) { $0.epoch })
    log = try LineLog(path: path)
  }

  /// Whether a file begins with what no text has, as a model does.
  private static func isBinary(_ path: String) -> Bool {
    guard let file = try? BoundedFile(path: path, maximumBytes: .max),
      let start = try? file.bytes(in: 0..<min(file.byteCount, 4096))
    else { return false }
    return start.contains(0)
  }

  func append(_ epoch: EpochMetrics) throws {
    var sorted = epoch.withoutTimes
    sorted.tasks.sort { $0.name < $1.name }
    sorted.branches.sort { $0.name < $1.name }
    guard !known.contains(sorted) else { return }
    try log.append(JSON.text(epoch))
  }
}

extension AppendedFile {
  /// The lines of the file; one at its end that was left unfinished is cut off.
  func wholeLines() throws -> [String] {
    let bytes = try contents(maximumBytes: MetricsLog.maximumBytes)
    let end = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
    if end < bytes.count { try cut(to: end) }
    return bytes[..<end].split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
  }
}
