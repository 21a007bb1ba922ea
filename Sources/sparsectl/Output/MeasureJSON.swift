import SparseCore
import SparseLayers
import _SparseBench

// What `measure --json` prints.

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
    case inputGradientFLOPs = "input_gradient_flops"
    case denseInputGradientFLOPs = "dense_input_gradient_flops"
    case weightGradientFLOPs = "weight_gradient_flops"
    case denseWeightGradientFLOPs = "dense_weight_gradient_flops"
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
    let flops: [(CodingKeys, Int)] = [
      (.flops, cost.macs), (.denseFLOPs, cost.denseMACs),
      (.inputGradientFLOPs, cost.inputGradientMACs),
      (.denseInputGradientFLOPs, cost.denseInputGradientMACs),
      (.weightGradientFLOPs, cost.weightGradientMACs),
      (.denseWeightGradientFLOPs, cost.denseWeightGradientMACs),
      (.trainingFLOPs, cost.trainingMACs), (.denseTrainingFLOPs, cost.denseTrainingMACs),
    ]
    for (key, macs) in flops { try container.encode(2 * macs, forKey: key) }
    try container.encode(memory.network.total, forKey: .trainingMemoryBytes)
    try container.encode(memory.dense.total, forKey: .denseTrainingMemoryBytes)
    try container.encode(energy.inference.total, forKey: .energy)
    try container.encode(denseEnergy.inference.total, forKey: .denseEnergy)
    try container.encode(energy.training.total, forKey: .trainingEnergy)
    try container.encode(denseEnergy.training.total, forKey: .denseTrainingEnergy)
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
