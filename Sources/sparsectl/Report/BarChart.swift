/// Counts side by side, drawn as SVG in the page's colour; below are the meanings of the first and
/// the last.
struct BarChart {
  /// What is counted.
  let title: String
  let counts: [Int]
  /// What stands below the ends.
  let ends: (first: String, last: String)

  private static let height = 100.0

  /// The figure with its caption.
  var html: String {
    let most = Double(max(counts.max() ?? 1, 1))
    let bars = counts.enumerated().filter { $0.element > 0 }.map { index, count in
      let height = max(Double(count) / most * Self.height, 1)
      return "M\(index) \(Text.number(Self.height))v-\(Text.number(height, decimals: 1))h.9V100z"
    }
    let end = Text.number(Self.height)
    return """
      <figure>
      <figcaption>\(Markup.escaped(title))</figcaption>
      <svg viewBox="0 0 \(max(counts.count, 1)) \(end)" preserveAspectRatio="none" \
      style="aspect-ratio: 5" role="img">
      <title>\(Markup.escaped(title))</title>
      <path class="bars" d="\(bars.joined())"/>
      </svg>
      <p class="ends">\
      <span>\(Markup.escaped(ends.first))</span><span>\(Markup.escaped(ends.last))</span></p>
      </figure>
      """
  }
}
