public import SparseCore

/// Runs a network: the planned operators of all layers, in order, with their buffers.
///
/// Built once for a largest batch; afterwards nothing is planned or allocated again. The results do
/// not depend on the number of threads.
public final class NetworkExecutor {
  /// The samples of the largest batch.
  public let batchCapacity: Int
  /// Where the data of a batch go in.
  public let input: Node
  /// The output of each branch, in the network's order.
  public let outputs: [Node]
  /// What the last backbone layer writes; only kept until the end of a pass by the executors of an
  /// `ExecutorGroup`.
  package let backboneOutput: Node
  /// Each junction's plan, in the order in which they run.
  public let plans: [any JunctionPlan]
  /// All arrays that an optimiser changes.
  public let trainedParameters: [TrainedParameter]

  /// The network as it was when the executor was built; `currentNetwork` has today's parameters.
  let original: Network
  let operators: [any LayerOperator]
  let pool: WorkerPool
  let phases: TilePhases
  /// The passes that anybody but a trainer has run: what it packed ahead may be gone after one.
  private(set) var forwardPasses = 0
  /// The plans that decide how a batch is laid into tiles.
  private let shapingPlans: [any JunctionPlan]
  /// The lanes of every tile; nil where the plans decide.
  private let tileWidth: Int?

  /// Plans the junctions and allocates the buffers.
  ///
  /// - Parameters:
  ///   - network: What to run.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - isTraining: Whether gradients will be computed.
  ///   - trainedBranches: When given, only these branches are trained; all other layers stay as they
  ///     are and run as in inference.
  ///   - tileWidth: When given, the lanes of every tile. Kernels add up in an order that depends on
  ///     the width; with one width, a sample's outputs have the same bits in any batch.
  ///   - seed: Decides what dropout drops.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public convenience init(
    _ network: Network, backend: Backend = .auto, threads: Int = 1, batchCapacity: Int,
    isTraining: Bool = false, trainedBranches: Set<String>? = nil, tileWidth: Int? = nil,
    seed: UInt64 = 0
  ) throws {
    try self.init(
      network, threads: backend.threadsOverTiles(threads), batchCapacity: batchCapacity,
      isTraining: isTraining, trainedBranches: trainedBranches, tileWidth: tileWidth, seed: seed
    ) {
      try backend.plan(
        $0, threads: threads, samples: tileWidth ?? batchCapacity, isTraining: isTraining)
    }
  }

  /// Builds an executor whose junctions are planned by the caller.
  package convenience init(
    _ network: Network, threads: Int = 1, batchCapacity: Int, isTraining: Bool,
    trainedBranches: Set<String>? = nil, tileWidth: Int? = nil, seed: UInt64,
    plan: (Pattern) throws -> any JunctionPlan
  ) throws {
    let plans = try network.junctions.map { try plan($0.layer.pattern) }
    try self.init(
      network, plans: plans, shapedBy: plans, pool: WorkerPool(threads: threads),
      batchCapacity: batchCapacity, isTraining: isTraining, trainedBranches: trainedBranches,
      keepsBackbone: false, tileWidth: tileWidth, seed: seed)
  }

  /// Builds an executor from finished plans.
  ///
  /// - Parameters:
  ///   - network: What to run.
  ///   - plans: One per junction, in order.
  ///   - shapingPlans: Those that decide how a batch is laid into tiles.
  ///   - pool: The threads.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - isTraining: Whether gradients will be computed.
  ///   - trainedBranches: The only branches that are trained; nil for all layers.
  ///   - keepsBackbone: Whether `backboneOutput` is still whole after a pass.
  ///   - tileWidth: The lanes of every tile; nil where the plans decide.
  ///   - seed: Decides what dropout drops.
  /// - Throws: `SparseError.Code.unsupported` when the activations would fit no memory,
  ///   `invalidArgument` when a branch to train does not exist.
  init(
    _ network: Network, plans: [any JunctionPlan], shapedBy shapingPlans: [any JunctionPlan],
    pool: WorkerPool, batchCapacity: Int, isTraining: Bool, trainedBranches: Set<String>? = nil,
    keepsBackbone: Bool, tileWidth: Int? = nil, seed: UInt64
  ) throws {
    precondition(
      batchCapacity >= 1 && tileWidth ?? 1 >= 1,
      "a batch of \(batchCapacity) samples in tiles of \(tileWidth ?? 1)")
    original = network
    self.batchCapacity = batchCapacity
    self.plans = plans
    self.shapingPlans = shapingPlans
    self.tileWidth = tileWidth
    let capacity =
      tileWidth.map { BatchCapacity([Tiles.Shape(samples: batchCapacity, width: $0)]) }
      ?? Self.capacity(shapingPlans, batchCapacity: batchCapacity)
    try Self.checkMemory(network, lanes: capacity.lanes, isTraining: isTraining)
    let names = Set(network.branches.map(\.name))
    if let unknown = trainedBranches?.subtracting(names).min() {
      throw SparseError(
        .invalidArgument,
        """
        There is no branch '\(unknown)' to train; the network has \
        \(names.sorted().map { "'\($0)'" }.joined(separator: ", ")).
        """)
    }
    var builder = OperatorBuilder(
      network: network, capacity: capacity, isTraining: isTraining,
      trainedBranches: trainedBranches, keepsBackbone: keepsBackbone, seed: seed)
    try builder.build(plans: plans)
    input = builder.input
    outputs = builder.outputs
    backboneOutput = builder.backboneOutput
    operators = builder.operators
    trainedParameters = operators.flatMap(\.trainedParameters)
    self.pool = pool
    phases = TilePhases(operators, pool)
  }

  /// A file of a few bytes can describe a network whose activations fit no memory.
  private static func checkMemory(_ network: Network, lanes: Int, isTraining: Bool) throws {
    let features = network.places.reduce(Double(network.inputSize)) {
      $0 + Double(network[$1].outputSize)
    }
    let bytes = features * Double(lanes) * (isTraining ? 8 : 4)
    let available = MemoryLimit.bytes
    guard bytes <= available else {
      throw SparseError(
        .unsupported,
        """
        Activations of \(Int(features)) features for \(lanes) samples take \(Int(bytes / 1e9)) GB, \
        and this process can have \(Int(available / 1e9)). Use a smaller batch or a smaller network.
        """)
    }
  }

  /// How a batch is laid into tiles.
  ///
  /// - Parameter samples: The samples of the batch, at most `batchCapacity`.
  /// - Returns: The shape that `input` must be filled in.
  public func shape(samples: Int) -> Tiles.Shape {
    precondition(
      samples <= batchCapacity, "\(samples) samples; the executor was built for \(batchCapacity)")
    return tileWidth.map { Tiles.Shape(samples: samples, width: $0) }
      ?? Self.shape(shapingPlans, samples: samples)
  }

  /// The widest tile that a plan asks for: every kernel copes with more lanes than it likes best.
  private static func shape(_ plans: [any JunctionPlan], samples: Int) -> Tiles.Shape {
    var width = 0
    for plan in plans { width = max(width, plan.tileWidth(samples: samples) ?? 0) }
    return Tiles.Shape(samples: samples, width: width > 0 ? width : max(samples, 1))
  }

  /// What batches of up to so many samples need room for.
  static func capacity(_ plans: [any JunctionPlan], batchCapacity: Int) -> BatchCapacity {
    BatchCapacity((1...batchCapacity).lazy.map { shape(plans, samples: $0) })
  }

  /// Computes all branches for the batch that is in `input`.
  ///
  /// - Parameter pass: The batch's layout and mode.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func forward(_ pass: Pass) throws {
    forwardPasses += 1
    try phases.forward(pass)
  }

  /// Computes some branches for the batch that is in `input`, and what they need of the backbone.
  ///
  /// - Parameters:
  ///   - pass: The batch's layout and mode.
  ///   - branches: The branches, by their position in the network; the outputs of the others hold
  ///     no information afterwards.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func forward(_ pass: Pass, branches: Set<Int>) throws {
    let depth = branches.map { original.branches[$0].position }.max() ?? 0
    let isNeeded = original.places.map { place in
      switch place {
      case .backbone(let index): index < depth
      case .branch(let branch, _): branches.contains(branch)
      }
    }
    forwardPasses += 1
    try phases.forward(pass, where: isNeeded)
  }

  /// Computes all gradients from those in `outputs`, for the batch that went forward last.
  ///
  /// - Parameter pass: The same pass.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func backward(_ pass: Pass) throws {
    try phases.backward(pass)
    for layer in operators {
      for part in layer.parameterParts.indices { try layer.finishBackward(part: part, pass) }
    }
  }
}

// MARK: - Parameters

extension NetworkExecutor {
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
    let fits =
      network.places == places
      && places.allSatisfy { place in
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
