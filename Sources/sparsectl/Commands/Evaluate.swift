import ArgumentParser
import SparseCore
import SparseLayers

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a trained model's accuracy on test data.",
    discussion: """
      EXAMPLES
        sparsectl evaluate model.safetensors
        sparsectl evaluate model.safetensors --dataset mnist --data DIR --json

      The data are those the model was trained on, unless other options say otherwise; only their \
      test part is used. Where a model was trained on files, name them again with --data; a single \
      CSV file is split as in training, by the model's seed.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func run() throws {
    let file = try ModelFile(contentsOf: model)
    let test = try data.load(source(of: file), seed: file.training?.seed ?? 0).test
    try file.requireFit(of: test, from: data.data ?? "the test part")
    if test.targets[0].classNames != file.lastClassNames {
      Terminal.note("note: the data's classes have other names than those the model learnt.")
    }
    let executor = try NetworkExecutor(
      file.network, backend: engine.backend, threads: engine.threadCount, batchCapacity: 256)
    Terminal.note(warningsOf: executor.plans)
    var line = ProgressLine()
    let evaluations = try executor.evaluate(
      LabeledData(test, for: file.network), loss: file.training?.loss ?? .softmaxCrossEntropy
    ) { done in line.show("\(done) of \(test.sampleCount) samples") }
    line.clear()
    guard let last = evaluations.last, last.loss.isFinite else {
      throw SparseError(
        .diverged,
        """
        The loss on the test part is not finite: its values are too large for the network. Scale \
        the samples as those the model was trained on.
        """)
    }
    let report = Report(
      last, macs: NetworkCost(file.network).total.macs)
    if outputOptions.json {
      try Terminal.result(json: report)
    } else {
      try Terminal.result(
        """
        accuracy \(Text.percent(last.accuracy)) on \(Text.count(last.samples)) test samples, \
        mean loss \(Text.number(last.loss))
        """)
    }
  }

  /// The kind of data: what the option says, else what the model was trained on.
  private func source(of file: ModelFile) throws -> DatasetSource {
    if let source = data.dataset ?? DatasetSource(rawValue: file.data.dataset) { return source }
    let known = DatasetSource.allCases.map(\.rawValue).joined(separator: ", ")
    throw SparseError(
      .unsupported,
      """
      \(model): was trained on '\(file.data.dataset.prefix(40))', which is none of \(known). Say with \
      --dataset what to evaluate it on.
      """)
  }

  /// What `--json` prints.
  ///
  /// Every sample is answered by the last exit.
  private struct Report: Encodable {
    var accuracy: Double
    var loss: Double
    var samples: Int
    var exits: [Exit]
    var expectedMACs: Double

    struct Exit: Encodable {
      var exit: String
      var share: Double
      var accuracy: Double
      var macs: Int
    }

    enum CodingKeys: String, CodingKey {
      case accuracy, loss, samples, exits
      case expectedMACs = "expected_macs"
    }

    init(_ last: BranchEvaluation, macs: Int) {
      accuracy = last.accuracy
      loss = last.loss
      samples = last.samples
      exits = [Exit(exit: last.branch, share: 1, accuracy: last.accuracy, macs: macs)]
      expectedMACs = Double(macs)
    }
  }
}
