/// Rows of text under a header, printed in one of several forms.
struct Table {
  /// The forms.
  enum Format: String, CaseIterable {
    case table, markdown, csv
  }

  let header: [String]
  private(set) var rows: [[String]] = []

  init(_ header: [String]) { self.header = header }

  mutating func add(_ row: [String]) {
    precondition(row.count == header.count, "\(row.count) cells under \(header.count) headings")
    rows.append(row)
  }

  /// The table as text.
  ///
  /// The first column is aligned left, the others right. Tables for people show no control
  /// characters, which a file can have put there; CSV keeps every cell as it is.
  func text(_ format: Format = .table) -> String {
    switch format {
    case .csv:
      return ([header] + rows).map { $0.map(Self.csvCell).joined(separator: ",") }
        .joined(separator: "\n")
    case .markdown:
      let rule = header.indices.map { $0 == 0 ? "---" : "---:" }
      return ([header, rule] + rows).map { row in
        let cells = row.map { Text.printable($0).replacing("|", with: "\\|") }
        return "| \(cells.joined(separator: " | ")) |"
      }.joined(separator: "\n")
    case .table:
      let shown = ([header] + rows).map { $0.map(Text.printable) }
      let widths = header.indices.map { column in shown.map { $0[column].count }.max() ?? 0 }
      let rule = widths.map { String(repeating: "─", count: $0) }
      return ([shown[0], rule] + shown.dropFirst()).map { row in
        zip(row, widths).enumerated().map { column, cell in
          let padding = String(repeating: " ", count: cell.1 - cell.0.count)
          return column == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: "  ")
      }.joined(separator: "\n")
    }
  }

  private static func csvCell(_ cell: String) -> String {
    // By scalars: a line break after a return is one `Character` with it.
    guard cell.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else {
      return cell
    }
    return "\"\(cell.replacing("\"", with: "\"\""))\""
  }
}
