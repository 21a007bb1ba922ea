internal import SparseCore

/// The energy that a network would take, by a model and in picojoules per sample.
///
/// - Arithmetic: one multiplication and one addition per MAC.
/// - Weights: what is stored (values, 16-bit columns, biases) is read once per batch and product,
///   from the smallest memory that holds all of it. Training adds the weight gradients that are
///   written, and the update, which reads and writes values and moments and reads gradients; the
///   memory must hold them all.
/// - Activations: one read of 4 bytes per MAC, and one write per result, in the smallest memory that
///   holds the inputs and outputs of the widest junction for one sample.
///
/// Control, instruction fetches, leakage and the link to other devices are not in it.
public struct EnergyEstimate: Codable, Hashable, Sendable {
  /// Of multiplications and additions.
  public var arithmetic = 0.0
  /// Of reading weights, indices and biases, and in training of updating them.
  public var weights = 0.0
  /// Of reading and writing activations and their gradients.
  public var activations = 0.0

  /// All of it.
  public var total: Double { arithmetic + weights + activations }

  enum CodingKeys: String, CodingKey {
    case arithmetic = "arithmetic_pj"
    case weights = "weights_pj"
    case activations = "activations_pj"
  }

  /// The energy of two parts of a network together.
  public static func + (left: Self, right: Self) -> Self {
    Self(
      arithmetic: left.arithmetic + right.arithmetic, weights: left.weights + right.weights,
      activations: left.activations + right.activations)
  }
}

/// The energy of a network's inference and training, part by part, as estimated by a model.
public struct NetworkEnergy: Hashable, Sendable {
  /// One junction, or the other layers.
  public struct Part: Hashable, Sendable {
    /// The junction's name.
    public var name: String
    /// The energy of inference, per sample.
    public var inference: EnergyEstimate
    /// The energy of a training step, per sample.
    public var training: EnergyEstimate
  }

  /// The junctions in the order in which they run, then the other layers.
  public var parts: [Part] = []
  /// The memory that the weights of inference are read from.
  public var inferenceLevel: EnergyModel.Level
  /// The memory that holds what training updates.
  public var trainingLevel: EnergyModel.Level
  /// The memory of the activations.
  public var activationLevel: EnergyModel.Level

  /// All parts together.
  public var total: Part {
    parts.reduce(Part(name: "total", inference: .init(), training: .init())) {
      Part(
        name: $0.name, inference: $0.inference + $1.inference, training: $0.training + $1.training)
    }
  }

  /// Estimates the energy of a network.
  ///
  /// - Parameters:
  ///   - cost: The network's costs, for one sample.
  ///   - isDense: Whether to estimate the dense network instead.
  ///   - model: What operations and accesses cost.
  ///   - batchSize: The samples that share one reading of the weights in inference.
  ///   - trainingBatchSize: The samples of a training step.
  ///   - optimizer: What a training step updates.
  public init(
    _ cost: NetworkCost, isDense: Bool = false, by model: EnergyModel, batchSize: Int = 1,
    trainingBatchSize: Int = 256, optimizer: Optimizer = .adam()
  ) {
    let works = (cost.junctions + [cost.otherLayers]).map { Work($0, isDense: isDense) }
    let moments = optimizer.momentCount
    let stored = works.reduce(0) { $0 + $1.storedBytes }
    let trained = works.reduce(0) { $0 + 4 * (1 + moments) * $1.parameters }
    inferenceLevel = model.level(holding: stored)
    trainingLevel = model.level(holding: stored + trained)
    activationLevel = model.level(
      holding: 4 * (cost.junctions.map { $0.inputs + $0.outputs }.max() ?? 0))
    let perMAC = model.multiplyPicojoules + model.addPicojoules
    let perActivation = 4 * activationLevel.picojoulesPerByte
    for work in works {
      let inferenceReads = Double(work.storedBytes) / Double(batchSize)
      let trainingAccesses =
        Double(work.trainingBytes(moments: moments)) / Double(trainingBatchSize)
      parts.append(
        Part(
          name: work.name,
          inference: EnergyEstimate(
            arithmetic: perMAC * Double(work.macs),
            weights: inferenceReads * inferenceLevel.picojoulesPerByte,
            activations: perActivation * Double(work.macs + work.outputs)),
          training: EnergyEstimate(
            arithmetic: perMAC * Double(work.trainingMACs),
            weights: trainingAccesses * trainingLevel.picojoulesPerByte,
            activations: perActivation
              * Double(work.trainingMACs + work.outputs + work.gradientInputs))))
    }
  }
}

/// What a junction reads, writes and computes: as it is, or dense.
private struct Work {
  let name: String
  let macs: Int
  let trainingMACs: Int
  let storedBytes: Int
  /// The weights and biases.
  let parameters: Int
  let outputs: Int
  /// The inputs whose gradient is written.
  let gradientInputs: Int

  init(_ cost: JunctionCost, isDense: Bool) {
    name = cost.name
    macs = isDense ? cost.denseMACs : cost.macs
    trainingMACs = isDense ? cost.denseTrainingMACs : cost.trainingMACs
    storedBytes = isDense ? cost.denseStorageBytes : cost.storageBytes
    parameters = (isDense ? cost.denseWeights : cost.weights) + cost.biases
    outputs = cost.outputs
    gradientInputs = cost.denseInputGradientMACs > 0 ? cost.inputs : 0
  }

  /// The bytes that one step reads and writes: values and indices forward, and again for the input
  /// gradient; indices and gradients for the weight gradient; values, gradients and moments for the
  /// update, of which the gradients are not written.
  func trainingBytes(moments: Int) -> Int {
    let floats = 4 * parameters
    let products = storedBytes * (gradientInputs > 0 ? 2 : 1) + (storedBytes - floats) + floats
    return products + floats * (3 + 2 * moments)
  }
}
