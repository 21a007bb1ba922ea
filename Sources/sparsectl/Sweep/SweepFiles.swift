import Foundation
import SparseCore
import SparseLayers

/// Where a sweep keeps its runs and writes its results.
struct SweepFiles {
  let directory: String
  /// The picture of all plots, where one is asked for.
  let plot: String?

  /// Makes the directory and finds out before long work whether everything can be written.
  ///
  /// - Throws: `SparseError` that names what cannot be made or written.
  func prepare() throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw SparseError(
        .fileSystem,
        """
        \(directory): cannot be made a directory of results. Name one in a place that you may write \
        to, with '--output'.
        """, cause: error)
    }
    for path in results + (plot.map { [$0] } ?? []) { try AtomicFile.requireWritable(path) }
  }

  /// All files in the directory.
  var inDirectory: [String] { [log] + results }

  private var results: [String] { [csv, json, page] + SweepCost.allCases.map { picture($0) } }

  var log: String { "\(directory)/runs.jsonl" }
  var csv: String { "\(directory)/sweep.csv" }
  var json: String { "\(directory)/sweep.json" }
  var page: String { "\(directory)/report.html" }

  /// The plot of accuracy against one cost.
  func picture(_ cost: SweepCost) -> String { "\(directory)/accuracy-\(cost.rawValue).svg" }

  /// Writes a text file whole.
  func write(_ text: String, to path: String) throws {
    try AtomicFile.write(to: path) { try $0.write(text) }
  }
}
