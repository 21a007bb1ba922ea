public import SparseCore

/// What a network costs, junction by junction, beside the dense network of the same sizes.
///
/// Multiply–adds (MACs) are counted for one sample; one MAC is two floating-point operations.
/// Activations and normalisation, a few operations per neuron, are not counted.
public struct NetworkCost: Codable, Hashable, Sendable {
  /// Each junction, in the order in which they run.
  public var junctions: [JunctionCost]

  /// All junctions together.
  public var total: JunctionCost {
    junctions.reduce(into: JunctionCost(name: "total")) { $0.add($1) }
  }

  /// Counts a network's costs.
  ///
  /// - Parameter network: The network.
  public init(_ network: Network) {
    junctions = network.places.compactMap { place in
      guard let junction = network[place] as? SparseLinear else { return nil }
      // A junction that reads the data needs no input gradient.
      let readsData = Self.readsData(place, of: network)
      return JunctionCost(
        name: network.name(of: place), pattern: junction.pattern, hasInputGradient: !readsData)
    }
  }

  private static func readsData(_ place: Network.Place, of network: Network) -> Bool {
    switch place {
    case .backbone(let index): index == 0
    case .branch(let branch, let index): index == 0 && network.branches[branch].position == 0
    }
  }
}

/// What one junction costs, or several together.
public struct JunctionCost: Codable, Hashable, Sendable {
  /// The junction's name.
  public var name: String
  /// The weights that exist.
  public var weights = 0
  /// The weights of the dense junction.
  public var denseWeights = 0
  /// The biases, in both.
  public var biases = 0
  /// The bytes of values, columns, row offsets where rows differ, and biases, as in a model file.
  public var storageBytes = 0
  /// The bytes of the dense junction's values and biases.
  public var denseStorageBytes = 0
  /// The multiply–adds of inference, per sample.
  public var macs = 0
  /// The same for the dense junction.
  public var denseMACs = 0
  /// The multiply–adds of the three products of training, per sample.
  public var trainingMACs = 0
  /// The same for the dense junction.
  public var denseTrainingMACs = 0

  /// The kept fraction.
  public var density: Double { denseWeights == 0 ? 0 : Double(weights) / Double(denseWeights) }

  enum CodingKeys: String, CodingKey {
    case name, weights, biases, macs
    case denseWeights = "dense_weights"
    case storageBytes = "storage_bytes"
    case denseStorageBytes = "dense_storage_bytes"
    case denseMACs = "dense_macs"
    case trainingMACs = "training_macs"
    case denseTrainingMACs = "dense_training_macs"
  }

  init(name: String) { self.name = name }

  /// Counts a junction's costs.
  ///
  /// - Parameters:
  ///   - name: The junction's name.
  ///   - pattern: Its connections.
  ///   - hasInputGradient: Whether training computes dX = Wᵀ·dY, which the first junction does not.
  public init(name: String, pattern: Pattern, hasInputGradient: Bool) {
    self.name = name
    let products = hasInputGradient ? 3 : 2
    weights = pattern.edgeCount
    denseWeights = pattern.inputs * pattern.outputs
    biases = pattern.outputs
    let columnBytes = pattern.inputs <= 1 << 16 ? 2 : 4
    let offsetBytes = pattern.constantInDegree == nil ? 4 * (pattern.outputs + 1) : 0
    storageBytes = weights * (4 + columnBytes) + offsetBytes + 4 * biases
    denseStorageBytes = 4 * (denseWeights + biases)
    macs = weights
    denseMACs = denseWeights
    trainingMACs = products * weights
    denseTrainingMACs = products * denseWeights
  }

  mutating func add(_ other: JunctionCost) {
    weights += other.weights
    denseWeights += other.denseWeights
    biases += other.biases
    storageBytes += other.storageBytes
    denseStorageBytes += other.denseStorageBytes
    macs += other.macs
    denseMACs += other.denseMACs
    trainingMACs += other.trainingMACs
    denseTrainingMACs += other.denseTrainingMACs
  }
}
