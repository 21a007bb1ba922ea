import SparseCore
import SparseLayers
import _SparseBench

extension MeasureReport {
  /// The report for people, or for programs that read CSV.
  func text(_ format: Table.Format) -> String {
    guard format != .csv else { return csv.text(.csv) }
    func section(_ title: String, _ table: Table) -> String {
      "\(format == .markdown ? "**\(title)**" : title)\n\n\(table.text(format))"
    }
    let sections = [
      summary.text(format),
      section("Arithmetic \(ofSamples): multiply–adds (MACs), two FLOPs each", arithmetic),
      section("Junctions: what is stored, in bytes", storage),
      section("Junctions: MACs \(ofSamples)", junctionMACs),
      section(
        "Training memory, in bytes: batches of \(trainingBatchSize), \(optimizerName)",
        trainingMemory),
      section("Model file, in bytes; the header holds architecture and recipes", fileSizes),
      section("Estimated energy, in nJ per sample", estimatedEnergy),
    ]
    let lines = notes.map { note in
      format == .markdown
        ? "- \(note.joined(separator: " "))" : note.joined(separator: "\n  ")
    }
    return (sections + [lines.joined(separator: "\n")]).joined(separator: "\n\n")
  }

  private var ofSamples: String {
    batchSize == 1 ? "per sample" : "of \(Text.count(batchSize)) samples"
  }

  // MARK: - Everything at first sight

  var summary: Table {
    let total = total
    let cost = total.cost
    var table = Table(["", "this network", "dense", "ratio"])
    func row(_ name: String, _ value: Int, _ dense: Int) {
      table.add([name, Text.count(value), Text.count(dense), Text.ratio(dense, to: value)])
    }
    row("weights", cost.weights, cost.denseWeights)
    row("biases", cost.biases, cost.biases)
    row("storage: explicit CSR, bytes", cost.csrStorageBytes, cost.denseStorageBytes)
    row("storage: compact columns, bytes", cost.storageBytes, cost.denseStorageBytes)
    row("storage: recipe only, bytes", cost.recipeStorageBytes, cost.denseStorageBytes)
    row(
      "training memory, batch \(trainingBatchSize), bytes", total.memory.network.total,
      total.memory.dense.total)
    row("inference, MACs \(ofSamples)", cost.macs, cost.denseMACs)
    row("training, MACs \(ofSamples)", cost.trainingMACs, cost.denseTrainingMACs)
    func energy(_ name: String, _ value: EnergyEstimate, _ dense: EnergyEstimate) {
      table.add([
        "\(name), estimated nJ per sample", Self.nanojoules(value.total),
        Self.nanojoules(dense.total),
        value.total > 0 ? Text.ratio(dense.total / value.total) : "–",
      ])
    }
    energy("inference, batch \(batchSize)", total.energy.inference, total.denseEnergy.inference)
    energy(
      "training, batch \(trainingBatchSize)", total.energy.training, total.denseEnergy.training)
    addMeasured(to: &table)
    return table
  }

  /// The rows of what was measured by running.
  private func addMeasured(to table: inout Table) {
    func row(_ name: String, _ value: Double, _ dense: Double?, _ text: (Double) -> String) {
      table.add([
        name, text(value), dense.map(text) ?? "–", dense.map { Text.ratio($0 / value) } ?? "–",
      ])
    }
    for times in timing.rows.value ?? [] {
      row(
        "latency of \(Text.count(times.batchSize, "sample")), µs", 1000 * times.network.median,
        times.dense.map { 1000 * $0.median }
      ) { $0 < 100 ? Text.number($0, decimals: 1) : Text.count(Int($0.rounded())) }
    }
    if let times = timing.rows.value?.last {
      func rate(_ timing: Timing) -> Double { 1000 * Double(times.batchSize) / timing.median }
      let (value, dense) = (rate(times.network), times.dense.map(rate))
      table.add([
        "throughput, samples per second", Text.count(Int(value)),
        dense.map { Text.count(Int($0)) } ?? "–",
        dense.map { Text.ratio(value / $0) } ?? "–",
      ])
    }
    if let energy = timing.energy.value {
      row(
        "measured energy of inference, µJ per sample", 1e6 * energy.network,
        energy.dense.map { 1e6 * $0 }
      ) { Text.number($0, decimals: 2) }
    }
  }

  static func nanojoules(_ picojoules: Double) -> String {
    picojoules < 100_000 ? Text.fixed(picojoules / 1000, 1) : Text.rounded(picojoules / 1000)
  }

  // MARK: - Details

  var storage: Table {
    var table = Table([
      "junction", "weights", "of dense", "density", "biases", "explicit CSR", "compact columns",
      "recipe only", "dense",
    ])
    for cost in rows.map(\.cost) + [total.cost] {
      table.add([
        cost.name, Text.count(cost.weights), Text.count(cost.denseWeights),
        Text.number(cost.density), Text.count(cost.biases), Text.count(cost.csrStorageBytes),
        Text.count(cost.storageBytes), Text.count(cost.recipeStorageBytes),
        Text.count(cost.denseStorageBytes),
      ])
    }
    return table
  }

