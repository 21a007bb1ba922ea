internal import Foundation
internal import SparseCore

/// What several runs of one network with different seeds have in common: a point of the plots.
package struct SweepRow: Sendable {
  /// The sizes of the layers.
  package var layers: [Int]
  /// The weights of each junction.
  package var edges: [Int]
  /// The pattern family.
  package var family: String
  /// The counts of the network and of its dense twin.
  package var cost: JunctionCost
  /// The seeds of the runs.
  package var seeds: [UInt64]
  /// The runs that diverged; they have no accuracy.
  package var diverged: Int
  /// The accuracies of the other runs; nil when there is none.
  package var accuracy: Statistics?
  /// The mean time of training, in seconds, of the runs that did not diverge where there are some.
  package var trainSeconds: Double

  /// Sums up the runs of one network.
  ///
  /// - Parameter runs: Runs of one network, at least one.
  /// - Precondition: There is a run.
  package init(_ runs: [SweepRun]) {
    precondition(!runs.isEmpty, "a row needs a run")
    layers = runs[0].layers
    edges = runs[0].edges
    family = runs[0].family
    // Equal for all seeds: edges follow from sizes and density.
    cost = runs[0].cost
    seeds = runs.map(\.seed)
    let accuracies = runs.compactMap(\.accuracy)
    diverged = runs.count - accuracies.count
    accuracy = Statistics(accuracies)
    let whole = runs.filter { $0.accuracy != nil }
    let timed = whole.isEmpty ? runs : whole
    trainSeconds = timed.reduce(0) { $0 + $1.trainSeconds } / Double(timed.count)
  }

  /// The connections of each left neuron, per junction: exact numbers where the family gives every
  /// neuron as many, else means.
  package var outDegrees: [Double] { zip(edges, layers).map { Double($0) / Double($1) } }

  /// The kept fraction of the hidden junctions together; that of the output where there are none.
  package var hiddenDensity: Double {
    let hidden = max(edges.count - 1, 1)
    let cells = zip(layers, layers.dropFirst()).prefix(hidden)
      .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    return edges.prefix(hidden).reduce(0) { $0 + Double($1) } / max(cells, 1)
  }

  /// Whether every junction has all connections.
  package var isFull: Bool { cost.weights == cost.denseWeights }

  /// The bytes of the network's arrays.
  ///
  /// Values, indices and biases, as in a model file of the form `columns`. A full network is counted
  /// as dense arrays, which need no indices: it is what others are compared with, and its best form
  /// is the fair one. Its model file has them all the same, and `NetworkCost` counts that file.
  package var storageBytes: Int { isFull ? cost.denseStorageBytes : cost.storageBytes }

  /// Mean and spread of some numbers.
  package struct Statistics: Hashable, Sendable {
    /// The mean.
    package let mean: Double
    /// The sample's standard deviation, with n − 1; nil for a single number.
    package let standardDeviation: Double?
    /// The least number.
    package let minimum: Double
    /// The largest number.
    package let maximum: Double

    /// Computes them; nil for no numbers.
    package init?(_ numbers: [Double]) {
      guard let least = numbers.min(), let most = numbers.max() else { return nil }
      let count = Double(numbers.count)
      let mean = numbers.reduce(0, +) / count
      self.mean = mean
      minimum = least
      maximum = most
      let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardDeviation = numbers.count > 1 ? (squares / (count - 1)).squareRoot() : nil
    }
  }
}

/// What a network costs, as an axis that accuracy is drawn against.
package enum SweepCost: String, CaseIterable, Sendable {
  /// The weights; as many multiply–adds does inference take for one sample.
  case weights
  /// The bytes of the network's arrays, indices counted.
  case storage
  /// The multiply–adds of training for one sample.
  case trainingMACs = "training-macs"

  /// The number of a row.
  ///
  /// - Parameter row: The row.
  /// - Returns: The count.
  package func value(of row: SweepRow) -> Int {
    switch self {
    case .weights: row.cost.weights
    case .storage: row.storageBytes
    case .trainingMACs: row.cost.trainingMACs
    }
  }

  /// The rows that no other row beats in this cost and in mean accuracy.
  ///
  /// - Parameter rows: The rows.
  /// - Returns: Their indices, the cheapest first.
  package func front(of rows: [SweepRow]) -> [Int] {
    ParetoFront.indices(
      costs: rows.map { value(of: $0) }, values: rows.map { $0.accuracy?.mean })
  }
}
