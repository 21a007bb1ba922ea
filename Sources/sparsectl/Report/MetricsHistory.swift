import Foundation
import SparseCore
import SparseLayers

/// The epochs of a training run, from the JSON lines of `train --metrics`.
struct MetricsHistory {
  /// The epochs of the last run in the file, increasing.
  let epochs: [EpochMetrics]
  /// How many runs are before it in the file.
  let earlierRuns: Int

  /// The largest file that is read.
  static let maximumBytes = 1 << 28

  /// Reads a file; a last line that is not finished yet, as of a run that goes on, does not count.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError.Code.fileSystem` when it cannot be read, `corruptFile` for a line that
  ///   is no epoch.
  init(contentsOf path: String) throws {
    let bytes = try BoundedFile.read(path: path, maximumBytes: Self.maximumBytes)
    let decoder = JSONDecoder()
    var runs: [[EpochMetrics]] = []
    var rest = bytes[...]
    var number = 0
    while let end = rest.firstIndex(of: 10) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      number += 1
      if line.allSatisfy({ $0 == 32 || $0 == 13 }) { continue }
      guard let epoch = try? decoder.decode(EpochMetrics.self, from: Data(line)),
        (1...TrainingRecipe.maximumEpochs).contains(epoch.epoch)
      else {
        throw SparseError(
          .corruptFile,
          """
          \(path): line \(number) is not an epoch as JSON. Give the file that 'train --metrics' \
          wrote, with a name that ends in neither '.csv' nor '/'.
          """)
      }
      // An epoch that does not follow begins another run.
      if let last = runs.last?.last, last.epoch < epoch.epoch {
        runs[runs.count - 1].append(epoch)
      } else {
        runs.append([epoch])
      }
    }
    guard let last = runs.last else {
      throw SparseError(
        .corruptFile, "\(path): has no finished epoch. Wait until 'train --metrics' wrote one.")
    }
    epochs = last
    earlierRuns = runs.count - 1
  }

  /// What one branch's scores came to, epoch by epoch, where they are numbers that can be drawn.
  ///
  /// - Parameters:
  ///   - key: Which score.
  ///   - task: The task; that of the last branch when nil.
  /// - Returns: Increasing epochs with their values.
  func points(
    _ key: EpochMetrics.Scores.CodingKeys, task: String? = nil
  ) -> [(epoch: Int, value: Double)] {
    epochs.compactMap { epoch in
      let scores =
        task.map { name in epoch.tasks.first { $0.name == name }?.scores } ?? epoch.scores
      guard let value = scores?[key], abs(value) < 1e12 else { return nil }
      return (epoch.epoch, value)
    }
  }
}
