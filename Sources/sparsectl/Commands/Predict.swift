import ArgumentParser
import SparseCore
import SparseLayers

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Name the class of each sample of a file.",
    discussion: """
      EXAMPLES
        sparsectl predict model.safetensors t10k-images-idx3-ubyte.gz --rows 0-9
        sparsectl predict model.safetensors rows.csv --top 3
        sparsectl predict model.safetensors digits.npz --array xte --json

      The file's first bytes tell what it is: IDX images, an NPY or NPZ array of the shape \
      [samples, features], or CSV with a sample a line; IDX, NPY and CSV may be compressed by gzip. \
      Bytes (IDX, or arrays of type u1) are divided by 255, other numbers are used as they are: give \
      samples as the model was trained on them. --json prints {"predictions": […]}, each with row, \
      class, name, probability and the probabilities of all classes. Of a model of several tasks \
      these are the main task's, and tasks has them for each.

      Every answer is that of the last exit, also where exits were calibrated: 'evaluate' and 'edge' \
      let samples leave earlier.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The samples.", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp(
      "The rows to predict, counted from 0; all without it.", valueName: "0-9,42"))
  var rows: RowSelection?

  @Option(help: ArgumentHelp("How many of the likeliest classes to print.", valueName: "count"))
  var top = 1

  @Option(
    help: ArgumentHelp(
      "The array of an NPZ file; without it the only one, else xte.", valueName: "name"))
  var array: String?

  @OptionGroup var labels: LabelColumnOptions

  @Option(help: "The form of the table.")
  var format: Table.Format = .table

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("'--top' must be 1 or more, but is \(top).") }
    try outputOptions.refuse(format: format)
  }

  func run() throws {
    let model = try ModelFile(answering: model)
    let dataset = try samples(for: model)
    try model.requireFit(of: dataset, from: file)
    let chosen = try rows?.indices(of: dataset.sampleCount, in: file)
    let samples = try Samples(dataset, indices: chosen, for: model.network)
    let executor = try engine.executor(of: model.network)
    let probabilities = try executor.probabilities(
      samples, loss: model.loss)
    let report = try PredictionReport(
      rows: samples.indices,
      tasks: model.network.taskOutputs.map { task, branch in
        PredictionReport.Task(
          name: task, classNames: model.classNames(ofBranch: branch),
          probabilities: probabilities[branch])
      }, top: top)
    if outputOptions.json {
      try Terminal.result(json: report)
    } else {
      try Terminal.result(report.text(format))
    }
  }

  /// The samples, without the columns of labels that the options name, or the model where they fit.
  private func samples(for model: ModelFile) throws -> Dataset {
    if labels.list.isEmpty, let known = model.labelColumns?.list, !known.isEmpty,
      let dataset = try labeled(columns: known),
      dataset.featureCount == model.data.featureCount
    {
      return dataset
    }
    return try Dataset.unlabeled(path: file, array: array, labelColumns: labels.list)
  }

  /// The samples without the columns of labels that the model was trained on; nil where the file has no
  /// such columns.
  private func labeled(columns: [String]) throws -> Dataset? {
    do {
      return try Dataset.unlabeled(path: file, array: array, labelColumns: columns)
    } catch let error as SparseError where error.code == .invalidArgument {
      return nil
    }
  }
}
