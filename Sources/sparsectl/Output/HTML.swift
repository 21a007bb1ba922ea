/// Pieces of an HTML page that is well-formed XML, too.
enum HTML {
  /// A table whose first column is aligned left and the others right; it scrolls where it is wide.
  static func table(_ table: Table) -> String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>\(cells.map { "<\(tag)>\(Markup.escaped($0))</\(tag)>" }.joined())</tr>"
    }
    return """
      <div class="wide"><table>
      <thead>\(row(table.header, "th"))</thead>
      <tbody>
      \(table.rows.map { row($0, "td") }.joined(separator: "\n"))
      </tbody>
      </table></div>
      """
  }

  /// Names with their values.
  static func facts(_ facts: [(name: String, value: String)]) -> String {
    let items = facts.map {
      "<dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd>"
    }
    return "<dl>\n\(items.joined(separator: "\n"))\n</dl>"
  }

  /// A paragraph of plain text.
  static func paragraph(_ text: String, isSmall: Bool = false) -> String {
    "<p\(isSmall ? #" class="small""# : "")>\(Markup.escaped(text))</p>"
  }

  /// A part of the page under a title.
  ///
  /// - Parameters:
  ///   - title: Plain text.
  ///   - parts: Pieces of the page.
  /// - Returns: The piece that they make together.
  static func section(_ title: String, _ parts: [String]) -> String {
    """
    <section>
    <h2>\(Markup.escaped(title))</h2>
    \(parts.joined(separator: "\n"))
    </section>
    """
  }
}
