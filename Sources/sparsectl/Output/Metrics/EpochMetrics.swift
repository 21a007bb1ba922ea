import SparseLayers

/// What one epoch of training showed, as every form of `--metrics` has it.
///
/// As JSON it is flat, so that any script reads it.
struct EpochMetrics: Hashable {
  /// The finished epochs.
  var epoch: Int
  var learningRate: Double
  /// The time of training in the process that finished the epoch.
  var seconds: Double
  /// The samples that it trained in that time.
  var samplesPerSecond: Double
  /// Those of the last branch.
  var scores: Scores
  /// Those of each task, the main one first; none of a network of one task.
  var tasks: [Named]
  /// Those of each branch, in the network's order; none where every branch is a task's output.
  var branches: [Named]

  /// The scores of a task or a branch.
  struct Named: Hashable {
    var name: String
    var scores: Scores
  }

  /// Mean loss and accuracy of one branch.
  struct Scores: Codable, Hashable {
    var trainLoss: Double?
    var trainAccuracy: Double?
    var validationLoss: Double?
    var validationAccuracy: Double?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case trainLoss = "train_loss"
      case trainAccuracy = "train_accuracy"
      case validationLoss = "validation_loss"
      case validationAccuracy = "validation_accuracy"
    }

    /// The number under a key.
    subscript(key: CodingKeys) -> Double? {
      switch key {
      case .trainLoss: trainLoss
      case .trainAccuracy: trainAccuracy
      case .validationLoss: validationLoss
      case .validationAccuracy: validationAccuracy
      }
    }
  }

  /// The same without what differs when an epoch is trained again.
  var withoutTimes: EpochMetrics {
    var result = self
    (result.seconds, result.samplesPerSecond) = (0, 0)
    return result
  }
}

extension EpochMetrics {
  init(_ report: Trainer.EpochReport, of network: Network) {
    func scores(_ branch: Int) -> Scores {
      let training = report.training.indices.contains(branch) ? report.training[branch] : nil
      let validation = report.validation.indices.contains(branch) ? report.validation[branch] : nil
      return Scores(
        trainLoss: training?.loss, trainAccuracy: training?.accuracy,
        validationLoss: validation?.loss, validationAccuracy: validation?.accuracy)
    }
    epoch = report.epoch
    learningRate = report.learningRate
    seconds = report.seconds
    samplesPerSecond = Double(report.trainedSamples) / max(report.seconds, 1e-9)
    self.scores = scores(report.training.count - 1)
    let outputs = network.taskOutputs
    tasks = outputs.count > 1 ? outputs.map { Named(name: $0.task, scores: scores($0.branch)) } : []
    branches =
      network.branches.count > outputs.count
      ? network.branches.enumerated().map {
        Named(name: $0.element.name, scores: scores($0.offset))
      } : []
  }
}

// MARK: - JSON

extension EpochMetrics: Codable {
  enum CodingKeys: String, CodingKey {
    case epoch, seconds, tasks, branches
    case learningRate = "learning_rate"
    case samplesPerSecond = "samples_per_second"
  }

  func encode(to encoder: any Encoder) throws {
    try scores.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(samplesPerSecond, forKey: .samplesPerSecond)
    for (list, key) in [(tasks, CodingKeys.tasks), (branches, .branches)] where !list.isEmpty {
      let byName = Dictionary(
        list.map { ($0.name, $0.scores) }, uniquingKeysWith: { first, _ in first })
      try container.encode(byName, forKey: key)
    }
  }

  /// Reads the object; the order of tasks and branches, which JSON does not keep, becomes that of their
  /// names.
  init(from decoder: any Decoder) throws {
    scores = try Scores(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    epoch = try container.decode(Int.self, forKey: .epoch)
    learningRate = try container.decode(Double.self, forKey: .learningRate)
    seconds = try container.decode(Double.self, forKey: .seconds)
    samplesPerSecond = try container.decode(Double.self, forKey: .samplesPerSecond)
    func list(_ key: CodingKeys) throws -> [Named] {
      try container.decodeIfPresent([String: Scores].self, forKey: key).map { list in
        list.sorted { $0.key < $1.key }.map { Named(name: $0.key, scores: $0.value) }
      } ?? []
    }
    tasks = try list(.tasks)
    branches = try list(.branches)
  }
}
