import ArgumentParser
import EarlyExit
import SparseCore
import SparseLayers

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell, for a link, where to cut a model, and what each cut costs a sample.",
    discussion: """
      EXAMPLES
        sparsectl plan model.safetensors --link gigabit
        sparsectl plan model.safetensors --link rate=10M,delay=20ms --plot plan.svg
        sparsectl plan model.safetensors --link 3g,loss=1% --edge-speed 200M --remote-speed 20G
        sparsectl plan model.safetensors --link cable --payload int8 --shares 0.8,0.15,0.05 --json

      The rows: everything at the edge (local), the samples as they are sent to the remote machine \
      (remote), and a split after each number of hidden layers; where the edge part has exits and \
      the model has thresholds, also with them. What the exits do is measured on the validation part \
      of the data, as 'calibrate' uses it, or given with --shares.

      A link is \(LinkModel.presets.map(\.name).joined(separator: ", ")), or is written as \
      rate=10M,delay=20ms, in bits per second and one way. Settings may follow either: up, down, \
      delay, loss (of a packet, such as 1%), payload and header (bytes a packet), rto (what TCP adds \
      to a round trip before it gives a packet up), energy (nanojoules for a byte). The report names \
      each preset's source. The connection is taken as open and warm.

      Speeds are multiply–adds per second of single samples; 'measured' times the model's pieces on \
      this machine. Energy is an estimate by the model that 'measure' uses, and what the link takes \
      where its source says so.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The link: a preset's name, or rate=10M,delay=20ms.", valueName: "link"),
    transform: LinkModel.init(argument:))
  var link: LinkModel

  @OptionGroup(title: "Machines") var machines: MachineOptions

  @Option(help: "How features that cross the cut are sent.")
  var payload: BoundaryPayload = .fp32

  @OptionGroup(title: "Requests") var requests: RequestOptions

  @Option(
    help: ArgumentHelp(
      "The share of samples that leaves at each exit, the last included, instead of measuring it.",
      valueName: "0.8,0.2"))
  var shares: CommaList<Double>?

  @OptionGroup(title: "Data") var data: DataOptions

  @Option(
    name: .customLong("energy-model"),
    help: ArgumentHelp(
      "What operations and memory cost. (default: 45 nm, Horowitz 2014)", valueName: "file.json"))
  var energyModel: String?

  @Option(
    help: ArgumentHelp("Draw the latency of each row to this SVG file.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    try DistinctFiles.check(
      outputs: [("--plot", plot)],
      inputs: [
        ("the model", model), ("'--data'", data.data), ("'--energy-model'", energyModel),
      ])
    try PictureFile.check(plot)
    try shares?.requireShares()
  }

  func run() throws {
    if let plot { try AtomicFile.requireWritable(plot) }
    let file = try ModelFile(answering: model)
    guard file.split == nil else {
      throw SparseError(
        .unsupported, "\(model): is one part of a model that was split. Give the whole model.")
    }
    let times = try machines.times(of: file.network, engine)
    var conditions = SplitPlan.Conditions(
      link: link, edge: times.edge, remote: times.remote,
      sampleBytes: requests.sampleBytes ?? file.data.storedSampleBytes)
    conditions.payload = payload
    conditions.request = requests.cost
    if let energyModel { conditions.energy = try EnergyModel(contentsOf: energyModel) }
    let exits = try exitShares(of: file)
    conditions.exitShares = exits?.shares
    let report = PlanReport(
      try SplitPlan(file.network, under: conditions), of: file.network, conditions,
      machines: machines, exits: exits)
    try outputOptions.print(report)
    if let plot { try PlanPlot(report).write(to: plot) }
  }

  /// The share of samples that leaves at each exit; nil where exits cannot be used.
  private func exitShares(of file: ModelFile) throws -> PlanReport.Exits? {
    let network = file.network
    let names = network.exits.map { network.branches[$0].name }
    guard names.count > 1 else {
      guard shares == nil else {
        throw ValidationError(
          "'--shares' is for models with exits, but \(model) has none before its output.")
      }
      return nil
    }
    guard network.taskOutputs.count == 1 else {
      Terminal.note("note: exits answer one task of several, so the plan does without them.")
      return nil
    }
    if let shares = shares?.elements {
      guard shares.count == names.count else {
        throw ValidationError(
          "'--shares' lists \(shares.count) values, but \(model) has \(names.count) exits; give one each."
        )
      }
      return PlanReport.Exits(names: names, shares: shares, samples: nil)
    }
    guard let settings = file.exitSettings else {
      Terminal.note(
        """
        note: the exits have no thresholds, so the plan does without them; 'sparsectl calibrate' \
        solves them, and --shares does without.
        """)
      return nil
    }
    let policy = try ExitPolicy(settings)
    let validation = try ModelData(of: file, named: model, data).validation()
    let executor = try engine.executor(of: network)
    let table = try ExitRecords(
      executor, of: network, on: LabeledData(validation, for: network),
      loss: file.loss
    ).table(rule: policy.rule, temperatures: policy.temperatures)
    let report = ExitReport(table, thresholds: policy.thresholds)
    return PlanReport.Exits(
      names: names, shares: report.exits.map(\.share), samples: report.samples)
  }
}

extension LinkModel {
  /// Reads the option's value.
  init(argument: String) throws {
    do {
      try self.init(parsing: argument)
    } catch let error as SparseError {
      let name = String(argument.prefix { $0 != "," })
      throw ValidationError(
        error.message + Suggestion.sentence(for: name, among: Self.presets.map(\.name)))
    }
  }
}
