public import SparseCore

/// The memory that training takes: what the engine allocates for one batch size, in bytes.
///
/// It is told from the engine's own objects, planned for the patterns and the machine at hand. Not
/// counted are the data set, the program, some bytes a sample of bookkeeping, what GraphBLAS takes for
/// the time of a product, and a checkpoint while it is written.
public struct TrainingMemory: Hashable, Sendable {
  /// One layer's share, or that of several; beside the dense network's.
  public struct Part: Hashable, Sendable {
    /// The layer's name.
    public var name: String
    /// What the network at hand takes.
    public var network = Bytes()
    /// The same for the dense network.
    ///
    /// It is given no indices and no transposed copies, which a dense engine needs not.
    public var dense = Bytes()

    init(name: String) { self.name = name }

    /// Adds parts up.
    ///
    /// - Parameters:
    ///   - name: What they are called together.
    ///   - parts: The parts.
    public init(name: String, sumOf parts: [Part]) {
      self.name = name
      for part in parts {
        network.add(part.network)
        dense.add(part.dense)
      }
    }
  }

  /// Bytes by what they hold.
  public struct Bytes: Codable, Hashable, Sendable {
    /// Weights, biases, and what batch normalisation keeps: running averages, and sums of each tile.
    public var values = 0
    /// The weights in the order of the transposed pattern, and the network as it was begun with.
    public var copies = 0
    /// One gradient per trained value.
    public var gradients = 0
    /// What the optimiser remembers of each trained value.
    public var optimizerState = 0
    /// The activations of a batch, and the next batch of data.
    public var activations = 0
    /// The gradients of the activations.
    public var activationGradients = 0
    /// Where the weights are: patterns, their transposes, and the blocks of the kernels.
    public var indices = 0

    /// All of them.
    public var total: Int {
      values + copies + gradients + optimizerState + activations + activationGradients + indices
    }

    enum CodingKeys: String, CodingKey {
      case values, copies, gradients, activations, indices
      case optimizerState = "optimizer_state"
      case activationGradients = "activation_gradients"
    }
  }

  /// The samples of a batch.
  public var batchSize: Int
  /// The data, then each layer in the order in which they run.
  public var parts: [Part]
}

extension TrainingMemory {
  /// All parts together.
  public var total: Part { Part(name: "total", sumOf: parts) }

  /// Finds out what training takes, from plans for the batch with the buffers of a single sample.
  ///
  /// - Parameters:
  ///   - network: What is to be trained.
  ///   - batchSize: The samples of a batch.
  ///   - optimizer: How parameters follow their gradients.
  ///   - backend: The engine of the products.
  /// - Throws: `SparseError.Code.backend` when the engine cannot plan the network.
  public init(
    of network: Network, batchSize: Int, optimizer: Optimizer = .adam(), backend: Backend = .auto
  ) throws {
    precondition(batchSize >= 1, "a batch of \(batchSize) samples")
    self.batchSize = batchSize
    let executor = try NetworkExecutor(
      network, batchCapacity: 1, isTraining: true, seed: 0
    ) { try backend.plan($0, threads: 1, samples: batchSize) }
    let capacity = NetworkExecutor.capacity(executor.plans, batchCapacity: batchSize)
    let lanes = capacity.lanes

    var data = Part(name: "data")
    // The next batch is packed while this one is read.
    data.network.activations = 2 * executor.input.bytes(lanes: lanes).values
    data.dense = data.network
    parts = [data]

    var nodes = [ObjectIdentifier(executor.input)]
    var plans = executor.plans[...]
    for (place, layer) in zip(network.places, executor.operators) {
      var part = Part(name: network.name(of: place))
      part.network = Bytes(
        of: layer, network[place], optimizer, tiles: capacity.tiles)
      // Layers that work in place share a node.
      if !nodes.contains(ObjectIdentifier(layer.output)) {
        nodes.append(ObjectIdentifier(layer.output))
        let node = layer.output.bytes(lanes: lanes)
        part.network.activations = node.values
        part.network.activationGradients = node.gradient
      }
      part.dense = part.network
      if let junction = network[place] as? SparseLinear, let plan = plans.popFirst() {
        part.network.indices = junction.pattern.indexBytes + plan.indexBytes
        part.dense.fill(junction.pattern, momentCount: optimizer.momentCount)
      }
      parts.append(part)
    }
  }
}

extension TrainingMemory.Bytes {
  /// What a layer holds beside activations.
  fileprivate init(
    of layer: any LayerOperator, _ origin: any Layer, _ optimizer: Optimizer, tiles: Int
  ) {
    let trained = layer.trainedParameters.reduce(0) { $0 + $1.values.count }
    let begun = origin.parameters.reduce(0) { $0 + $1.values.count }
    let transposed = layer.trainedParameters.reduce(0) {
      $0 + ($1.weights?.transposedValues.count ?? 0)
    }
    values = 4 * (trained + layer.untrainedFloats(tiles: tiles))
    copies = 4 * (begun + transposed)
    gradients = 4 * trained
    optimizerState = 4 * optimizer.momentCount * trained
  }

  /// Gives a junction all its connections: the weights of the dense one, and one order of them.
  fileprivate mutating func fill(_ pattern: Pattern, momentCount: Int) {
    let floats = 4 * (pattern.inputs * pattern.outputs + pattern.outputs)
    values = floats
    copies = floats
    gradients = floats
    optimizerState = momentCount * floats
  }

  fileprivate mutating func add(_ other: Self) {
    values += other.values
    copies += other.copies
    gradients += other.gradients
    optimizerState += other.optimizerState
    activations += other.activations
    activationGradients += other.activationGradients
    indices += other.indices
  }
}

extension Node {
  /// The bytes of the node for a number of lanes.
  fileprivate func bytes(lanes: Int) -> (values: Int, gradient: Int) {
    let bytes = 4 * values.features * lanes
    return (bytes, gradient == nil ? 0 : bytes)
  }
}
