import SparseCore

/// A pattern and its degree histograms, drawn with characters.
struct PatternDrawing {
  private let summary: PatternSummary
  private let columns: Int

  /// The most lines of the matrix.
  private static let maximumLines = 24

  /// Prepares a drawing.
  ///
  /// - Parameters:
  ///   - summary: The pattern.
  ///   - columns: The width of the terminal.
  init(_ summary: PatternSummary, columns: Int) {
    self.summary = summary
    self.columns = max(columns, 40)
  }

  /// The lines of the drawing.
  var text: String {
    let pattern = summary.pattern
    let origin = pattern.recipe.map { ", \($0.family)" } ?? ""
    let title =
      "\(summary.name)\(origin): \(Text.count(pattern.inputs)) inputs → "
      + "\(Text.count(pattern.outputs)) outputs, \(Text.count(pattern.edgeCount)) edges, "
      + "density \(Text.number(pattern.density))"
    return ([title, ""] + matrix + [""] + histograms).joined(separator: "\n")
  }
}

// MARK: - The matrix

extension PatternDrawing {
  private var matrix: [String] {
    let pattern = summary.pattern
    let width = columns - 2
    let fits = pattern.inputs <= 2 * width && pattern.outputs <= 4 * Self.maximumLines
    if fits { return framed(dots) }
    let grid = grid(width: width)
    return framed(shades(of: grid)) + [legend(of: grid)]
  }

  /// A dot for each connection: a character of braille has 2 columns of 4.
  private var dots: [String] {
    let pattern = summary.pattern
    let width = (pattern.inputs + 1) / 2
    var cells = [UInt32](repeating: 0, count: width * ((pattern.outputs + 3) / 4))
    for output in 0..<pattern.outputs {
      for edge in pattern.edges(ofRow: output) {
        let input = Int(pattern.columns[edge])
        // Unicode numbers the dots 1, 2, 3, 7 down the left column and 4, 5, 6, 8 down the right.
        let bit = output % 4 == 3 ? 6 + input % 2 : output % 4 + 3 * (input % 2)
        cells[output / 4 * width + input / 2] |= 1 << UInt32(bit)
      }
    }
    return stride(from: 0, to: cells.count, by: width).map { start in
      String(
        cells[start..<start + width].map { Character(Unicode.Scalar(0x2800 + $0) ?? " ") })
    }
  }

  /// A blank for no connection at all, and four shades.
  private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]

  /// The density of each part, a part for each character.
  private func grid(width: Int) -> DensityGrid {
    let pattern = summary.pattern
    // A character is about twice as high as wide.
    let lines = min(Self.maximumLines, max(4, pattern.outputs * width / (2 * pattern.inputs)))
    return DensityGrid(pattern, maximumRows: lines, maximumColumns: width)
  }

  private func shades(of grid: DensityGrid) -> [String] {
    (0..<grid.rows).map { row in
      String((0..<grid.columns).map { Self.shades[grid.shade(row, $0, of: 4)] })
    }
  }

  private func legend(of grid: DensityGrid) -> String {
    let limits = (1...4).map { part in
      "\(Self.shades[part]) \(Text.number(grid.maximum * Double(part) / 4, decimals: 3))"
    }
    return " density up to " + limits.joined(separator: "  ")
  }

  private func framed(_ lines: [String]) -> [String] {
    let width = lines.first?.count ?? 0
    let bar = String(repeating: "─", count: width)
    return ["┌\(bar)┐"] + lines.map { "│\($0)│" } + ["└\(bar)┘"]
  }
}

// MARK: - Histograms

extension PatternDrawing {
  private var histograms: [String] {
    histogram("in-degree of outputs", summary.inDegrees) + [""]
      + histogram("out-degree of inputs", summary.outDegrees)
  }

  private func histogram(_ title: String, _ statistics: DegreeStatistics) -> [String] {
    let bins = statistics.bins(atMost: 10)
    let labels = bins.map { Text.range([$0.degrees.lowerBound, $0.degrees.upperBound]) }
    let counts = bins.map { Text.count($0.neurons) }
    let labelWidth = labels.map(\.count).max() ?? 0
    let countWidth = counts.map(\.count).max() ?? 0
    let most = bins.map(\.neurons).max() ?? 1
    let room = min(40, columns - labelWidth - countWidth - 6)
    return ["\(title), mean \(Text.number(statistics.mean, decimals: 2))"]
      + zip(bins, zip(labels, counts)).map { bin, texts in
        let eighths = bin.neurons * room * 8 / max(most, 1)
        let bar = Self.bar(eighths: bin.neurons > 0 ? max(eighths, 1) : 0)
        return "  \(Self.padded(texts.0, labelWidth))  \(Self.padded(texts.1, countWidth))  \(bar)"
      }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: width - text.count) + text
  }

  /// A bar whose last character is as wide as is left.
  private static func bar(eighths: Int) -> String {
    let parts: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let whole = String(repeating: "█", count: eighths / 8)
    return eighths % 8 == 0 ? whole : whole + String(parts[eighths % 8 - 1])
  }
}
