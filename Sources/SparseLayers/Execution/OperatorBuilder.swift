internal import SparseCore

/// What buffers must have room for.
struct BatchCapacity {
  /// The most lanes of a batch: a last tile that is not full still takes up a whole tile's lanes.
  var lanes: Int
  /// The most tiles of a batch.
  var tiles: Int

  /// Room for batches of some shapes.
  init(_ shapes: some Sequence<Tiles.Shape>) {
    (lanes, tiles) = shapes.reduce(into: (0, 0)) { most, shape in
      most = (max(most.0, shape.lanes), max(most.1, shape.count))
    }
  }
}

/// Makes the operators of a network and wires their nodes.
struct OperatorBuilder {
  private let network: Network
  private let capacity: BatchCapacity
  private let isTraining: Bool
  private let trainedBranches: Set<String>?
  private let keepsBackbone: Bool
  private let seed: UInt64

  let input: Node
  private(set) var operators: [any LayerOperator] = []
  private(set) var outputs: [Node] = []
  /// What the last backbone layer writes.
  private(set) var backboneOutput: Node

  // 'trainedBranches': those that are trained, everything else frozen; nil for all layers.
  // 'keepsBackbone': whether somebody reads the backbone's output after the branches.
  init(
    network: Network, capacity: BatchCapacity, isTraining: Bool,
    trainedBranches: Set<String>? = nil, keepsBackbone: Bool = false, seed: UInt64
  ) {
    self.network = network
    self.capacity = capacity
    self.isTraining = isTraining
    self.trainedBranches = trainedBranches
    self.keepsBackbone = keepsBackbone
    self.seed = seed
    input = Node(features: network.inputSize, capacity: capacity.lanes, hasGradient: false)
    backboneOutput = input
  }

  /// Makes all operators, in the order of the network's places.
  ///
  /// - Parameter plans: One plan per junction, in that order.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  mutating func build(plans: [any JunctionPlan]) throws {
    var plans = plans[...]
    var node = input
    for position in 0...network.backbone.count {
      let leaving = network.branches.filter { $0.position == position }
      if position > 0 {
        node = try append(
          network.backbone[position - 1], reading: node,
          isShared: network.branches.contains { $0.position == position - 1 },
          accumulates: false, isFrozen: trainedBranches != nil, &plans)
      }
      // On the way back the later readers of a node run first: the first of them writes its
      // gradient, the others add theirs.
      let continues = position < network.backbone.count
      for (rank, branch) in leaving.enumerated() {
        var end = node
        for (depth, layer) in branch.layers.enumerated() {
          let isFirst = depth == 0
          end = try append(
            layer, reading: end,
            isShared: isFirst && (continues || leaving.count > 1 || keepsBackbone),
            accumulates: isFirst && (continues || rank < leaving.count - 1),
            isFrozen: trainedBranches.map { !$0.contains(branch.name) } ?? false, &plans)
        }
        outputs.append(end)
      }
    }
    backboneOutput = node
  }

  private mutating func append(
    _ layer: any Layer, reading input: Node, isShared: Bool, accumulates: Bool, isFrozen: Bool,
    _ plans: inout ArraySlice<any JunctionPlan>
  ) throws -> Node {
    // A layer may overwrite its input when it is the only reader and the layer that made the input
    // does not need it again for its own gradient, as none does in inference. Nobody overwrites the data.
    let maker = operators.last { $0.output === input }
    let context = OperatorContext(
      input: input, maker: maker,
      mayOverwriteInput: !isShared
        && maker.map { !isTraining || !$0.readsOutputBackward } ?? false,
      accumulatesInputGradient: accumulates, isTraining: isTraining && !isFrozen,
      capacity: capacity.lanes, tileCapacity: capacity.tiles, identity: operators.count, seed: seed,
      plan: layer is SparseLinear ? plans.popFirst() : nil)
    var made = try layer.makeOperator(context)
    if isFrozen { made = FrozenOperator(made) }
    operators.append(made)
    return made.output
  }
}
