import SparseLayers

/// The file of `--metrics`: one JSON line per epoch.
struct MetricsLog {
  private let log: LineLog

  /// Opens the file for appending.
  init(path: String) throws { log = try LineLog(path: path) }

  /// Appends the line of an epoch.
  func append(_ report: Trainer.EpochReport, of network: Network) throws {
    try log.append(JSON.text(Line(report, of: network)))
  }

  /// Mean loss and accuracy of one branch.
  private struct Scores: Encodable {
    var trainLoss: Double?
    var trainAccuracy: Double?
    var validationLoss: Double?
    var validationAccuracy: Double?

    enum CodingKeys: String, CodingKey {
      case trainLoss = "train_loss"
      case trainAccuracy = "train_accuracy"
      case validationLoss = "validation_loss"
      case validationAccuracy = "validation_accuracy"
    }

    init(training: BranchEvaluation?, validation: BranchEvaluation?) {
      trainLoss = training?.loss
      trainAccuracy = training?.accuracy
      validationLoss = validation?.loss
      validationAccuracy = validation?.accuracy
    }
  }

  /// One epoch, flat, so that any script reads it.
  ///
  /// Losses and accuracies are those of the last branch; with several tasks also each task's.
  private struct Line: Encodable {
    var epoch: Int
    var learningRate: Double
    var seconds: Double
    var samplesPerSecond: Double
    var scores: Scores
    var tasks: [String: Scores]?

    enum CodingKeys: String, CodingKey {
      case epoch, seconds, tasks
      case learningRate = "learning_rate"
      case samplesPerSecond = "samples_per_second"
    }

    init(_ report: Trainer.EpochReport, of network: Network) {
      epoch = report.epoch
      learningRate = report.learningRate
      seconds = report.seconds
      samplesPerSecond = Double(report.training.last?.samples ?? 0) / max(report.seconds, 1e-9)
      scores = Scores(training: report.training.last, validation: report.validation.last)
      guard network.taskOutputs.count > 1 else { return }
      tasks = network.ofEachTask { branch in
        Scores(
          training: report.training[branch],
          validation: report.validation.isEmpty ? nil : report.validation[branch])
      }
    }

    func encode(to encoder: any Encoder) throws {
      try scores.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(epoch, forKey: .epoch)
      try container.encode(learningRate, forKey: .learningRate)
      try container.encode(seconds, forKey: .seconds)
      try container.encode(samplesPerSecond, forKey: .samplesPerSecond)
      try container.encodeIfPresent(tasks, forKey: .tasks)
    }
  }
}
