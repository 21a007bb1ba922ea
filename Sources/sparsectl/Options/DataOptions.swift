import ArgumentParser
import Foundation
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
      discussion: """
        Without it, fashion-mnist is looked for where Debian's package puts it, and mnist in the \
        directory that MNIST_DIR names.
        """,
      valueName: "path"))
  var data: String?

  @OptionGroup var labels: LabelColumnOptions

  func validate() throws {
    if let dataset, dataset != .fashionMNIST, path(of: dataset) == nil {
      throw ValidationError("'--dataset \(dataset.rawValue)' needs '--data', the path of the data.")
    }
    if let data, data.isEmpty { throw ValidationError("'--data' must name a file or a directory.") }
    if !labels.list.isEmpty, let dataset, dataset != .csv {
      throw ValidationError(
        "'--label-column\(labels.columns == nil ? "" : "s")' is for '--dataset csv', but the data are \(dataset.rawValue)."
      )
    }
  }

  /// Where the data are; nil where the source knows by itself, or nobody does.
  private func path(of source: DatasetSource) -> String? {
    data ?? (source == .mnist ? Self.mnistDirectory : nil)
  }

  /// The directory of MNIST's files that the environment names.
  static var mnistDirectory: String? {
    ProcessInfo.processInfo.environment["MNIST_DIR"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Reads the data.
  ///
  /// - Parameters:
  ///   - source: The kind of data.
  ///   - seed: Splits a test part off where the source has none.
  /// - Returns: The parts of the data.
  /// - Throws: `SparseError` that names the file and what is wrong with it; `ValidationError` where
  ///   nothing says where the data are.
  func load(_ source: DatasetSource, seed: UInt64) throws -> DatasetParts {
    let path = path(of: source)
    guard source == .fashionMNIST || path != nil else {
      throw ValidationError(
        "The data are \(source.rawValue), as in the training: '--data' must say where.")
    }
    return try source.load(path: path, labelColumns: labels.list, seed: seed)
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
