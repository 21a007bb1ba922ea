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
      test part is used.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func run() throws {
    let file = try ModelFile(contentsOf: model)
    let fallback = DatasetSource(rawValue: file.data.dataset) ?? .fashionMNIST
    let test = try data.load(fallback: fallback, seed: file.training?.seed ?? 0).test
    let executor = try NetworkExecutor(
      file.network, backend: engine.backend, threads: engine.threadCount, batchCapacity: 256)
    var line = ProgressLine()
    let evaluations = try executor.evaluate(
      LabeledData(test, for: file.network), loss: file.training?.loss ?? .softmaxCrossEntropy
    ) { done in line.show("\(done) of \(test.sampleCount) samples") }
    line.clear()
    guard let last = evaluations.last else { return }
    let report = Report(
      last, macs: NetworkCost(file.network).total.macs)
    if outputOptions.json {
      try Terminal.result(json: report)
    } else {
      Terminal.result(
        """
        accuracy \(Text.percent(last.accuracy)) on \(Text.count(last.samples)) test samples, \
        mean loss \(Text.number(last.loss))
        """)
    }
  }

  /// What `--json` prints. Every sample is answered by the last exit.
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
