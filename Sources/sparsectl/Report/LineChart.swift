import Foundation

/// Numbers over epochs, drawn as SVG whose colours and fonts are those of the page around it.
struct LineChart {
  /// One curve.
  struct Series {
    let name: String
    /// Increasing epochs, and finite values.
    let points: [(epoch: Int, value: Double)]
    /// Whether it has the accent colour.
    let isMain: Bool

    fileprivate var style: String { isMain ? "main" : "other" }
  }

  /// What is drawn, such as `loss`.
  let title: String
  /// Those that have points are drawn.
  let series: [Series]

  private static let (width, height) = (360.0, 220.0)
  private static let (left, right, top, bottom) = (46.0, 12.0, 10.0, 26.0)

  /// The most points of a curve: more than the page has pixels.
  private static let mostPoints = 720

  /// The figure with its caption; empty without any point.
  var html: String {
    let shown = series.filter { !$0.points.isEmpty }
    guard !shown.isEmpty else { return "" }
    let keys = shown.map { #"<span class="key \#($0.style)">\#(Markup.escaped($0.name))</span>"# }
    return """
      <figure>
      <figcaption>\(Markup.escaped(title))\(keys.joined())</figcaption>
      \(svg(shown))
      </figure>
      """
  }

  private func svg(_ shown: [Series]) -> String {
    let epochs = shown.flatMap { $0.points.map(\.epoch) }
    let horizontal = NumberAxis(within: (epochs.min() ?? 1)...(epochs.max() ?? 1), intervals: 6)
    let vertical = NumberAxis(around: shown.flatMap { $0.points.map(\.value) }, intervals: 4)
    func x(_ epoch: Double) -> Double {
      Self.left + horizontal.position(of: epoch) * (Self.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom
        - vertical.position(of: value) * (Self.height - Self.top - Self.bottom)
    }
    var elements = vertical.ticks.flatMap { tick in
      [
        Self.gridLine(y: y(tick)),
        Self.label(NumberAxis.text(tick), x: Self.left - 6, y: y(tick) + 4, anchor: "end"),
      ]
    }
    elements += horizontal.ticks.map { tick in
      Self.label(Text.count(Int(tick)), x: x(tick), y: Self.height - 8, anchor: "middle")
    }
    // The main curve last, above the others.
    for curve in shown.sorted(by: { !$0.isMain && $1.isMain }) {
      let points = Self.thinned(curve.points).map { (x: x(Double($0.epoch)), y: y($0.value)) }
      elements += Self.curve(points, style: curve.style)
    }
    return """
      <svg viewBox="0 0 \(Self.number(Self.width)) \(Self.number(Self.height))" role="img">
      <title>\(Markup.escaped(title)) by epoch</title>
      \(elements.joined(separator: "\n"))
      </svg>
      """
  }

  // MARK: - Elements

  private static func gridLine(y: Double) -> String {
    #"<line class="grid" x1="\#(number(left))" x2="\#(number(width - right))" "#
      + #"y1="\#(number(y))" y2="\#(number(y))"/>"#
  }

  private static func label(_ text: String, x: Double, y: Double, anchor: String) -> String {
    #"<text class="tick" x="\#(number(x))" y="\#(number(y))" text-anchor="\#(anchor)">"#
      + "\(Markup.escaped(text))</text>"
  }

  /// A line through points, and a dot at the last.
  private static func curve(_ points: [(x: Double, y: Double)], style: String) -> [String] {
    guard let last = points.last else { return [] }
    let path = points.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
    return [
      #"<path class="curve \#(style)" d="M\#(path)"/>"#,
      #"<circle class="dot \#(style)" cx="\#(number(last.x))" cy="\#(number(last.y))" r="3"/>"#,
    ]
  }

  /// Not more points than can be seen, the last among them.
  private static func thinned(
    _ points: [(epoch: Int, value: Double)]
  ) -> [(epoch: Int, value: Double)] {
    let count = min(points.count, mostPoints)
    return count == 0 ? [] : (1...count).map { points[$0 * points.count / count - 1] }
  }

  private static func number(_ value: Double) -> String { Text.number(value, decimals: 1) }
}
