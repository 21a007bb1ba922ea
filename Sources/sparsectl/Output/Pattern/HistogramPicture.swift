import SparseCore

/// How many neurons have which degree, drawn as SVG.
struct HistogramPicture {
  /// What the degrees are those of.
  let title: String
  let statistics: DegreeStatistics
  /// The width in pixels.
  let width: Double

  /// The height in pixels, with title and labels.
  static let height = 180.0

  private static let barsHeight = 84.0
  private static let barsTop = 50.0
  private static let color = "#5c96d0"

  /// Draws the histogram.
  ///
  /// - Parameters:
  ///   - x: The left edge.
  ///   - y: The upper edge.
  ///   - canvas: What to draw on.
  func draw(x: Double, y: Double, on canvas: inout SVGCanvas) {
    canvas.text(title, x: x, y: y + 12, .init(isBold: true))
    canvas.text(range, x: x, y: y + 28, .init(size: 11, color: "#666"))
    let bins = statistics.bins(atMost: 20)
    let bottom = y + Self.barsTop + Self.barsHeight
    // A single degree is a bar, not a wall.
    let step = min(width / Double(max(bins.count, 1)), 60)
    let most = bins.map(\.neurons).max() ?? 1
    for (index, bin) in bins.enumerated() where bin.neurons > 0 {
      let height = max(Self.barsHeight * Double(bin.neurons) / Double(most), 1)
      canvas.rectangle(
        x: x + Double(index) * step + 1, y: bottom - height, width: step - 2, height: height,
        fill: Self.color)
    }
    canvas.line(x1: x, y1: bottom + 0.5, x2: x + width, y2: bottom + 0.5)
    drawLabels(bins, step: step, x: x, bottom: bottom, on: &canvas)
  }

  private var range: String {
    let mean = Text.number(statistics.mean, decimals: 2)
    guard statistics.minimum < statistics.maximum else {
      return "\(Text.count(statistics.minimum)) for every neuron"
    }
    return "\(Text.range(statistics)), mean \(mean)"
  }

  /// The degrees of the first and the last bar, of all where there is room, and the highest's neurons.
  private func drawLabels(
    _ bins: [DegreeStatistics.Bin], step: Double, x: Double, bottom: Double,
    on canvas: inout SVGCanvas
  ) {
    let style = SVGCanvas.Style(size: 11, anchor: .middle)
    let labels = bins.map { Text.range([$0.degrees.lowerBound, $0.degrees.upperBound]) }
    let widest = Double(labels.map(\.count).max() ?? 1) * 7
    let every = max(Int((widest / step).rounded(.up)), 1)
    for index in stride(from: 0, to: bins.count, by: every) {
      canvas.text(labels[index], x: x + (Double(index) + 0.5) * step, y: bottom + 16, style)
    }
    guard let highest = bins.indices.max(by: { bins[$0].neurons < bins[$1].neurons }) else {
      return
    }
    canvas.text(
      Text.count(bins[highest].neurons), x: x + (Double(highest) + 0.5) * step,
      y: bottom - Self.barsHeight - 3, style)
  }
}
