public import SparseCore

/// Runs a network: the planned operators of all layers, in order, with their buffers.
///
/// Built once for a largest batch; afterwards nothing is planned or allocated again.
public final class NetworkExecutor {
  /// The network as it was when the executor was built; `currentNetwork` has today's parameters.
  let original: Network
  /// The samples of the largest batch.
  public let batchCapacity: Int
  /// Where the data of a batch go in.
  public let input: Node
  /// The output of each branch, in the network's order.
  public let outputs: [Node]
  /// Each junction's plan, in the order in which they run.
  public let plans: [any JunctionPlan]
  /// All arrays that an optimiser changes.
  public let trainedParameters: [TrainedParameter]

  private let operators: [any LayerOperator]
  private let forwardRuns: [Range<Int>]
  private let backwardRuns: [Range<Int>]

  /// Plans the junctions and allocates the buffers.
  ///
  /// - Parameters:
  ///   - network: What to run.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads of one product.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - isTraining: Whether gradients will be computed.
  ///   - seed: Decides what dropout drops.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public convenience init(
    _ network: Network, backend: Backend = .auto, threads: Int = 1, batchCapacity: Int,
    isTraining: Bool = false, seed: UInt64 = 0
  ) throws {
    try self.init(
      network, batchCapacity: batchCapacity, isTraining: isTraining, seed: seed
    ) { try backend.plan($0, threads: threads) }
  }

  /// As above, with plans of the caller's making.
  package init(
    _ network: Network, batchCapacity: Int, isTraining: Bool, seed: UInt64,
    plan: @escaping (Pattern) throws -> any JunctionPlan
  ) throws {
    precondition(batchCapacity >= 1, "a batch of \(batchCapacity) samples")
    original = network
    self.batchCapacity = batchCapacity
    let plans = try network.junctions.map { try plan($0.layer.pattern) }
    self.plans = plans
    // A last tile that is not full still takes up a whole tile's lanes.
    let lanes = (1...batchCapacity).lazy.map { Self.shape(samples: $0, plans).lanes }.max()
    var builder = OperatorBuilder(
      network: network, capacity: lanes ?? batchCapacity, isTraining: isTraining, seed: seed)
    // The operators are made in the order of 'places', and so of 'junctions'.
    var unused = plans[...]
    try builder.build { pattern in
      if unused.first?.pattern == pattern, let made = unused.popFirst() { return made }
      return try plan(pattern)
    }
    input = builder.input
    outputs = builder.outputs
    operators = builder.operators
    trainedParameters = operators.flatMap(\.trainedParameters)
    forwardRuns = Self.runs(operators.map(\.needsWholeBatch))
    let count = operators.count
    backwardRuns = Self.runs(operators.reversed().map(\.needsWholeBatch))
      .map { count - $0.upperBound..<count - $0.lowerBound }
  }

  /// Cuts a list of operators before each that needs the whole batch: within a run, a tile goes
  /// through all operators while it is in cache.
  private static func runs(_ needsWholeBatch: [Bool]) -> [Range<Int>] {
    let starts = needsWholeBatch.indices.filter { $0 == 0 || needsWholeBatch[$0] }
    return zip(starts, starts.dropFirst() + [needsWholeBatch.count]).map { $0..<$1 }
  }

  /// How a batch is laid into tiles.
  ///
  /// - Parameter samples: The samples of the batch, at most `batchCapacity`.
  /// - Returns: The shape that `input` must be filled in.
  public func shape(samples: Int) -> Tiles.Shape {
    precondition(
      samples <= batchCapacity, "\(samples) samples; the executor was built for \(batchCapacity)")
    return Self.shape(samples: samples, plans)
  }

  private static func shape(samples: Int, _ plans: [any JunctionPlan]) -> Tiles.Shape {
    let width = plans.map { $0.tileWidth(samples: max(samples, 1)) }.max() ?? max(samples, 1)
    return Tiles.Shape(samples: samples, width: width)
  }

  /// Computes all branches for the batch that is in `input`.
  ///
  /// - Parameter pass: The batch's layout and mode.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func forward(_ pass: Pass) throws {
    for run in forwardRuns {
      for index in run { operators[index].beginForward(pass) }
      for tile in 0..<pass.shape.count {
        for index in run { try operators[index].forward(tile: tile, pass) }
      }
    }
  }

  /// Computes all gradients from those in `outputs`, for the batch that went forward last.
  ///
  /// - Parameter pass: The same pass.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func backward(_ pass: Pass) throws {
    for run in backwardRuns {
      for index in run.reversed() { operators[index].beginBackward(pass) }
      for tile in 0..<pass.shape.count {
        for index in run.reversed() { try operators[index].backward(tile: tile, pass) }
      }
    }
    for layer in operators { try layer.finishBackward(pass) }
  }

  /// The network with the parameters as they are now.
  ///
  /// - Returns: A value independent of this executor.
  /// - Throws: `SparseError.Code.diverged` when a parameter is no longer finite.
  public func currentNetwork() throws -> Network {
    var network = original
    for (place, layer) in zip(original.places, operators) {
      do {
        try network[place].setParameters(layer.parameterValues)
      } catch {
        throw SparseError(
          .diverged, "Parameters of layer \(original.name(of: place)) are no longer finite.",
          cause: error)
      }
    }
    return network
  }

  /// Takes over the parameters of a network of the same architecture.
  ///
  /// - Parameter network: The network.
  /// - Throws: `SparseError.Code.shapeMismatch` when the architectures differ.
  public func load(_ network: Network) throws {
    let places = original.places
    let fits = network.places == places && places.allSatisfy { place in
      let (new, old) = (network[place], original[place])
      return new.description == old.description
        && (new as? SparseLinear)?.pattern == (old as? SparseLinear)?.pattern
    }
    guard fits else {
      throw SparseError(.shapeMismatch, "The parameters are of a network of another architecture.")
    }
    for (place, layer) in zip(places, operators) {
      layer.setParameterValues(network[place].parameters.map(\.values))
    }
  }
}

