/// A terminal as far as progress lines need one: it wraps lines, moves up, erases, and breaks its
/// lines anew when it is resized.
struct Screen {
  /// A row, and whether it goes on the one before it.
  private struct Row {
    var text: [Character] = []
    var continues = false
  }

  private(set) var columns: Int
  private var rows = [Row()]
  private var row = 0
  private var column = 0

  init(columns: Int) { self.columns = columns }

  /// The rows without the blanks at their ends.
  var lines: [String] {
    rows.map { row in
      let end = row.text.lastIndex { $0 != " " } ?? -1
      return String(row.text[...end])
    }
  }

  mutating func send(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n": moveDown(continues: false)
      case "\u{1B}":
        let code = rest.dropFirst().prefix { !("A"..."Z").contains($0) }
        let letter = rest.dropFirst(1 + code.count).first
        rest = rest.dropFirst(2 + code.count)
        let count = Int(String(String.UnicodeScalarView(code)))
        switch letter {
        case "A": row = max(row - (count ?? 1), 0)
        case "J":
          rows.removeSubrange((row + 1)...)
          rows[row].text.removeSubrange(min(column, rows[row].text.count)...)
        default: preconditionFailure("a code that no progress line sends")
        }
      default: put(Character(scalar))
      }
    }
  }

  /// Makes the terminal narrower or wider; what was one line stays one.
  mutating func resize(to columns: Int) {
    self.columns = columns
    var lines: [[Character]] = []
    for row in rows {
      if row.continues { lines[lines.count - 1] += row.text } else { lines.append(row.text) }
    }
    rows = lines.flatMap { line in
      stride(from: 0, to: max(line.count, 1), by: columns).map { start in
        Row(text: Array(line[start..<min(start + columns, line.count)]), continues: start > 0)
      }
    }
    // The cursor stays behind the last character.
    row = rows.count - 1
    column = rows[row].text.count
  }

  private mutating func put(_ character: Character) {
    if column == columns { moveDown(continues: true) }
    while rows[row].text.count <= column { rows[row].text.append(" ") }
    rows[row].text[column] = character
    column += 1
  }

  private mutating func moveDown(continues: Bool) {
    row += 1
    column = 0
    if row == rows.count { rows.append(Row(continues: continues)) }
  }
}
