import SparseCore

/// Which columns of a CSV file hold labels, and what they are called; found from the first row.
struct CSVLayout: Hashable {
  /// The names of all columns; `nil` when the file has no header.
  let header: [String]?
  /// The number of columns.
  let columnCount: Int
  /// The label columns, the default task first.
  let labelColumns: [Int]
  /// The names of their targets.
  let labelNames: [String]

  /// The number of columns that are no labels.
  var featureCount: Int { columnCount - labelColumns.count }

  /// The names of those columns, in their order; `nil` when the file has no header.
  var featureNames: [String]? {
    header.map { header in
      let labels = Set(labelColumns)
      return header.indices.filter { !labels.contains($0) }.map { header[$0] }
    }
  }

  /// Finds the layout.
  ///
  /// The first row is a header when one of its cells names a label column, or when none of its other
  /// cells is a number.
  ///
  /// - Parameters:
  ///   - row: The cells of the first row.
  ///   - labels: Label columns by name or by index from 0; empty means `label`, else the last.
  ///   - isLabeled: Whether there must be a label column; if not, empty means `label`, else none.
  /// - Throws: `SparseError` without the name of the file when a label column is not there, is there
  ///   twice or is asked for twice, or when no column is left for features.
  init(firstRow row: [String], labels: [String], isLabeled: Bool = true) throws {
    let cells = row.map(trimmed)
    let wanted = labels.isEmpty && cells.contains("label") ? ["label"] : labels
    var isHeader = false
    var columns: [Int] = []
    for name in wanted {
      if let index = Int(name) {
        guard cells.indices.contains(index) else { throw Self.missing(name, cells) }
        columns.append(index)
      } else {
        let matches = cells.indices.filter { cells[$0] == name }
        guard let first = matches.first else { throw Self.missing(name, cells) }
        guard matches.count == 1 else {
          throw SparseError(
            .invalidArgument,
            "\(matches.count) columns are called '\(name)'. Name the label column by its index."
          )
        }
        columns.append(first)
        isHeader = true
      }
    }
    if columns.isEmpty, isLabeled { columns = [cells.count - 1] }
    guard Set(columns).count == columns.count else {
      throw SparseError(
        .invalidArgument,
        "the label columns \(labels.joined(separator: ", ")) name a column twice. Name it once."
      )
    }
    guard cells.count > columns.count else {
      throw SparseError(
        .corruptFile,
        "has \(cells.count) column\(cells.count == 1 ? "" : "s") and no features beside the "
          + "labels. Separate the columns by commas."
      )
    }
    let features = cells.indices.filter { !columns.contains($0) }
    isHeader = isHeader || !features.contains { Float(cells[$0]) != nil }
    header = isHeader ? cells : nil
    columnCount = cells.count
    labelColumns = columns
    labelNames = columns.map {
      isHeader ? cells[$0] : columns.count == 1 ? "label" : "column \($0)"
    }
  }

  /// Names a column in a message: its number from 1, and its name where it has one.
  func describe(column: Int) -> String {
    "column \(column + 1)" + (header.map { " ('\($0[column])')" } ?? "")
  }

  private static func missing(_ name: String, _ cells: [String]) -> SparseError {
    let shown = cells.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
    return SparseError(
      .invalidArgument,
      "there is no label column '\(name)' among the \(cells.count) columns (\(shown)"
        + "\(cells.count > 8 ? ", …" : "")). Name one of them, or its index from 0."
    )
  }
}

/// A cell without the white space around it.
func trimmed(_ cell: String) -> String {
  guard cell.first?.isWhitespace == true || cell.last?.isWhitespace == true else { return cell }
  let start = cell.drop { $0.isWhitespace }
  guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
  return String(start[...last])
}
