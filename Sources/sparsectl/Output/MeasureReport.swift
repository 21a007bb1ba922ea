import SparseCore
import SparseLayers
import _SparseBench

/// Everything that `measure` found out.
struct MeasureReport {
  /// The samples that multiply–adds are counted for.
  let batchSize: Int
  let trainingBatchSize: Int
  let optimizer: Optimizer
  let cost: NetworkCost
  /// The bytes of the file that was measured, if one was.
  let file: FileBytes?
  /// The bytes of the file that each form makes of the network.
  let forms: [(form: StorageForm, bytes: FileBytes)]
  let memory: TrainingMemory
  let energyModel: EnergyModel
  let energy: NetworkEnergy
  let denseEnergy: NetworkEnergy
  let timing: MeasureTiming

  /// Counts what is left to count.
  ///
  /// - Parameters:
  ///   - subject: What is measured.
  ///   - options: The command's options.
  ///   - energyModel: What operations and memory cost.
  ///   - timing: What was timed.
  /// - Throws: What planning the network for training throws.
  init(
    _ subject: Measure.Subject, options: Measure, energyModel: EnergyModel, timing: MeasureTiming
  ) throws {
    let model = subject.model
    batchSize = options.batchSize ?? 1
    trainingBatchSize = options.batchSize ?? model.training?.batchSize ?? 256
    optimizer = options.optimizer?.optimizer() ?? model.training?.optimizer ?? .adam()
    cost = NetworkCost(model.network)
    file = subject.file
    forms = try StorageForm.allCases.map { ($0, try FileBytes(model.safetensors(form: $0))) }
    memory = try TrainingMemory(
      of: model.network, batchSize: trainingBatchSize, optimizer: optimizer,
      backend: options.engine.backend)
    self.energyModel = energyModel
    energy = NetworkEnergy(
      cost, by: energyModel, batchSize: batchSize, trainingBatchSize: trainingBatchSize,
      optimizer: optimizer)
    denseEnergy = NetworkEnergy(
      cost, isDense: true, by: energyModel, batchSize: batchSize,
      trainingBatchSize: trainingBatchSize, optimizer: optimizer)
    self.timing = timing
  }

  /// One junction, or all together.
  struct Row {
    /// With the multiply–adds of all samples.
    var cost: JunctionCost
    var memory: TrainingMemory.Part
    var energy: NetworkEnergy.Part
    var denseEnergy: NetworkEnergy.Part
  }

  /// The junctions, and the other layers where there is something to say of them.
  var rows: [Row] {
    let costs = cost.junctions + [cost.otherLayers]
    return costs.enumerated().compactMap { index, cost in
      guard cost.weights > 0 || cost.storageBytes > 0 else { return nil }
      return Row(
        cost: cost.times(batchSize), memory: memory(of: cost), energy: energy.parts[index],
        denseEnergy: denseEnergy.parts[index])
    }
  }

  var total: Row {
    Row(
      cost: cost.total.times(batchSize), memory: memory.total, energy: energy.total,
      denseEnergy: denseEnergy.total)
  }

  /// A junction's share of the memory; what no junction has goes to the other layers.
  private func memory(of cost: JunctionCost) -> TrainingMemory.Part {
    if let part = memory.parts.first(where: { $0.name == cost.name }) { return part }
    let names = Set(self.cost.junctions.map(\.name))
    return TrainingMemory.Part(
      name: cost.name, sumOf: memory.parts.filter { !names.contains($0.name) })
  }
}

/// How many times the dense network has more.
struct MeasureRatios: Encodable {
  var weights: Double
  var storageBytes: Double
  var csrStorageBytes: Double
  var recipeStorageBytes: Double
  var trainingMemoryBytes: Double
  var macs: Double
  var trainingMACs: Double
  var inferenceEnergy: Double
  var trainingEnergy: Double

  enum CodingKeys: String, CodingKey {
    case weights, macs
    case storageBytes = "storage_bytes"
    case csrStorageBytes = "csr_storage_bytes"
    case recipeStorageBytes = "recipe_storage_bytes"
    case trainingMemoryBytes = "training_memory_bytes"
    case trainingMACs = "training_macs"
    case inferenceEnergy = "inference_energy_pj"
    case trainingEnergy = "training_energy_pj"
  }

  init(_ row: MeasureReport.Row) {
    func ratio(_ dense: Int, _ network: Int) -> Double { Double(dense) / Double(max(network, 1)) }
    func ratio(_ dense: EnergyEstimate, _ network: EnergyEstimate) -> Double {
      network.total > 0 ? dense.total / network.total : 1
    }
    let cost = row.cost
    weights = ratio(cost.denseWeights, cost.weights)
    storageBytes = ratio(cost.denseStorageBytes, cost.storageBytes)
    csrStorageBytes = ratio(cost.denseStorageBytes, cost.csrStorageBytes)
    recipeStorageBytes = ratio(cost.denseStorageBytes, cost.recipeStorageBytes)
    trainingMemoryBytes = ratio(row.memory.dense.total, row.memory.network.total)
    macs = ratio(cost.denseMACs, cost.macs)
    trainingMACs = ratio(cost.denseTrainingMACs, cost.trainingMACs)
    inferenceEnergy = ratio(row.denseEnergy.inference, row.energy.inference)
    trainingEnergy = ratio(row.denseEnergy.training, row.energy.training)
  }
}
