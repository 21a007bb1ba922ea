import SparseLayers

/// The report as one HTML file that needs nothing else: no network, no script.
struct SweepPage {
  private let report: SweepReport
  private let pictures: [SweepPlot.Picture]

  init(_ report: SweepReport, pictures: [SweepPlot.Picture]) {
    self.report = report
    self.pictures = pictures
  }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sweep on \(Markup.escaped(report.settings.dataset))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <h1>Accuracy and cost of predefined sparse networks</h1>
    \(summary)
    \(figures)
    <h2>Networks</h2>
    <div class="wide">
    \(table)
    </div>
    \(legend)
    \(notes)
    <h2>Runs</h2>
    <div class="wide">
    \(runs)
    </div>
    </body>
    </html>

    """
  }

  private var summary: String {
    let settings = report.settings
    let training = settings.training
    let diverged = report.rows.reduce(0) { $0 + $1.diverged }
    let facts: [(name: String, value: String)] = [
      ("Data", settings.dataset),
      (
        "Score",
        settings.score == SweepSettings.Part.test.rawValue
          ? "test part, after the last epoch; nothing was chosen by it"
          : "validation part, after the last epoch; the test part was not looked at"
      ),
      (
        "Runs",
        "\(report.runs.count) of \(report.rows.count) networks"
          + (diverged > 0 ? ", \(diverged) diverged" : "")
      ),
      (
        "Training",
        "\(Text.count(training.epochs, "epoch")), batches of \(training.batchSize), learning rate \(training.optimizer.learningRate)"
          + (training.optimizer.l2 > 0 ? ", L2 \(training.optimizer.l2)" : "")
          + (settings.dropout > 0 ? ", dropout \(settings.dropout)" : "")
          + (settings.batchNormalization ? ", batch normalisation" : "")
      ),
      ("Command", settings.command),
    ]
    return HTML.facts(facts)
  }

  private var figures: String {
    guard !pictures.isEmpty else {
      return "<p>There are no plots: gnuplot was not found, or had nothing to draw.</p>"
    }
    let figures = pictures.enumerated().map { index, picture in
      """
      <figure>
      \(Self.inline(picture.svg, prefix: "plot\(index)-"))
      <figcaption>\(Markup.escaped(picture.title)). Error bars: one standard deviation over the seeds. \
      Ringed: no network of this sweep is both cheaper and better.</figcaption>
      </figure>
      """
    }
    return "<div class=\"figures\">\n\(figures.joined(separator: "\n"))\n</div>"
  }

  private var table: String {
    let table = report.table
    let body = table.rows.enumerated().map { index, row in
      let isFront = report.fronts.values.contains { $0.contains(index) }
      let isReference = index == report.reference
      let style = [isFront ? "front" : nil, isReference ? "reference" : nil].compactMap { $0 }
      return Self.row(row, style: style.joined(separator: " "))
    }
    return Self.table(table.header, body)
  }

  private var legend: String {
    let reference = report.reference.map { index in
      """
       Storage ÷ and training ÷ say how many times less a network stores and how many times fewer \
      multiply–adds its training takes, and points how many percentage points it is better, than the \
      full network \(SweepText.layers(report.rows[index].layers)).
      """
    }
    return """
      <p class="small">Accuracy: mean ± standard deviation over the seeds. Density: of the hidden junctions. \
      Storage: values, columns (2 bytes each up to 65,536 inputs), row offsets where rows differ in \
      length, and biases; of a full network, values and biases, its best form \
      (its model file holds indices as well, which 'train' and 'measure' count). Inference takes as many multiply–adds \
      (MACs) per sample as there are weights. Pareto: on the front of accuracy against w weights, \
      s storage, t training MACs.\
      \(Markup.escaped(reference ?? ""))</p>
      """
  }

  private var notes: String {
    guard !report.notes.isEmpty else { return "" }
    let items = report.notes.map { "<li>\(Markup.escaped($0))</li>" }
    return "<h2>Notes</h2>\n<ul class=\"small\">\n\(items.joined(separator: "\n"))\n</ul>"
  }

  private var runs: String {
    let body = report.runs.map { run in
      Self.row([
        SweepText.layers(run.layers), run.family, Text.count(run.cost.weights), "\(run.seed)",
        run.accuracy.map { Text.fixed(100 * $0, 2) } ?? "diverged",
        run.loss.map { Text.fixed($0, 4) } ?? "–", Text.fixed(run.trainSeconds, 1),
      ])
    }
    return Self.table(
      ["network", "pattern", "weights", "seed", "accuracy, %", "loss", "seconds"], body)
  }

  // MARK: HTML

  private static func table(_ header: [String], _ body: [String]) -> String {
    let heads = header.map { "<th>\(Markup.escaped($0))</th>" }.joined()
    return """
      <table>
      <thead><tr>\(heads)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody>
      </table>
      """
  }

  private static func row(_ cells: [String], style: String = "") -> String {
    let cells = cells.map { "<td>\(Markup.escaped($0))</td>" }.joined()
    return style.isEmpty ? "<tr>\(cells)</tr>" : "<tr class=\"\(style)\">\(cells)</tr>"
  }

  /// A picture as a part of a page: without its XML header, and with names of its own.
  private static func inline(_ svg: String, prefix: String) -> String {
    let start = svg.firstRange(of: "<svg")?.lowerBound ?? svg.startIndex
    return String(svg[start...])
      .replacing("id='gp", with: "id='\(prefix)gp").replacing("'#gp", with: "'#\(prefix)gp")
      .replacing("id=\"gnuplot", with: "id=\"\(prefix)gnuplot")
      .replacing("id=\"plot_", with: "id=\"\(prefix)plot_")
      .replacing("id='textbox", with: "id='\(prefix)textbox")
      .replacing("id='greybox", with: "id='\(prefix)greybox")
      .replacing("#textbox", with: "#\(prefix)textbox")
      .replacing("#greybox", with: "#\(prefix)greybox")
      .replacing("<title>Gnuplot</title>", with: "")
  }

  private static let style = """
    body { font: 16px/1.5 system-ui, Helvetica, Arial, sans-serif; color: #1d1d1f; background: #fff;
      margin: 2.5rem auto; max-width: 1280px; padding: 0 1.25rem; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
    h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; }
    dl { display: grid; grid-template-columns: max-content auto; gap: 0.15rem 1.25rem; margin: 0; }
    dt { color: #6b6b70; } dd { margin: 0; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(520px, 100%), 1fr));
      gap: 1.5rem; margin-top: 1.5rem; }
    figure { margin: 0; border: 1px solid #e3e3e6; border-radius: 8px; padding: 0.75rem; }
    figure svg { width: 100%; height: auto; display: block; }
    figcaption, .small { color: #55555a; font-size: 0.87rem; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums;
      white-space: nowrap; }
    th { text-align: right; font-weight: 600; border-bottom: 2px solid #c9c9ce; }
    th, td { padding: 0.3rem 0.45rem; }
    td { text-align: right; border-bottom: 1px solid #ececef; }
    th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
    tr.front td { background: #f0f6ff; }
    tr.reference td:first-child { font-weight: 600; }
    """
}
