import ArgumentParser
import SparseLayers

/// Which columns of a CSV file hold labels.
struct LabelColumnOptions: ParsableArguments {
  @Option(
    name: .customLong("label-column"),
    help: ArgumentHelp(
      "The CSV column with the labels, by name or by index from 0. (default: as in training, else label)",
      discussion: "Where there is no such column, the last one; to predict, none.",
      valueName: "column"))
  var column: String?

  @Option(
    name: .customLong("label-columns"),
    help: ArgumentHelp(
      "Instead: the CSV columns with the labels of several tasks, the main one first.",
      valueName: "a,b"))
  var columns: CommaList<String>?

  func validate() throws {
    if column != nil, columns != nil {
      throw ValidationError(
        "'--label-column' and '--label-columns' say the same thing twice; give one.")
    }
  }

  /// The columns, the main task's first; empty where nothing is said.
  var list: [String] { columns?.elements ?? column.map { [$0] } ?? [] }
}

extension ModelFile {
  /// The label columns that the model was trained with; nil where it does not tell.
  var labelColumns: LabelColumnOptions? {
    let names: Set = ["label-column", "label-columns"]
    let entries = experiment.flatMap { try? Experiment(yaml: $0, source: "") }?.entries ?? []
    let words = entries.filter { names.contains($0.key) }.flatMap(\.words)
    return try? LabelColumnOptions.parse(words)
  }
}
