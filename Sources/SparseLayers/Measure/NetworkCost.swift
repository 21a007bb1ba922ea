internal import SparseCore

/// What a network costs, junction by junction, beside the dense network of the same sizes.
///
/// Multiply–adds (MACs) are counted for one sample; one MAC is two floating-point operations.
/// Activations, normalisation, losses and the optimiser, a few operations per neuron or per weight
/// and step, are not counted.
public struct NetworkCost: Codable, Hashable, Sendable {
  /// Each junction, in the order in which they run.
  public var junctions: [JunctionCost]

  /// What other layers store, such as batch normalisation; the same in the dense network.
  public var otherLayers: JunctionCost

  /// All junctions and other layers together.
  public var total: JunctionCost {
    (junctions + [otherLayers]).reduce(into: JunctionCost(name: "total")) { $0.add($1) }
  }

  enum CodingKeys: String, CodingKey {
    case junctions
    case otherLayers = "other_layers"
  }

  /// Counts a network's costs.
  ///
  /// - Parameter network: The network.
  public init(_ network: Network) {
    junctions = network.places.compactMap { place in
      guard let junction = network[place] as? SparseLinear else { return nil }
      // A junction that reads the data needs no input gradient.
      return JunctionCost(
        name: network.name(of: place), pattern: junction.pattern,
        hasInputGradient: !network.readsData(place))
    }
    let others = network.places.map { network[$0] }.filter { !($0 is SparseLinear) }
    otherLayers = JunctionCost(
      name: "other layers",
      storedFloats: others.flatMap(\.parameters).reduce(0) { $0 + $1.values.count })
  }
}

extension Network {
  /// Whether the layer at a place has the samples themselves as its input.
  func readsData(_ place: Place) -> Bool {
    switch place {
    case .backbone(let index): index == 0
    case .branch(let branch, let index): index == 0 && branches[branch].position == 0
    }
  }
}
