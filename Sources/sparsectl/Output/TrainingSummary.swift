import SparseCore
import SparseLayers

/// What `train --json` prints.
struct TrainingSummary: Encodable {
  var testAccuracy: Double
  var testLoss: Double
  var validationAccuracy: Double?
  /// Every branch, the output last.
  var branches: [Branch]
  /// Every task; the accuracy above is that of the main one.
  var tasks: [String: TaskScore]
  /// The time of training in this process.
  var trainSeconds: Double
  /// Whether the process went on from a checkpoint, so that the time is not that of all epochs.
  var resumed: Bool
  /// The median of the epochs that this process did from end to end; null without any.
  @NullWhenMissing var secondsPerEpoch: Double?
  var epochs: Int
  var seed: UInt64
  var weights: Int
  var denseWeights: Int
  var density: Double
  var backend: String
  var model: String

  /// How well one branch does if it answers all samples.
  struct Branch: Encodable {
    var branch: String
    var testAccuracy: Double
    var validationAccuracy: Double?

    enum CodingKeys: String, CodingKey {
      case branch
      case testAccuracy = "test_accuracy"
      case validationAccuracy = "validation_accuracy"
    }
  }

  enum CodingKeys: String, CodingKey {
    case branches, tasks, epochs, seed, weights, density, backend, model, resumed
    case testAccuracy = "test_accuracy"
    case testLoss = "test_loss"
    case validationAccuracy = "validation_accuracy"
    case trainSeconds = "train_seconds"
    case secondsPerEpoch = "seconds_per_epoch"
    case denseWeights = "dense_weights"
  }

  init(
    _ network: Network, test: [BranchEvaluation], validation: [BranchEvaluation],
    trainSeconds: Double, epochSeconds: [Double], isResumed: Bool, trainer: Trainer, model: String
  ) {
    let total = NetworkCost(network).total
    testAccuracy = test.last?.accuracy ?? 0
    testLoss = test.last?.loss ?? 0
    validationAccuracy = validation.last?.accuracy
    branches = test.indices.map { index in
      Branch(
        branch: test[index].branch, testAccuracy: test[index].accuracy,
        validationAccuracy: validation.isEmpty ? nil : validation[index].accuracy)
    }
    tasks = network.ofEachTask { branch in
      TaskScore(test[branch], validation: validation.isEmpty ? nil : validation[branch])
    }
    self.trainSeconds = trainSeconds
    resumed = isResumed
    secondsPerEpoch = epochSeconds.median
    epochs = trainer.position.epoch
    seed = trainer.recipe.seed
    weights = total.weights
    denseWeights = total.denseWeights
    density = total.density
    let backends = Set(trainer.executor.plans.map(\.backend.rawValue))
    backend = backends.sorted().joined(separator: "+")
    self.model = model
  }
}
