import SparseCore

/// A pattern as a picture in the page's colour: each connection where there are few neurons, else
/// the density of the pattern's parts.
struct DensityMap {
  private let pattern: Pattern
  private let grid: DensityGrid

  /// The most neurons of a side that have a cell each, and about how many cells more neurons get.
  private static let (exactNeurons, gatheredCells) = (128, 100)
  private static let shades = 8

  init(_ pattern: Pattern) {
    self.pattern = pattern
    grid = DensityGrid(
      pattern, maximumRows: Self.cells(for: pattern.outputs),
      maximumColumns: Self.cells(for: pattern.inputs))
  }

  /// How many cells show some neurons, each about as many.
  private static func cells(for neurons: Int) -> Int {
    guard neurons > exactNeurons else { return neurons }
    let together = (neurons + gatheredCells - 1) / gatheredCells
    return (neurons + together - 1) / together
  }

  /// The figure with its caption.
  var html: String {
    guard pattern.density < 1 else {
      return HTML.paragraph("Full: every input reaches every output.", isSmall: true)
    }
    // Neither a thread nor a tower, whatever the sizes.
    let ratio = min(max(Double(pattern.inputs) / Double(pattern.outputs), 1), 3)
    return """
      <figure>
      <svg class="map" viewBox="0 0 \(grid.columns) \(grid.rows)" preserveAspectRatio="none" \
      style="aspect-ratio: \(Text.number(ratio))" role="img">
      <title>The connections from inputs, left to right, to outputs, top to bottom</title>
      <g class="cells">
      \(paths.joined(separator: "\n"))
      </g>
      </svg>
      <figcaption>\(Markup.escaped(caption))</figcaption>
      </figure>
      """
  }

  private var caption: String {
    let axes = "inputs → and outputs ↓"
    let (inputs, outputs) = grid.neuronsPerCell(of: pattern)
    guard inputs > 1 || outputs > 1 else {
      return "\(axes), a cell for each possible connection"
    }
    return """
      \(axes), a cell for \(inputs) × \(outputs) neurons; the darkest has density \
      \(Text.number(grid.maximum, decimals: 3))
      """
  }

  /// For each shade, the runs of cells that have it, each a stroke as wide as a row.
  private var paths: [String] {
    let paths = grid.paths(shades: Self.shades) { row, column, length in
      "M\(column) \(row).5h\(length)"
    }
    return paths.enumerated().filter { !$0.element.isEmpty }.map { shade, path in
      let opacity = Double(shade + 1) / Double(Self.shades)
      return #"<path stroke-opacity="\#(Text.number(opacity))" d="\#(path)"/>"#
    }
  }
}
