import SparseCore
import SparseLayers

/// The junctions: a table of all, and a card for each with its pattern, degrees and weights.
struct JunctionSection {
  private let junctions: [(summary: PatternSummary, layer: SparseLinear)]

  /// The most junctions with a card, so that no page grows beyond what a browser shows.
  private static let mostCards = 48

  /// Looks at the junctions of a network.
  ///
  /// - Throws: `SparseError` when a digest cannot be computed.
  init(_ network: Network) throws {
    junctions = try network.junctions.map { name, layer in
      (try PatternSummary(layer.pattern, name: name), layer)
    }
  }

  var html: String {
    var table = Table(PatternSummary.headings + ["family", "seed"])
    for (summary, _) in junctions {
      let recipe = summary.pattern.recipe
      table.add(
        summary.cells + [recipe.map { "\($0.family)" } ?? "–", recipe.map { "\($0.seed)" } ?? "–"])
    }
    var parts = [HTML.table(table), "<div class=\"cards\">"]
    parts += junctions.prefix(Self.mostCards).map(card) + ["</div>"]
    if junctions.count > Self.mostCards {
      parts.append(
        HTML.paragraph(
          """
          The first \(Self.mostCards) of \(Text.count(junctions.count)) junctions are drawn; \
          'pattern show' draws the others.
          """, isSmall: true))
    }
    return HTML.section("Junctions", parts)
  }

  private func card(_ summary: PatternSummary, _ layer: SparseLinear) -> String {
    let pattern = summary.pattern
    let parts = [
      """
      <h3>\(Markup.escaped(summary.name)), \(Text.count(pattern.inputs)) → \
      \(Text.count(pattern.outputs))</h3>
      """,
      DensityMap(pattern).html,
      degrees("in-degree", of: "output", summary.inDegrees),
      degrees("out-degree", of: "input", summary.outDegrees),
      WeightHistogram(layer.weights.values).html,
    ]
    return "<article>\n\(parts.joined(separator: "\n"))\n</article>"
  }

  /// A histogram, or a sentence where all neurons have one degree.
  private func degrees(
    _ title: String, of neuron: String, _ statistics: DegreeStatistics
  ) -> String {
    guard statistics.minimum < statistics.maximum else {
      return HTML.paragraph(
        "\(title) \(Text.count(statistics.minimum)) for every \(neuron)", isSmall: true)
    }
    let mean = Text.number(statistics.mean, decimals: 2)
    let bins = statistics.bins(atMost: 40)
    return BarChart(
      title: "\(title): mean \(mean)"
        + (statistics.dead > 0 ? ", \(Text.count(statistics.dead)) \(neuron)s without any" : ""),
      counts: bins.map(\.neurons),
      ends: (Text.count(statistics.minimum), Text.count(statistics.maximum))
    ).html
  }
}
