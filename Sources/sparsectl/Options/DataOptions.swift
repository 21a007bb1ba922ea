import ArgumentParser
import SparseCore
import SparseLayers

/// Where samples come from.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The kind of data.",
      discussion: "By default what the model was trained on; without a model, fashion-mnist."))
  var dataset: DatasetSource?

  @Option(
    help: ArgumentHelp(
      "The data: a directory of IDX files, an NPZ file, or a CSV file or directory.",
      discussion: "Without it, fashion-mnist is looked for where Debian's package puts it.",
      valueName: "path"))
  var data: String?

  @OptionGroup var labels: LabelColumnOptions

  func validate() throws {
    if let dataset, dataset != .fashionMNIST, data == nil {
      throw ValidationError("'--dataset \(dataset.rawValue)' needs '--data', the path of the data.")
    }
    if let data, data.isEmpty { throw ValidationError("'--data' must name a file or a directory.") }
    if !labels.list.isEmpty, let dataset, dataset != .csv {
      throw ValidationError(
        "'--label-column\(labels.columns == nil ? "" : "s")' is for '--dataset csv', but the data are \(dataset.rawValue)."
      )
    }
  }

  /// Reads the data.
  ///
  /// - Parameters:
  ///   - source: The kind of data.
  ///   - seed: Splits a test part off where the source has none.
  /// - Returns: The parts of the data.
  /// - Throws: `SparseError` that names the file and what is wrong with it.
  func load(_ source: DatasetSource, seed: UInt64) throws -> DatasetParts {
    try source.load(path: data, labelColumns: labels.list, seed: seed)
  }
}

extension DataOptions {
  /// The options, with what they leave open as it was when a model was trained: the kind of data, and
  /// the columns of labels.
  ///
  /// - Parameters:
  ///   - file: The model.
  ///   - model: What errors call it.
  /// - Returns: Options with a kind.
  /// - Throws: `SparseError.Code.unsupported` when it was trained on something else.
  func completed(by file: ModelFile, named model: String) throws -> DataOptions {
    var options = self
    let source = try source(of: file, named: model)
    options.dataset = source
    if source == .csv, labels.list.isEmpty, let known = file.labelColumns { options.labels = known }
    return options
  }

  /// The kind of a model's data: what the option says, else what the model was trained on.
  ///
  /// - Parameters:
  ///   - file: The model.
  ///   - model: What errors call it.
  /// - Returns: The kind.
  /// - Throws: `SparseError.Code.unsupported` when it was trained on something else.
  private func source(of file: ModelFile, named model: String) throws -> DatasetSource {
    if let source = dataset ?? DatasetSource(rawValue: file.data.dataset) { return source }
    let known = DatasetSource.allCases.map(\.rawValue).joined(separator: ", ")
    throw SparseError(
      .unsupported,
      """
      \(model): was trained on '\(file.data.dataset.prefix(40))', which is none of \(known). Say with \
      --dataset what to use.
      """)
  }
}
