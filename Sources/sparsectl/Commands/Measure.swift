import ArgumentParser
import SparseCore
import SparseLayers

extension Table.Format: ExpressibleByArgument {}

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count, time and weigh what a network costs, beside the dense network.",
    discussion: """
      EXAMPLES
        sparsectl measure model.safetensors
        sparsectl measure --layers 800,100,10 --out-degrees 20,10
        sparsectl measure --layers 800,100,10 --density 0.2 --format csv --no-timing

      Multiply–adds (MACs) are those of --batch-size samples; one MAC is two FLOPs. Ratios say how \
      many times the dense network has more. Storage is that of the three forms in which a model \
      file can be written (train --storage, convert). Training memory is what this engine \
      allocates for a batch: that of --batch-size, else of the model's training, else 256; the \
      dense network is given no indices. Latencies are medians of both networks in turns on the \
      same engine and threads.

      The estimate of energy comes from a model: --energy-model names a JSON file such as \
      {"source": "my chip", "multiply_pj": 3.7, "add_pj": 0.9, "levels": [{"name": "SRAM", "bytes": \
      32768, "pj_per_byte": 2.5}, {"name": "DRAM", "pj_per_byte": 162.5}]}. Measured energy needs \
      Linux's powercap counters.
      """)

  @Argument(help: ArgumentHelp("The model file; without one, give --layers.", valueName: "model"))
  var model: String?

  @OptionGroup(title: "Network, without a model") var network: NetworkOptions

  @Option(
    help: ArgumentHelp("Decides the patterns, without a model. (default: 0)", valueName: "number"))
  var seed: UInt64?

  @Option(
    name: .customLong("batch-size"),
    help: ArgumentHelp(
      "The samples that are counted for, 1...65536. (default: 1; for training memory that of training)",
      valueName: "count"))
  var batchSize: Int?

  @Option(
    help: "The rule of training. (default: that of the model's training, else adam)")
  var optimizer: TrainingOptions.OptimizerName?

  @Option(
    name: .customLong("energy-model"),
    help: ArgumentHelp(
      "What operations and memory cost. (default: 45 nm, Horowitz 2014)", valueName: "file.json"))
  var energyModel: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .exclusive,
    help: ArgumentHelp(
      "Measure latency and energy.",
      discussion: """
        By default both networks are timed, for about a second, but the dense one only up to \
        \(MeasureTiming.dailyDenseWeights) weights; --timing times it whatever its size.
        """))
  var timing: Bool?

  @Option(help: "The form of the tables.")
  var format: Table.Format = .table

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if model == nil, network.layers == nil {
      throw ValidationError("Name a model file, or give '--layers'.")
    }
    if model != nil, network.isGiven || seed != nil {
      throw ValidationError(
        "A model file says what its network is; leave '--layers' and the other network options out."
      )
    }
    if let batchSize, !(1...65536).contains(batchSize) {
      throw ValidationError("'--batch-size' must be in 1...65536, but is \(batchSize).")
    }
    try outputOptions.refuse(format: format)
  }

  func run() throws {
    let energy = try energyModel.map { try EnergyModel(contentsOf: $0) } ?? .horowitz2014
    let subject = try subject()
    try Self.checkCounts(NetworkCost(subject.model.network).total, samples: batchSize ?? 1)
    let timing = try MeasureTiming(subject.model.network, isForced: timing, engine: engine)
    let report = try MeasureReport(
      subject, options: self, energyModel: energy, timing: timing)
    if outputOptions.json {
      try Terminal.result(json: report)
    } else {
      try Terminal.result(report.text(format))
    }
  }

  /// The dense network of a small sparse one can be too large to count the FLOPs of a batch.
  static func checkCounts(_ total: JunctionCost, samples: Int) throws {
    guard !total.denseTrainingMACs.multipliedReportingOverflow(by: 2 * samples).overflow else {
      throw SparseError(
        .unsupported,
        """
        The dense network has \(Text.count(total.denseWeights)) weights: the FLOPs of \
        \(Text.count(samples, "sample")) do not fit 64 bits. Give a smaller '--batch-size'.
        """)
    }
  }

  /// What is measured.
  struct Subject {
    var model: ModelFile
    /// The file that the model is from, if any.
    var file: FileBytes?
  }

  private func subject() throws -> Subject {
    if let model {
      let content = try Safetensors(contentsOf: model)
      return Subject(
        model: try ModelFile(content, source: model), file: try FileBytes(content, at: model))
    }
    let recipe = try network.recipe(sizes: [], seed: seed ?? 0)
    let network = try recipe.makeNetwork()
    for rounding in try recipe.patterns().roundings { Terminal.note("note: \(rounding)") }
    return Subject(
      model: ModelFile(
        network: network, recipe: recipe, data: DataDescription(untrained: network)))
  }
}
