/// A line or a few on stderr that are redrawn while work goes on; nothing when stderr is no terminal.
///
/// They have no colours, so that there are none for NO_COLOR to take away.
struct ProgressLine {
  private var lastDrawn: ContinuousClock.Instant?
  /// The characters of each line that is on the screen.
  private var widths: [Int] = []

  /// Whether there is a terminal, and a tenth of a second has passed since the last text.
  var isDue: Bool {
    guard Terminal.isInteractive else { return false }
    return lastDrawn.map { $0.duration(to: .now) >= .milliseconds(100) } ?? true
  }

  /// Shows a text of one or more lines, at most ten times a second, each cut where the terminal ends.
  mutating func show(_ text: @autoclosure () -> String) {
    guard isDue else { return }
    lastDrawn = .now
    let drawing = Self.drawing(text(), over: widths, columns: Terminal.columns)
    Terminal.show(drawing.codes)
    widths = drawing.widths
  }

  /// Removes the lines.
  mutating func clear() {
    guard !widths.isEmpty else { return }
    Terminal.show(Self.removal(of: widths, columns: Terminal.columns))
    widths = []
  }

  /// What draws a text in the place of lines that are on the screen.
  ///
  /// - Parameters:
  ///   - text: One or more lines.
  ///   - widths: The characters of each line on the screen.
  ///   - columns: The columns of the terminal as it is now.
  /// - Returns: What to send, and the characters of each new line.
  static func drawing(
    _ text: String, over widths: [Int], columns: Int
  ) -> (codes: String, widths: [Int]) {
    let lines = text.split(separator: "\n").map { $0.prefix(max(columns - 1, 1)) }
    return (
      removal(of: widths, columns: columns) + lines.joined(separator: "\n"), lines.map(\.count)
    )
  }

  /// What removes lines from the screen when the cursor is at the end of the last one.
  ///
  /// A terminal that was made narrower has broken the lines anew, so that they take more rows now.
  ///
  /// - Parameters:
  ///   - widths: The characters of each line.
  ///   - columns: The columns of the terminal as it is now.
  /// - Returns: To the start of the row, up to the first row, and all erased from there.
  static func removal(of widths: [Int], columns: Int) -> String {
    let rows = widths.reduce(0) { $0 + max(($1 + columns - 1) / columns, 1) }
    return "\r" + (rows > 1 ? "\u{1B}[\(rows - 1)A" : "") + "\u{1B}[J"
  }
}
