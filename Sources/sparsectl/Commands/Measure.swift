import ArgumentParser
import SparseCore
import SparseLayers

extension Table.Format: ExpressibleByArgument {}

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count what a network stores and computes, beside the dense network.",
    discussion: """
      EXAMPLES
        sparsectl measure model.safetensors
        sparsectl measure --layers 800,100,10 --out-degrees 20,10

      Multiply–adds (MACs) are those of --batch-size samples; one MAC is two FLOPs. Ratios say how \
      many times the dense network has more. Storage counts 32-bit \
      values, column indices (16 bits up to 65,536 inputs), row offsets only where rows differ in \
      length, and biases.
      """)

  @Argument(help: ArgumentHelp("The model file; without one, give --layers.", valueName: "model"))
  var model: String?

  @OptionGroup(title: "Network, without a model") var network: NetworkOptions

  @Option(
    help: ArgumentHelp("Decides the patterns, without a model. (default: 0)", valueName: "number"))
  var seed: UInt64?

  @Option(
    name: .customLong("batch-size"),
    help: ArgumentHelp("The samples that MACs are counted for, 1...65536.", valueName: "count"))
  var batchSize = 1

  @Option(help: "The form of the table.")
  var format: Table.Format = .table

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
    guard (1...65536).contains(batchSize) else {
      throw ValidationError("'--batch-size' must be in 1...65536, but is \(batchSize).")
    }
    try outputOptions.refuse(format: format)
  }

  func run() throws {
    let measured: Network
    if let model {
      measured = try ModelFile(contentsOf: model).network
    } else {
      let recipe = try network.recipe(sizes: [], seed: seed ?? 0)
      measured = try recipe.makeNetwork()
      for rounding in try recipe.patterns().roundings { Terminal.note("note: \(rounding)") }
    }
    let report = MeasureReport(NetworkCost(measured), batchSize: batchSize)
    if outputOptions.json {
      try Terminal.result(json: report)
    } else {
      try Terminal.result(report.text(format))
    }
  }
}

/// What `measure --json` prints, and its table.
struct MeasureReport: Encodable {
  var batchSize: Int
  var junctions: [JunctionCost]
  var total: JunctionCost
  var ratios: Ratios

  enum CodingKeys: String, CodingKey {
    case junctions, total, ratios
    case batchSize = "batch_size"
  }

  /// How many times the dense network has more.
  struct Ratios: Encodable {
    var weights: Double
    var storageBytes: Double
    var macs: Double
    var trainingMACs: Double

    enum CodingKeys: String, CodingKey {
      case weights, macs
      case storageBytes = "storage_bytes"
      case trainingMACs = "training_macs"
    }

    init(_ cost: JunctionCost) {
      func ratio(_ dense: Int, _ sparse: Int) -> Double { Double(dense) / Double(max(sparse, 1)) }
      weights = ratio(cost.denseWeights, cost.weights)
      storageBytes = ratio(cost.denseStorageBytes, cost.storageBytes)
      macs = ratio(cost.denseMACs, cost.macs)
      trainingMACs = ratio(cost.denseTrainingMACs, cost.trainingMACs)
    }
  }

  init(_ cost: NetworkCost, batchSize: Int) {
    self.batchSize = batchSize
    junctions = cost.junctions.map { $0.times(batchSize) }
    total = cost.total.times(batchSize)
    ratios = Ratios(total)
  }

  private static let headings = [
    "junction", "weights", "of dense", "density", "storage bytes", "of dense", "ratio", "MACs",
    "training MACs", "of dense", "ratio",
  ]

  /// The headings for scripts, those of the JSON form.
  private static let keys = [
    "name", "weights", "dense_weights", "density", "storage_bytes", "dense_storage_bytes",
    "storage_ratio", "macs", "training_macs", "dense_training_macs", "training_ratio",
  ]

  func text(_ format: Table.Format) -> String {
    var table = Table(format == .csv ? Self.keys : Self.headings)
    for cost in junctions + [total] {
      let ratios = Ratios(cost)
      func count(_ value: Int) -> String { format == .csv ? "\(value)" : Text.count(value) }
      func ratio(_ value: Double) -> String {
        format == .csv ? Text.number(value) : Text.ratio(value)
      }
      table.add([
        cost.name, count(cost.weights), count(cost.denseWeights), Text.number(cost.density),
        count(cost.storageBytes), count(cost.denseStorageBytes), ratio(ratios.storageBytes),
        count(cost.macs), count(cost.trainingMACs), count(cost.denseTrainingMACs),
        ratio(ratios.trainingMACs),
      ])
    }
    return table.text(format)
  }
}

extension JunctionCost {
  /// The costs with the multiply–adds of several samples; what is stored stays.
  fileprivate func times(_ samples: Int) -> JunctionCost {
    var result = self
    result.macs *= samples
    result.denseMACs *= samples
    result.trainingMACs *= samples
    result.denseTrainingMACs *= samples
    return result
  }
}
