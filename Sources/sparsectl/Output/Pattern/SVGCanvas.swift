/// Shapes and text as SVG, one element a line.
struct SVGCanvas {
  /// Where a text begins, ends or has its middle.
  enum Anchor: String {
    case start, middle, end
  }

  /// How a text looks.
  struct Style {
    var size = 12.0
    var color = "#333"
    var anchor = Anchor.start
    var isBold = false
    /// Whether the text runs upwards.
    var isVertical = false
  }

  private var elements: [String] = []

  /// Writes a text whose baseline starts, ends or has its middle at a point.
  mutating func text(_ text: String, x: Double, y: Double, _ style: Style = Style()) {
    var attributes = #"x="\#(Self.number(x))" y="\#(Self.number(y))""#
    attributes += #" font-size="\#(Self.number(style.size))" fill="\#(style.color)""#
    if style.anchor != .start { attributes += #" text-anchor="\#(style.anchor.rawValue)""# }
    if style.isBold { attributes += #" font-weight="bold""# }
    if style.isVertical {
      attributes += #" transform="rotate(-90 \#(Self.number(x)) \#(Self.number(y)))""#
    }
    elements.append("<text \(attributes)>\(Markup.escaped(text))</text>")
  }

  /// Fills a rectangle, or draws its border.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: String = "none",
    border: String = "none"
  ) {
    elements.append(
      #"<rect x="\#(Self.number(x))" y="\#(Self.number(y))" width="\#(Self.number(width))" "#
        + #"height="\#(Self.number(height))" fill="\#(fill)" stroke="\#(border)"/>"#)
  }

  /// Draws a line.
  mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, color: String = "#888") {
    elements.append(
      #"<line x1="\#(Self.number(x1))" y1="\#(Self.number(y1))" x2="\#(Self.number(x2))" "#
        + #"y2="\#(Self.number(y2))" stroke="\#(color)"/>"#)
  }

  /// Fills a path whose units are scaled and moved.
  mutating func path(
    _ path: String, x: Double, y: Double, scaleX: Double, scaleY: Double, fill: String
  ) {
    elements.append(
      #"<path transform="translate(\#(Self.number(x)) \#(Self.number(y))) "#
        + #"scale(\#(Self.number(scaleX)) \#(Self.number(scaleY)))" fill="\#(fill)" "#
        + #"shape-rendering="crispEdges" d="\#(path)"/>"#)
  }

  /// The document with all that was drawn.
  ///
  /// - Parameters:
  ///   - width: Its width in pixels.
  ///   - height: Its height in pixels.
  ///   - title: What it shows, for those who cannot see it.
  /// - Returns: The text of the file.
  func document(width: Double, height: Double, title: String) -> String {
    let size = #"width="\#(Self.number(width))" height="\#(Self.number(height))""#
    let view = "0 0 \(Self.number(width)) \(Self.number(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="\(view)" \
      font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" role="img">
      <title>\(Markup.escaped(title))</title>
      <rect width="100%" height="100%" fill="#fff"/>
      \(elements.joined(separator: "\n"))
      </svg>

      """
  }

  private static func number(_ value: Double) -> String { Text.number(value, decimals: 2) }
}
