internal import Foundation
internal import SparseCore

/// The finished runs of one or several sweeps, a JSON line each, from which a sweep goes on.
///
/// A run is in the file as soon as it has ended, so a killed process loses at most the run that it
/// was at. Lines that are no runs, such as one that was torn, are passed over.
package struct SweepLog {
  /// The runs that were there when the file was opened, and those appended since, by their keys.
  package private(set) var runs: [String: SweepRun] = [:]
  /// The lines that are no runs.
  package private(set) var unusableLines = 0

  private let log: LineLog

  /// More than any sweep writes: a run takes about a kilobyte.
  private static let maximumBytes = 1 << 28

  /// Opens a file, and creates it when it is not there.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError.Code.fileSystem` when it cannot be read and appended to, `unsupported`
  ///   when it is too large to be such a file.
  package init(path: String) throws {
    log = try LineLog(path: path)
    let bytes = try BoundedFile.read(path: path, maximumBytes: Self.maximumBytes)
    let decoder = JSONDecoder()
    for line in bytes.split(separator: 10) {
      guard let run = try? decoder.decode(SweepRun.self, from: Data(line)), run.isPlausible else {
        unusableLines += 1
        continue
      }
      // Of runs with one key, the first counts: they have the same result.
      if runs[run.key] == nil { runs[run.key] = run }
    }
  }

  /// Adds a run to the file.
  ///
  /// - Parameter run: The run.
  /// - Throws: `SparseError.Code.fileSystem` when the system refuses it.
  package mutating func append(_ run: SweepRun) throws {
    try log.append(sortedJSON(run))
    runs[run.key] = run
  }
}
