import SparseCore
import SparseLayers
import _SparseBench

/// Everything that `measure` found out, and its JSON form.
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

extension MeasureReport: Encodable {
  enum CodingKeys: String, CodingKey {
    case junctions, total, ratios, files, optimizer, energy, latency
    case batchSize = "batch_size"
    case trainingBatchSize = "training_batch_size"
    case otherLayers = "other_layers"
    case trainingMemory = "training_memory"
    case measuredEnergy = "measured_energy"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(trainingBatchSize, forKey: .trainingBatchSize)
    try container.encode(Array(rows.prefix(cost.junctions.count)), forKey: .junctions)
    try container.encode(rows.dropFirst(cost.junctions.count).first, forKey: .otherLayers)
    try container.encode(total, forKey: .total)
    try container.encode(MeasureRatios(total), forKey: .ratios)
    var files = Dictionary(uniqueKeysWithValues: forms.map { ($0.form.rawValue, $0.bytes) })
    files["model"] = file
    try container.encode(files, forKey: .files)
    try container.encode(
      ["network": memory.total.network, "dense": memory.total.dense], forKey: .trainingMemory)
    try container.encode(EnergyReport(self), forKey: .energy)
    try container.encode(LatencyReport(timing), forKey: .latency)
    try container.encode(MeasuredEnergyReport(timing.energy), forKey: .measuredEnergy)
    try container.encode(optimizerName, forKey: .optimizer)
  }

  var optimizerName: String {
    switch optimizer.method {
    case .sgd: "sgd"
    case .adam: "adam"
    case .adamW: "adamw"
    }
  }
}

extension MeasureReport.Row: Encodable {
  enum CodingKeys: String, CodingKey {
    case density, flops
    case denseFLOPs = "dense_flops"
    case trainingFLOPs = "training_flops"
    case denseTrainingFLOPs = "dense_training_flops"
    case trainingMemoryBytes = "training_memory_bytes"
    case denseTrainingMemoryBytes = "dense_training_memory_bytes"
    case energy = "inference_energy_pj"
    case denseEnergy = "dense_inference_energy_pj"
    case trainingEnergy = "training_energy_pj"
    case denseTrainingEnergy = "dense_training_energy_pj"
  }

  func encode(to encoder: any Encoder) throws {
    try cost.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cost.density, forKey: .density)
    try container.encode(2 * cost.macs, forKey: .flops)
    try container.encode(2 * cost.denseMACs, forKey: .denseFLOPs)
    try container.encode(2 * cost.trainingMACs, forKey: .trainingFLOPs)
    try container.encode(2 * cost.denseTrainingMACs, forKey: .denseTrainingFLOPs)
    try container.encode(memory.network.total, forKey: .trainingMemoryBytes)
    try container.encode(memory.dense.total, forKey: .denseTrainingMemoryBytes)
    try container.encode(energy.inference.total, forKey: .energy)
    try container.encode(denseEnergy.inference.total, forKey: .denseEnergy)
    try container.encode(energy.training.total, forKey: .trainingEnergy)
    try container.encode(denseEnergy.training.total, forKey: .denseTrainingEnergy)
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

/// The estimate of energy, with its model.
private struct EnergyReport: Encodable {
  struct Network: Encodable {
    var inference: EnergyEstimate
    var training: EnergyEstimate
    var inferenceLevel: String
    var trainingLevel: String

    enum CodingKeys: String, CodingKey {
      case inference, training
      case inferenceLevel = "inference_weights_in"
      case trainingLevel = "training_weights_in"
    }

    init(_ energy: NetworkEnergy) {
      inference = energy.total.inference
      training = energy.total.training
      inferenceLevel = energy.inferenceLevel.name
      trainingLevel = energy.trainingLevel.name
    }
  }

  var model: EnergyModel
  var network: Network
  var dense: Network

  init(_ report: MeasureReport) {
    model = report.energyModel
    network = Network(report.energy)
    dense = Network(report.denseEnergy)
  }
}

/// The latencies, or why there are none.
private struct LatencyReport: Encodable {
  struct Batch: Encodable {
    var batchSize: Int
    var seconds: Double
    var p90Seconds: Double
    var samplesPerSecond: Double
    var denseSeconds: Double?
    var denseP90Seconds: Double?
    var denseSamplesPerSecond: Double?
    var ratio: Double?

    enum CodingKeys: String, CodingKey {
      case seconds, ratio
      case batchSize = "batch_size"
      case p90Seconds = "p90_seconds"
      case samplesPerSecond = "samples_per_second"
      case denseSeconds = "dense_seconds"
      case denseP90Seconds = "dense_p90_seconds"
      case denseSamplesPerSecond = "dense_samples_per_second"
    }

    init(_ row: InferenceComparison.Row) {
      batchSize = row.batchSize
      seconds = row.network.median / 1000
      p90Seconds = row.network.p90 / 1000
      samplesPerSecond = Double(row.batchSize) / seconds
      denseSeconds = row.dense.map { $0.median / 1000 }
      denseP90Seconds = row.dense.map { $0.p90 / 1000 }
      denseSamplesPerSecond = denseSeconds.map { Double(row.batchSize) / $0 }
      ratio = denseSeconds.map { $0 / seconds }
    }
  }

  var backend: Backend
  var threads: Int
  var batches: [Batch]?
  var notMeasured: String?
  var denseNotMeasured: String?

  enum CodingKeys: String, CodingKey {
    case backend, threads, batches
    case notMeasured = "not_measured"
    case denseNotMeasured = "dense_not_measured"
  }

  init(_ timing: MeasureTiming) {
    backend = timing.backend
    threads = timing.threads
    batches = timing.rows.value?.map(Batch.init)
    notMeasured = timing.rows.reason
    denseNotMeasured = timing.denseSkipped
  }
}

/// The measured energy, or why there is none.
private struct MeasuredEnergyReport: Encodable {
  var joulesPerSample: Double?
  var denseJoulesPerSample: Double?
  var batchSize: Int?
  var zones: [String]?
  var notMeasured: String?

  enum CodingKeys: String, CodingKey {
    case zones
    case joulesPerSample = "joules_per_sample"
    case denseJoulesPerSample = "dense_joules_per_sample"
    case batchSize = "batch_size"
    case notMeasured = "not_measured"
  }

  init(_ energy: MeasureTiming.Outcome<MeasureTiming.Energy>) {
    joulesPerSample = energy.value?.network
    denseJoulesPerSample = energy.value?.dense
    batchSize = energy.value?.batchSize
    zones = energy.value?.zones
    notMeasured = energy.reason
  }
}
