import ArgumentParser
import EarlyExit
import SparseCore
import SparseLayers

struct Online: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a bandit choose, without labels, where the samples of a drifting stream leave.",
    discussion: """
      EXAMPLES
        sparsectl online model.safetensors
        sparsectl online model.safetensors --noise 0,0.3 --plot online.svg
        sparsectl online model.safetensors --cost-weight 0.2 --transmission-macs 50000 --live

      The test part (with --part validation the samples set aside, to choose settings by) is shuffled \
      and cut into phases, to each of which noise of its own is added. For each sample the bandit picks an exit and a threshold: the sample leaves there when it is sure \
      enough, else it goes to the last exit. The reward is the confidence of the answer less the \
      cost, weighed by --cost-weight; labels are used for the report only.

      Beside it run a random choice among the same arms, the arms that are best in hindsight for each \
      phase (an oracle, which needs labels), the calibrated thresholds where the model has some, and \
      the last exit for all. Without --live, all exits are recorded once and the policies decide on \
      the records; with it, the bandit's samples are really computed one at a time, and only as far \
      as it says.
      """)

  @Argument(help: ArgumentHelp("The model file, with exits.", valueName: "model"))
  var model: String

  @OptionGroup(title: "Data") var data: DataOptions

  @Option(help: "The samples of the stream: test, or validation to choose settings by.")
  var part = StreamPart.test

  @Option(
    help: ArgumentHelp(
      "Per phase, the standard deviation of the noise on every feature.", valueName: "0,0.3"))
  var noise = CommaList<Double>([0, 0.3])

  @OptionGroup(title: "Bandit") var bandit: BanditOptions

  @Flag(help: "Compute the bandit's samples one at a time, only as far as it says.")
  var live = false

  @Option(
    help: ArgumentHelp(
      "Draw accuracy and cost along the stream to this SVG file.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if let deviation = noise.elements.first(where: { !($0 >= 0) || !$0.isFinite }) {
      throw ValidationError("'--noise' lists \(deviation); standard deviations are 0 or above.")
    }
    try DistinctFiles.check(
      outputs: [("--plot", plot)], inputs: [("the model", model), ("'--data'", data.data)])
    try PictureFile.check(plot)
  }

  func run() throws {
    if let plot { try AtomicFile.requireWritable(plot) }
    let file = try ModelFile(answering: model)
    guard file.network.exits.count > 1 else {
      throw SparseError(
        .unsupported,
        """
        \(model): has no exit before its output, so there is nothing to choose. Add exits with \
        'sparsectl train --from \(model) --exits …'.
        """)
    }
    let calibrated = try file.exitSettings.map { try ExitPolicy($0) }
    if calibrated == nil {
      Terminal.note(
        "note: the exits have no temperatures; 'sparsectl calibrate' makes confidences mean more.")
    }
    let (stream, phases) = try samples(of: file).drifting(noise: noise.elements, seed: bandit.seed)
    let study = try OnlineStudy(
      file, stream: stream, phases: phases, calibrated: calibrated, settings: bandit.settings,
      isLive: live, engine: engine)
    try outputOptions.print(OnlineReport(study, noise: noise.elements))
    if let plot { try OnlinePlot(study).write(to: plot) }
  }

  private func samples(of file: ModelFile) throws -> Dataset {
    let data = try ModelData(of: file, named: model, data)
    return try part == .validation ? data.validation() : data.test()
  }
}

/// The part of the data that a stream is made of.
enum StreamPart: String, CaseIterable, ExpressibleByArgument {
  case test
  case validation
}

/// How the bandit values and tries its arms.
struct BanditOptions: ParsableArguments {
  private static let defaults = SplitBandit.Settings()

  @Option(help: ArgumentHelp("The thresholds that it chooses from.", valueName: "0.6,0.9"))
  var thresholds = CommaList<Float>(defaults.thresholds)

  @Option(
    name: .customLong("cost-weight"),
    help: ArgumentHelp("What the whole network's cost is worth, in confidence.", valueName: "0.1"))
  var costWeight = defaults.costWeight

  @Option(
    name: .customLong("transmission-macs"),
    help: ArgumentHelp(
      """
      What it costs to send a sample on from an early exit, in multiply–adds; the last exit asked at \
      once is on the device.
      """,
      valueName: "count"))
  var transmissionMACs = defaults.transmissionCost

  @Option(help: ArgumentHelp("How much little tried arms are preferred.", valueName: "0.1"))
  var exploration = defaults.exploration

  @Option(
    help: ArgumentHelp(
      "The factor by which a reward's weight falls with every later sample.",
      valueName: "0.998"))
  var discount = defaults.discount

  @Flag(
    inversion: .prefixedNo,
    help: "Whether a sample teaches about all arms that its confidences decide.")
  var sharing = true

  @Option(help: "Decides the order, the noise and ties.")
  var seed: UInt64 = 0

  /// The bandit's settings; the bandit checks them.
  var settings: SplitBandit.Settings {
    var settings = SplitBandit.Settings()
    settings.thresholds = thresholds.elements
    settings.costWeight = costWeight
    settings.transmissionCost = transmissionMACs
    settings.exploration = exploration
    settings.discount = discount
    settings.sharesObservations = sharing
    settings.seed = seed
    return settings
  }

  func validate() throws {
    do {
      _ = try SplitBandit(macs: [1, 2], settings: settings)
    } catch let error as SparseError {
      throw ValidationError(error.message)
    }
  }
}