  var junctionMACs: Table {
    var table = Table([
      "junction", "inference", "dense", "input gradient", "weight gradient", "training step",
      "dense", "ratio",
    ])
    for cost in rows.map(\.cost).filter({ $0.weights > 0 }) + [total.cost] {
      table.add([
        cost.name, Text.count(cost.macs), Text.count(cost.denseMACs),
        Text.count(cost.inputGradientMACs), Text.count(cost.weightGradientMACs),
        Text.count(cost.trainingMACs), Text.count(cost.denseTrainingMACs),
        Text.ratio(cost.denseTrainingMACs, to: cost.trainingMACs),
      ])
    }
    return table
  }

  private var arithmetic: Table {
    var table = Table(["", "MACs", "FLOPs", "dense MACs", "dense FLOPs", "ratio"])
    let cost = total.cost
    let products: [(String, Int, Int)] = [
      ("inference", cost.macs, cost.denseMACs),
      ("input gradients", cost.inputGradientMACs, cost.denseInputGradientMACs),
      ("weight gradients", cost.weightGradientMACs, cost.denseWeightGradientMACs),
      ("training step", cost.trainingMACs, cost.denseTrainingMACs),
    ]
    for (name, macs, dense) in products {
      table.add([
        name, Text.count(macs), Text.count(2 * macs), Text.count(dense), Text.count(2 * dense),
        Text.ratio(dense, to: macs),
      ])
    }
    return table
  }

  private var trainingMemory: Table {
    var table = Table(["", "this network", "dense", "ratio"])
    let total = memory.total
    let parts: [(String, KeyPath<TrainingMemory.Bytes, Int>)] = [
      ("weights and biases", \.values), ("copies of them", \.copies), ("gradients", \.gradients),
      ("optimiser state", \.optimizerState), ("activations", \.activations),
      ("gradients of activations", \.activationGradients), ("indices", \.indices),
      ("total", \.total),
    ]
    for (name, part) in parts {
      let (value, dense) = (total.network[keyPath: part], total.dense[keyPath: part])
      table.add([
        name, Text.count(value), Text.count(dense), Text.ratio(dense, to: value),
      ])
    }
    return table
  }

  private var fileSizes: Table {
    var table = Table(["form", "arrays", "header", "file"])
    func row(_ name: String, _ bytes: FileBytes) {
      table.add([
        name, Text.count(bytes.arrays), Text.count(bytes.header), Text.count(bytes.file),
      ])
    }
    if let file { row("the file measured", file) }
    for (form, bytes) in forms { row(form.rawValue, bytes) }
    return table
  }

  private var estimatedEnergy: Table {
    var table = Table(["", "arithmetic", "weights", "activations", "total", "weights are in"])
    func row(_ name: String, _ estimate: EnergyEstimate, _ level: EnergyModel.Level) {
      let parts = [estimate.arithmetic, estimate.weights, estimate.activations, estimate.total]
      table.add([name] + parts.map(Self.nanojoules) + [level.name])
    }
    for (name, energy) in [("", energy), ("dense ", denseEnergy)] {
      row(
        "\(name)inference, batches of \(batchSize)", energy.total.inference, energy.inferenceLevel)
      row(
        "\(name)training, batches of \(trainingBatchSize)", energy.total.training,
        energy.trainingLevel)
    }
    return table
  }

  // MARK: - What the numbers mean

  /// Notes of one or more lines.
  private var notes: [[String]] {
    [
      latencyNote,
      [
        "training memory: copies are the transposed weights and the network as training found it;",
        "the dense network is given neither transposed weights nor indices",
      ],
      energyModelNote, [measuredEnergyNote],
      [
        "not counted: activation functions, losses, the optimiser's arithmetic; the data set's memory"
      ],
    ]
  }

  private var latencyNote: [String] {
    if let reason = timing.rows.reason { return ["latency: not measured: \(reason)"] }
    var lines = [
      """
      latency: medians, the networks in turns; \
      \(Text.count(timing.threads, "thread")), backend \(timing.backend.rawValue); dense is this \
      engine with full patterns
      """
    ]
    if let reason = timing.denseSkipped {
      lines.append("the dense network is not timed: \(reason)")
    }
    #if DEBUG
    lines.append("this program was built without optimisation; its times mean little")
    #endif
    return lines
  }

  private var energyModelNote: [String] {
    let model = energyModel
    let levels = model.levels.map { "\(Text.number($0.picojoulesPerByte)) in \($0.name)" }
    return [
      "energy model: \(model.source)",
      """
      pJ: \(Text.number(model.multiplyPicojoules)) a multiplication, \
      \(Text.number(model.addPicojoules)) an addition; a byte \(levels.joined(separator: ", "))
      """,
      "weights are read once per batch, which a larger one shares among more samples, from the",
      "smallest memory that holds all of them,",
      "activations once per MAC from \(energy.activationLevel.name)",
    ]
  }

  private var measuredEnergyNote: String {
    switch timing.energy {
    case .skipped(let reason): "measured energy: not measured: \(reason)"
    case .measured(let energy):
      """
      measured energy: \(energy.zones.joined(separator: ", ")), idle power and other programs \
      included, batches of \(energy.batchSize)
      """
    }
  }
}