/// Makes the operators of a network and wires their nodes.
private struct OperatorBuilder {
  let network: Network
  let capacity: Int
  let isTraining: Bool
  let seed: UInt64

  let input: Node
  var operators: [any LayerOperator] = []
  var outputs: [Node] = []

  init(network: Network, capacity: Int, isTraining: Bool, seed: UInt64) {
    self.network = network
    self.capacity = capacity
    self.isTraining = isTraining
    self.seed = seed
    input = Node(features: network.inputSize, capacity: capacity, hasGradient: false)
  }

  mutating func build(plan: @escaping (Pattern) throws -> any JunctionPlan) throws {
    var node = input
    var branchNodes: [Int: Node] = [:]
    for position in 0...network.backbone.count {
      let leaving = network.branches.indices.filter { network.branches[$0].position == position }
      if position > 0 {
        let isShared = network.branches.contains { $0.position == position - 1 }
        node = try append(
          network.backbone[position - 1], reading: node, isShared: isShared, accumulates: false,
          plan)
      }
      // On the way back the backbone's later layers run first and write the gradient at this
      // node; a branch adds its own, unless nothing follows here.
      let continues = position < network.backbone.count
      for (rank, index) in leaving.enumerated() {
        var end = node
        for (depth, layer) in network.branches[index].layers.enumerated() {
          let isFirst = depth == 0
          end = try append(
            layer, reading: end, isShared: isFirst && (continues || leaving.count > 1),
            accumulates: isFirst && (continues || rank < leaving.count - 1), plan)
        }
        branchNodes[index] = end
      }
    }
    outputs = network.branches.indices.compactMap { branchNodes[$0] }
  }

  private mutating func append(
    _ layer: any Layer, reading input: Node, isShared: Bool, accumulates: Bool,
    _ plan: @escaping (Pattern) throws -> any JunctionPlan
  ) throws -> Node {
    // A layer may overwrite its input when it is the only reader and the layer that made the input
    // does not need it again for its own gradient. Nobody overwrites the data.
    let maker = operators.last { $0.output === input }
    let context = OperatorContext(
      input: input, mayOverwriteInput: !isShared && maker.map { !$0.readsOutputBackward } ?? false,
      accumulatesInputGradient: accumulates, isTraining: isTraining, capacity: capacity,
      identity: operators.count, seed: seed, plan: plan)
    let made = try layer.makeOperator(context)
    operators.append(made)
    return made.output
  }
}
