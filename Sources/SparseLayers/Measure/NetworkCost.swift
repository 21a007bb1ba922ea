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
  /// - Parameters:
  ///   - network: The network.
  ///   - trainedBranches: The only branches that are trained, as `Trainer` takes them: what is frozen
  ///     is run forward in training, and no gradient goes into it. Nil when all layers are trained.
  public init(_ network: Network, trainedBranches: Set<String>? = nil) {
    junctions = network.places.compactMap { place in
      guard let junction = network[place] as? SparseLinear else { return nil }
      let isTrained = network.isTrained(place, trainedBranches)
      // Neither the data nor a frozen layer wants a gradient.
      let readsFixed = network.readsData(place) || trainedBranches != nil && place.leavesBackbone
      return JunctionCost(
        name: network.name(of: place), pattern: junction.pattern,
        hasInputGradient: isTrained && !readsFixed, hasWeightGradient: isTrained)
    }
    let others = network.places.map { network[$0] }.filter { !($0 is SparseLinear) }
    otherLayers = JunctionCost(
      name: "other layers",
      storedFloats: others.flatMap(\.parameters).reduce(0) { $0 + $1.values.count })
  }
}

extension Network {
  /// Whether the layer at a place is trained where only some branches are; nil stands for all.
  fileprivate func isTrained(_ place: Place, _ trainedBranches: Set<String>?) -> Bool {
    guard let trainedBranches else { return true }
    guard case .branch(let branch, _) = place else { return false }
    return trainedBranches.contains(branches[branch].name)
  }

  /// Whether the layer at a place has the samples themselves as its input.
  func readsData(_ place: Place) -> Bool {
    switch place {
    case .backbone(let index): index == 0
    case .branch(let branch, let index): index == 0 && branches[branch].position == 0
    }
  }
}

extension Network.Place {
  /// Whether the layer is a branch's first, which reads what the backbone writes.
  fileprivate var leavesBackbone: Bool {
    if case .branch(_, 0) = self { true } else { false }
  }
}
