import ArgumentParser
import SparseLayers

/// A model's report as one HTML file that needs nothing else: no network, no script.
///
/// The same inputs make the same bytes. The page is well-formed XML, too, so that it can be checked.
struct ReportPage {
  let identity: ModelIdentity
  let model: ModelFile
  let measure: MeasureReport
  /// The file of metrics, if one was given.
  let history: MetricsHistory?

  /// The page.
  ///
  /// - Throws: `SparseError` when a digest cannot be computed.
  var html: String {
    get throws {
      let cost = CostSection(measure: measure)
      let sections = [
        header, cost.tiles, split, OriginSection(model: model).html,
        TrainingSection(history: history).html, try JunctionSection(model.network).html, cost.html,
        ExitSection(model: model).html,
      ]
      return """
        <!DOCTYPE html>
        <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
        style-src 'unsafe-inline'"/>
        <title>\(Markup.escaped(identity.name)), a sparse network</title>
        <style>
        \(ReportStyle.css)
        </style>
        </head>
        <body>
        \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
        <footer>Made by sparsectl \(Sparsectl.configuration.version).</footer>
        </body>
        </html>

        """
    }
  }

  private var header: String {
    let network = model.network
    let hidden = ([0] + network.hiddenLayerEnds).map { network.backboneSize(at: $0) }
    let outputs = network.taskOutputs.map { task, branch in
      "\(Text.count(network.branches[branch].outputSize)) for \(task)"
    }
    return """
      <header>
      <h1>\(Markup.escaped(identity.name))</h1>
      <p>A network whose connections were chosen before training.</p>
      \(HTML.facts([
        ("File", "\(identity.name), \(Text.count(identity.byteCount)) bytes"),
        ("SHA-256", identity.sha256),
        ("Backbone", hidden.map(Text.count).joined(separator: " → ")),
        ("Outputs", outputs.isEmpty ? "none: it hands over" : outputs.joined(separator: ", ")),
      ]))
      </header>
      """
  }

  /// Which part of a network this is; empty for a whole one.
  private var split: String {
    guard let split = model.split else { return "" }
    let layers = split.hiddenLayers
    return HTML.section(
      "Part of a split network",
      [
        HTML.facts([
          ("Part", split.part == .edge ? "edge: the first layers" : "remote: the last layers"),
          ("Cut", "after \(layers) hidden layer\(layers == 1 ? "" : "s")"),
          ("Crosses the cut", "\(Text.count(split.boundaryFeatures)) features of each sample"),
          (
            "Whole network's output",
            "\(split.output.branch): \(Text.count(split.output.size)) values for \(split.output.task)"
          ),
          ("Identity of both parts", split.identity),
        ])
      ])
  }
}
