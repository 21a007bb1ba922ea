internal import SparseCore

/// One finished run of a sweep: a network, a seed, and what came of it.
package struct SweepRun: Codable, Hashable, Sendable {
  /// What decides the run, hashed.
  package var key: String
  /// The sizes of the layers.
  package var layers: [Int]
  /// The weights of each junction.
  package var edges: [Int]
  /// The pattern family.
  package var family: String
  /// The run's seed.
  package var seed: UInt64
  /// The counts of the network and of its dense twin.
  package var cost: JunctionCost
  /// The share of right answers on the scored part; nil when training diverged.
  package var accuracy: Double?
  /// The mean loss per sample on the scored part.
  package var loss: Double?
  /// The time of training, in seconds.
  package var trainSeconds: Double

  enum CodingKeys: String, CodingKey {
    case key, layers, edges, family, seed, cost, accuracy, loss
    case trainSeconds = "train_seconds"
  }

  /// Creates a run.
  ///
  /// - Parameters:
  ///   - key: What decides the run, hashed.
  ///   - point: The network.
  ///   - seed: The run's seed.
  ///   - cost: The counts of the network.
  ///   - score: How it did on the scored part; nil when training diverged.
  ///   - trainSeconds: The time of training, in seconds.
  package init(
    key: String, point: SweepPoint, seed: UInt64, cost: JunctionCost, score: BranchEvaluation?,
    trainSeconds: Double
  ) {
    self.key = key
    layers = point.recipe.layerSizes
    edges = point.patterns.map(\.edges)
    family = point.family
    self.seed = seed
    self.cost = cost
    accuracy = score?.accuracy
    loss = score?.loss
    self.trainSeconds = trainSeconds
  }

  /// Whether the numbers are such as a run can have; a damaged log may hold others.
  var isPlausible: Bool {
    // Far above every network, and far below where sums of runs overflow.
    let counts = 0...(1 << 50)
    return accuracy.map { (0...1).contains($0) } ?? true
      && layers.count >= 2 && edges.count == layers.count - 1
      && (layers + edges).allSatisfy { $0 > 0 && $0 < 1 << 32 }
      && trainSeconds >= 0 && trainSeconds < 1e12 && cost.weights > 0
      && [
        cost.weights, cost.denseWeights, cost.storageBytes, cost.denseStorageBytes, cost.macs,
        cost.denseMACs, cost.trainingMACs, cost.denseTrainingMACs,
      ].allSatisfy(counts.contains)
  }
}
