import SparseCore

/// Patterns as an SVG picture: each matrix with its axes, and histograms of the degrees beside it.
enum PatternPicture {
  private static let margin = 24.0
  private static let axisWidth = 64.0
  private static let headerHeight = 58.0
  private static let footerHeight = 50.0
  private static let gap = 48.0
  private static let sideWidth = 230.0

  /// Draws patterns one below the other.
  ///
  /// - Parameter summaries: The patterns.
  /// - Returns: A whole SVG document.
  static func svg(of summaries: [PatternSummary]) -> String {
    var canvas = SVGCanvas()
    var y = margin
    let matrices = summaries.map { MatrixPicture($0.pattern) }
    let widest = matrices.map(\.width).max() ?? 0
    for (summary, matrix) in zip(summaries, matrices) {
      header(summary, y: y, on: &canvas)
      let top = y + headerHeight
      matrix.draw(x: margin + axisWidth, y: top, on: &canvas)
      let side = side(of: summary, matrix, x: margin + axisWidth + widest + gap, y: top, &canvas)
      y = top + max(matrix.height + footerHeight, side) + margin
    }
    return canvas.document(
      width: margin + axisWidth + widest + gap + sideWidth + margin, height: y,
      title: summaries.map(\.title).joined(separator: "; "))
  }

  private static func header(_ summary: PatternSummary, y: Double, on canvas: inout SVGCanvas) {
    canvas.text(
      summary.title, x: margin, y: y + 16, .init(size: 18, color: "#111", isBold: true))
    canvas.text(summary.subtitle, x: margin, y: y + 37, .init(size: 13, color: "#666"))
  }

  /// Draws what stands beside the matrix, and returns its height.
  private static func side(
    of summary: PatternSummary, _ matrix: MatrixPicture, x: Double, y: Double,
    _ canvas: inout SVGCanvas
  ) -> Double {
    var bottom = y
    for (title, statistics) in [
      ("in-degree of the outputs", summary.inDegrees),
      ("out-degree of the inputs", summary.outDegrees),
    ] {
      let histogram = HistogramPicture(title: title, statistics: statistics, width: sideWidth)
      histogram.draw(x: x, y: bottom, on: &canvas)
      bottom += HistogramPicture.height
    }
    if matrix.isGathered {
      matrix.drawLegend(x: x, y: bottom, width: sideWidth, on: &canvas)
      bottom += MatrixPicture.legendHeight
    }
    return bottom - y
  }
}

extension PatternSummary {
  /// The family, or the name where that is not known, and the sizes.
  fileprivate var title: String {
    let subject = pattern.recipe.map { "\($0.family)" } ?? name
    return
      "\(subject): \(Text.count(pattern.inputs)) inputs → \(Text.count(pattern.outputs)) outputs"
  }

  fileprivate var subtitle: String {
    var parts = pattern.recipe == nil ? [] : [name]
    parts.append("\(Text.count(pattern.edgeCount)) connections")
    parts.append("density \(Text.number(pattern.density))")
    if let recipe = pattern.recipe { parts.append("seed \(recipe.seed)") }
    return parts.joined(separator: " · ")
  }
}
