import ArgumentParser
import EarlyExit
import Foundation
import SparseCore
import SparseLayers

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a trained model's accuracy on test data, and what its exits save.",
    discussion: """
      EXAMPLES
        sparsectl evaluate model.safetensors
        sparsectl evaluate model.safetensors --dataset mnist --data DIR --json
        sparsectl evaluate model.safetensors --rule entropy --threshold 0.05
        sparsectl evaluate model.safetensors --curve curve.csv
        sparsectl evaluate model.safetensors --plot curve.svg --beside dense.safetensors

      The data are those the model was trained on, unless other options say otherwise; only their \
      test part is used. Where a model was trained on files, name them again with --data. A single CSV \
      file is split as in training, by the model's seed, so it should be as it was: in a file that has \
      grown, the split puts samples of the training into the test part, which a warning tells.

      Samples leave at the exits as 'sparsectl calibrate' has settled, or by --threshold; without \
      either, all are answered by the last exit. --curve and --plot show accuracy and cost over all \
      common thresholds of the rule. That is a description of the test data: choose thresholds with \
      'calibrate', on validation data.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @OptionGroup(title: "Data") var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "When samples leave: one threshold for every early exit, or one for each.",
      discussion: "In the rule's own terms: for entropy a sample leaves below, else above.",
      valueName: "0.9"))
  var threshold: CommaList<Float>?

  @Option(
    help: "How sure an exit is: \(RuleName.list). (default: the model's, else max-probability)")
  var rule: RuleName?

  @Option(
    help: ArgumentHelp("Write accuracy over cost to this CSV file.", valueName: "file.csv"))
  var curve: String?

  @Option(
    help: ArgumentHelp(
      "Draw accuracy over cost, with each exit alone, to this SVG file.", valueName: "file.svg"))
  var plot: String?

  @Option(
    help: ArgumentHelp(
      "With --plot: a model to show beside it, such as a dense one. May be repeated.",
      valueName: "model"))
  var beside: [String] = []

  @Flag(help: "Measure the time of single samples, with the exits and without.")
  var latency = false

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if let value = threshold?.elements.first(where: \.isNaN) {
      throw ValidationError("'--threshold' must be a number, but is \(value).")
    }
    if let curve, curve.isEmpty { throw ValidationError("'--curve' must name a file.") }
    try DistinctFiles.check(
      outputs: [("--curve", curve), ("--plot", plot)],
      inputs: [("the model", model), ("'--data'", data.data)] + beside.map { ("'--beside'", $0) })
    try PictureFile.check(plot)
    if !beside.isEmpty, plot == nil {
      throw ValidationError(
        "'--beside' shows models in the picture that '--plot' names; give both.")
    }
  }

  func run() throws {
    for path in [curve, plot].compactMap({ $0 }) { try AtomicFile.requireWritable(path) }
    let file = try ModelFile(answering: model)
    let policy = try policy(of: file)
    // A model that cannot be shown must not cost the report.
    let others = try beside.map { (path: $0, file: try ModelFile(answering: $0)) }
    let test = try ModelData(of: file, named: model, data).test()
    for other in others { try other.file.requireFit(of: test, from: data.data ?? "the test part") }
    try warn(of: test, file)
    let executor = try engine.executor(of: file.network)
    let labeled = try LabeledData(test, for: file.network)
    let loss = file.loss
    var line = ProgressLine()
    let branches = try executor.evaluate(labeled, loss: loss) { done in
      line.show("\(done) of \(test.sampleCount) samples")
    }
    line.clear()
    let records = try ExitRecords(executor, of: file.network, on: labeled, loss: loss)
    let table = records.table(rule: policy.rule, temperatures: policy.temperatures)
    if let curve { try ExitCurve(table, rule: policy.rule).write(to: curve) }
    let exits = ExitReport(table, thresholds: policy.thresholds)
    let report = EvaluationReport(
      exits, of: file.network, policy: policy, branches: branches,
      latency: latency
        ? try ExitLatency(
          file.network, policy: policy, samples: labeled.samples, loss: loss,
          backend: engine.backend) : nil)
    try outputOptions.print(report)
    // What goes wrong with a picture must not cost the report.
    if let plot {
      let peers = try others.map { try peer($0.file, $0.path, on: test) }
      try ExitCurvePlot(table, report: exits, peers: peers).write(to: plot)
    }
  }

  /// Another model's last exit on the same samples.
  private func peer(
    _ file: ModelFile, _ path: String, on test: Dataset
  ) throws -> ExitCurvePlot.Peer {
    let branches = try engine.executor(of: file.network).evaluate(
      LabeledData(test, for: file.network), loss: file.loss)
    return ExitCurvePlot.Peer(
      name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent,
      macs: file.network.exitStages.last?.totalMACs ?? 0,
      accuracy: branches.last?.accuracy ?? 0)
  }

  /// When samples leave: as the options say, else as calibrated, else never.
  private func policy(of file: ModelFile) throws -> ExitPolicy {
    let early = file.network.exits.count - 1
    if early == 0, let option = threshold != nil ? "threshold" : rule != nil ? "rule" : nil {
      throw ValidationError(
        "'--\(option)' is for models with exits, but \(model) has none before its output.")
    }
    let calibrated = try file.exitSettings.map { try ExitPolicy($0) }
    guard let threshold else {
      if let rule, calibrated != nil, rule.rule.name != file.exitSettings?.rule {
        throw ValidationError(
          """
          The model's thresholds are for the rule '\(file.exitSettings?.rule ?? "")'; give '--threshold' \
          for '\(rule.rule.name)', or calibrate the model for it.
          """)
      }
      if let calibrated { return calibrated }
      var policy = ExitPolicy.never(exits: early + 1)
      if let rule { policy.rule = rule.rule }
      return policy
    }
    guard threshold.elements.count == 1 || threshold.elements.count == early else {
      throw ValidationError(
        """
        '--threshold' lists \(threshold.elements.count) values, but \(model) has \(early) early \
        exits; give one, or one for each.
        """)
    }
    let rule = rule?.rule ?? calibrated?.rule ?? MaxProbabilityRule()
    let own = threshold.elements.map(rule.inOtherTerms)
    return ExitPolicy(
      rule: rule, thresholds: own.count == early ? own : Array(repeating: own[0], count: early),
      temperatures: calibrated?.temperatures)
  }

  private func warn(of test: Dataset, _ file: ModelFile) throws {
    guard let calibration = file.exitSettings?.calibration else { return }
    if try test.contentHash() == calibration.dataSHA256 {
      Terminal.note(
        """
        warning: these are the samples that the thresholds were solved on, so the result flatters \
        them; evaluate on samples that neither training nor calibration saw.
        """)
    }
  }
}
