import ArgumentParser

/// Which columns of a CSV file hold labels.
struct LabelColumnOptions: ParsableArguments {
  @Option(
    name: .customLong("label-column"),
    help: ArgumentHelp(
      "The CSV column with the labels, by name or by index from 0. (default: label)",
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
