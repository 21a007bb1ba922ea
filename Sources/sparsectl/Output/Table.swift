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
  /// The first column is aligned left, the others right.
  func text(_ format: Format = .table) -> String {
    switch format {
    case .csv:
      return ([header] + rows).map { $0.map(Self.csvCell).joined(separator: ",") }
        .joined(separator: "\n")
    case .markdown:
      let rule = header.indices.map { $0 == 0 ? "---" : "---:" }
      return ([header, rule] + rows).map { "| \($0.joined(separator: " | ")) |" }
        .joined(separator: "\n")
    case .table:
      let widths = header.indices.map { column in
        ([header] + rows).map { $0[column].count }.max() ?? 0
      }
      let rule = widths.map { String(repeating: "─", count: $0) }
      return ([header, rule] + rows).map { row in
        zip(row, widths).enumerated().map { column, cell in
          let padding = String(repeating: " ", count: cell.1 - cell.0.count)
          return column == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: "  ")
      }.joined(separator: "\n")
    }
  }

  private static func csvCell(_ cell: String) -> String {
    guard cell.contains(where: { ",\"\n".contains($0) }) else { return cell }
    return "\"\(cell.replacing("\"", with: "\"\""))\""
  }
}
