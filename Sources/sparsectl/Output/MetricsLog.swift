import SparseLayers

/// The file of `--metrics`: one JSON line per epoch.
struct MetricsLog {
  private let log: LineLog

  /// Opens the file for appending.
  init(path: String) throws { log = try LineLog(path: path) }

  /// Appends the line of an epoch.
  func append(_ report: Trainer.EpochReport) throws {
    try log.append(JSON.text(Line(report)))
  }

  /// One epoch, flat, so that any script reads it.
  ///
  /// Losses and accuracies are those of the last branch.
  private struct Line: Encodable {
    var epoch: Int
    var learningRate: Double
    var seconds: Double
    var samplesPerSecond: Double
    var trainLoss: Double?
    var trainAccuracy: Double?
    var validationLoss: Double?
    var validationAccuracy: Double?

    enum CodingKeys: String, CodingKey {
      case epoch, seconds
      case learningRate = "learning_rate"
      case samplesPerSecond = "samples_per_second"
      case trainLoss = "train_loss"
      case trainAccuracy = "train_accuracy"
      case validationLoss = "validation_loss"
      case validationAccuracy = "validation_accuracy"
    }

    init(_ report: Trainer.EpochReport) {
      let training = report.training.last
      epoch = report.epoch
      learningRate = report.learningRate
      seconds = report.seconds
      samplesPerSecond = Double(training?.samples ?? 0) / max(report.seconds, 1e-9)
      trainLoss = training?.loss
      trainAccuracy = training?.accuracy
      validationLoss = report.validation.last?.loss
      validationAccuracy = report.validation.last?.accuracy
    }
  }
}
