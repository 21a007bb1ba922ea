public import ArgumentParser
import EarlyExit
import SparseCore
public import SparseLayers

extension ONNXModel.Weights: ExpressibleByArgument {}

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model for other programs, as ONNX.",
    discussion: """
      EXAMPLES
        sparsectl export model.safetensors --output model.onnx
        sparsectl export model.safetensors --format onnx --weights sparse --output small.onnx --json
        sparsectl export model.safetensors --split 1 --part edge --output edge.onnx
        sparsectl export model-remote.safetensors --output remote.onnx

      onnxruntime and others run the file (operator set \(ONNXModel.operatorSetVersion)). Its input is \
      '\(ONNXModel.inputName)', N samples of 32-bit floats prepared as for 'predict': bytes divided by \
      255, zeros behind samples that the network pads. Each branch is an output of its name, with what \
      'serve' answers: numbers before softmax. An edge part has '\(ONNXModel.boundaryName)' too, which \
      is the input of the remote part. The metadata hold, as JSON, what is needed to decide where \
      samples leave: outputs, data (with the class names), loss, exit_settings, split.

      The object of --json has format, file, file_bytes, weights, weight_bytes (of each form), inputs, \
      outputs and opset.
      """)

  /// The formats.
  enum Format: String, CaseIterable, Encodable, ExpressibleByArgument {
    case onnx
  }

  /// The parts of a model that is cut.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case edge, remote
  }

  @Argument(help: ArgumentHelp("The model file, whole or one part of a split.", valueName: "model"))
  var model: String

  @Option(help: "The format.")
  var format: Format = .onnx

  @Option(
    help: ArgumentHelp(
      "How to store the weights.",
      discussion: """
        dense: 4 bytes for each pair of neurons, connected or not; every program reads it. sparse: 12 \
        bytes a connection (4 for the value, 8 for the index), where that is smaller, so below a \
        density of 1/3; onnxruntime makes such weights dense when it loads the file, and other \
        programs may not know them.
        """))
  var weights: ONNXModel.Weights = .dense

  @Option(
    name: .customLong("split"),
    help: ArgumentHelp(
      "Cut the model after this many hidden layers, and export one part.", valueName: "count"))
  var cut: Int?

  @Option(help: "The part to export, with --split.")
  var part: Part?

  @Option(help: ArgumentHelp("Where to write the file.", valueName: "file"))
  var output: String

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if output.isEmpty { throw ValidationError("'--output' must name a file.") }
    try DistinctFiles.check(outputs: [("--output", output)], inputs: [("the model", model)])
    if let cut, cut < 0 { throw ValidationError("'--split' must be 0 or above, but is \(cut).") }
    guard (cut == nil) == (part == nil) else {
      throw ValidationError("'--split' and '--part' belong together; give both or none.")
    }
  }

  func run() throws {
    let file = try chosenPart(of: ModelFile(contentsOf: model))
    var exported = try ONNXModel(file, weights: weights)
    exported.producerVersion = Sparsectl.configuration.version
    let bytes = try exported.write(to: output)
    let report = ExportReport(
      exported, of: file.network, format: format, weights: weights, file: output, bytes: bytes)
    try outputOptions.print(report)
  }

  private func chosenPart(of file: ModelFile) throws -> ModelFile {
    guard let cut, let part else { return file }
    let parts = try file.split(afterHiddenLayers: cut)
    return switch part {
    case .edge: parts.edge
    case .remote: parts.remote
    }
  }
}

/// What `export` prints.
struct ExportReport: TextReport {
  /// An input or an output, in the terms in which `serve` describes it.
  struct Value: Encodable {
    var name: String
    var datatype = "FP32"
    /// Any number of samples, and the numbers of each.
    var shape: [Int]

    init(_ value: ONNXModel.Value) {
      name = value.name
      shape = [-1, value.size]
    }

    var text: String { "\(name) [N, \(Text.count(shape[1]))]" }
  }

  var format: Export.Format
  var file: String
  var fileBytes: Int
  var weights: ONNXModel.Weights
  /// The bytes that the weights of all junctions take in each form.
  var weightBytes: [String: Int]
  var inputs: [Value]
  var outputs: [Value]
  var opset = ONNXModel.operatorSetVersion

  enum CodingKeys: String, CodingKey {
    case format, file, weights, inputs, outputs, opset
    case fileBytes = "file_bytes"
    case weightBytes = "weight_bytes"
  }

  init(
    _ exported: ONNXModel, of network: Network, format: Export.Format,
    weights: ONNXModel.Weights, file: String, bytes: Int
  ) {
    self.format = format
    self.file = file
    self.weights = weights
    fileBytes = bytes
    let patterns = network.junctions.map(\.layer.pattern)
    weightBytes = Dictionary(
      uniqueKeysWithValues: ONNXModel.Weights.allCases.map { form in
        (form.rawValue, patterns.reduce(0) { $0 + form.bytes(of: $1) })
      })
    inputs = [Value(exported.input)]
    outputs = exported.outputs.map { Value($0) }
  }

  /// The report for people.
  var text: String {
    let others = ONNXModel.Weights.allCases.filter { $0 != weights }.map { form in
      "\(form.rawValue): \(bytes(form))"
    }
    return """
      \(file): \(Text.count(fileBytes)) bytes, ONNX with operator set \(opset)
      weights: \(weights.rawValue), \(bytes(weights)) bytes (\(others.joined(separator: ", ")))
      \(inputs.map(\.text).joined(separator: ", ")) → \(outputs.map(\.text).joined(separator: ", "))
      """
  }

  private func bytes(_ form: ONNXModel.Weights) -> String {
    Text.count(weightBytes[form.rawValue] ?? 0)
  }
}
