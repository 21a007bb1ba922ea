import ArgumentParser
import EarlyExit
import SparseCore
import SparseLayers

struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Solve a model's exit thresholds on validation samples, and save them in the model.",
    discussion: """
      EXAMPLES
        sparsectl calibrate model.safetensors --max-accuracy-loss 0.001
        sparsectl calibrate model.safetensors --target-macs 20000 --rule entropy
        sparsectl calibrate model.safetensors --shares 0.5,0.3,0.2 --output calibrated.safetensors

      The validation part of the data is used: the part that the data bring themselves, else the \
      samples that training set aside; never the test part. Each exit first gets a temperature, so \
      that its probabilities mean what they say, then a threshold. Thresholds are in the rule's own \
      terms: for entropy a sample leaves below, for all others above. What each feature behind each \
      hidden layer ranges over is saved, too: 'sparsectl edge --payload int8' needs it.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @OptionGroup(title: "Data") var data: DataOptions

  @Option(help: "How sure an exit is: \(RuleName.list).")
  var rule = RuleName(rule: MaxProbabilityRule())

  @Option(
    name: .customLong("max-accuracy-loss"),
    help: ArgumentHelp(
      "The accuracy that may be lost against the last exit, as a share. (default: 0.001)",
      valueName: "0...1"))
  var maxAccuracyLoss: Double?

  @Option(
    name: .customLong("target-macs"),
    help: ArgumentHelp(
      "Instead: the mean multiply–adds of a sample to stay within.", valueName: "count"))
  var targetMACs: Double?

  @Option(
    help: ArgumentHelp(
      "Instead: the share of samples that leave at each exit, the last included.",
      valueName: "0.5,0.3,0.2"))
  var shares: CommaList<Double>?

  @Option(help: ArgumentHelp("Where to write the model. (default: in place)", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    let aims = [maxAccuracyLoss != nil, targetMACs != nil, shares != nil].count { $0 }
    if aims > 1 {
      throw ValidationError(
        "'--max-accuracy-loss', '--target-macs' and '--shares' are different aims; give one.")
    }
    if let maxAccuracyLoss, !(0...1).contains(maxAccuracyLoss) {
      throw ValidationError("'--max-accuracy-loss' must be in 0...1, but is \(maxAccuracyLoss).")
    }
    if let targetMACs, !(targetMACs > 0) {
      throw ValidationError("'--target-macs' must be above 0, but is \(targetMACs).")
    }
    try shares?.requireShares()
    if let output, output.isEmpty { throw ValidationError("'--output' must name a file.") }
    try DistinctFiles.check(outputs: [("--output", output)], inputs: [("'--data'", data.data)])
  }

  func run() throws {
    try AtomicFile.requireWritable(output ?? model)
    var file = try ModelFile(answering: model)
    try file.requireNoCheckpoint(at: model, replacedBy: output ?? model)
    let exits = file.network.exits
    guard exits.count > 1 else {
      throw SparseError(
        .unsupported,
        """
        \(model): has no exit before its output, so there is no threshold to solve. Add exits with \
        'sparsectl train --from \(model) --exits …'.
        """)
    }
    let validation = try ModelData(of: file, named: model, data).validation()
    let executor = try engine.executor(of: file.network)
    let records = try ExitRecords(
      executor, of: file.network, on: LabeledData(validation, for: file.network),
      loss: file.loss)
    guard Set(records.labels).count > 1 else {
      throw SparseError(
        .invalidArgument,
        """
        All \(records.sampleCount) validation samples are of one class; thresholds solved on them \
        would say nothing of the others. Give data with more classes.
        """)
    }
    let calibrated = try Calibration(records, rule: rule.rule) { solver in
      if let targetMACs { return try solver.solve(targetMACs: targetMACs) }
      if let shares { return try solver.solve(shares: shares.elements) }
      return try solver.solve(maxAccuracyLoss: maxAccuracyLoss ?? 0.001)
    }
    file.exitSettings = calibrated.settings(
      aim: aim, dataSHA256: try validation.contentHash())
    file.boundaryRanges = try BoundaryRanges.measured(
      file.network, on: Samples(validation, for: file.network), backend: engine.backend)
    try file.write(to: output ?? model)
    try report(calibrated, records)
  }

  private var aim: String {
    if let targetMACs { return "mean MACs of at most \(Text.number(targetMACs))" }
    if let shares {
      return "shares of \(shares.elements.map { Text.number($0) }.joined(separator: ", "))"
    }
    return "accuracy loss of at most \(Text.number(maxAccuracyLoss ?? 0.001, decimals: 6))"
  }

  private func report(_ calibrated: Calibration, _ records: ExitRecords) throws {
    let report = CalibrationReport(calibrated, records, aim: aim, model: output ?? model)
    try outputOptions.print(report)
  }
}
