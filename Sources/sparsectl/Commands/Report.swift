import ArgumentParser
import SparseCore
import SparseLayers

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what is known of a model as one HTML page.",
    discussion: """
      EXAMPLES
        sparsectl report model.safetensors
        sparsectl report model.safetensors --metrics log.jsonl --output model.html --json

      The page needs neither a network nor any other file: how the model was made, the course of its \
      training (from the JSON lines of train --metrics), its patterns and weights as pictures, what \
      measure counts beside the dense network, its exits, and which part of a split network it is. \
      The same inputs make the same page. The object of --json has model, output and bytes.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp("The JSON lines that train --metrics wrote.", valueName: "file.jsonl"))
  var metrics: String?

  @Option(
    help: ArgumentHelp(
      "Where to write the page. (default: the model's name with .html)", valueName: "file.html"))
  var output: String?

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  /// Where the page goes.
  var page: String {
    let ending = ".safetensors"
    return output ?? (model.hasSuffix(ending) ? String(model.dropLast(ending.count)) : model)
      + ".html"
  }

  func validate() throws {
    if page.isEmpty { throw ValidationError("'--output' must name a file.") }
    try DistinctFiles.check(
      outputs: [("--output", page)], inputs: [("the model", model), ("'--metrics'", metrics)])
  }

  func run() throws {
    try AtomicFile.requireWritable(page)
    let text = try html()
    try AtomicFile.write(to: page, expectedBytes: text.utf8.count) { try $0.write(text) }
    if outputOptions.json {
      try Terminal.result(
        json: Result(model: model, output: page, bytes: text.utf8.count))
    } else {
      try Terminal.result("\(page): \(Text.count(text.utf8.count)) bytes")
    }
  }

  /// The page's text.
  ///
  /// - Throws: `SparseError` when the model or the metrics cannot be read.
  func html() throws -> String {
    let history = try metrics.map { try MetricsHistory(contentsOf: $0) }
    let content = try Safetensors(contentsOf: model)
    let file = try ModelFile(content, source: model)
    try Measure.checkCounts(NetworkCost(file.network).total, samples: 1)
    let options = try Measure.parse(["--no-timing", "--", model])
    let measure = try MeasureReport(
      Measure.Subject(model: file, file: try FileBytes(content, at: model)), options: options,
      energyModel: .horowitz2014,
      timing: MeasureTiming(file.network, isForced: false, engine: options.engine))
    return try ReportPage(
      identity: ModelIdentity(of: model), model: file, measure: measure, history: history
    ).html
  }

  private struct Result: Encodable {
    let model: String
    let output: String
    let bytes: Int
  }
}
