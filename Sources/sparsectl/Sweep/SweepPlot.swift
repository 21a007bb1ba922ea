import Foundation
import SparseCore
import SparseLayers

/// Accuracy against what networks cost, as gnuplot draws it.
struct SweepPlot {
  private let report: SweepReport
  private let series: [Series]
  private let scale: AccuracyScale

  /// A finished picture.
  struct Picture {
    let title: String
    let svg: String
  }

  /// Rows with one colour and one mark.
  private struct Series {
    let title: String
    let rows: [Int]
    /// Whether a line along the rows says something: one thing varies along it.
    let isCourse: Bool
  }

  init(_ report: SweepReport) {
    self.report = report
    series = Self.series(report.rows)
    scale = AccuracyScale(
      report.rows.compactMap(\.accuracy).flatMap { accuracy in
        [-1, 1].map { accuracy.mean + $0 * (accuracy.standardDeviation ?? 0) }
      })
  }

  private static func series(_ rows: [SweepRow]) -> [Series] {
    let drawn = rows.indices.filter { rows[$0].accuracy != nil }
    func grouped(_ key: (SweepRow) -> String) -> [Series] {
      var order: [String] = []
      var members: [String: [Int]] = [:]
      for index in drawn {
        let key = key(rows[index])
        if members[key] == nil { order.append(key) }
        members[key, default: []].append(index)
      }
      return order.map { title in
        let indices = (members[title] ?? []).sorted {
          rows[$0].cost.weights < rows[$1].cost.weights
        }
        return Series(
          title: title, rows: indices,
          isCourse: indices.count > 1 && Set(indices.map { rows[$0].layers }).count == 1)
      }
    }
    let hasOneNetwork = Set(drawn.map { rows[$0].layers }).count < 2
    let fine = grouped {
      $0.family == "full" || hasOneNetwork
        ? $0.family : "\($0.family), \(SweepText.layers($0.layers))"
    }
    return fine.count <= PlotStyle.colours.count ? fine : grouped(\.family)
  }

  /// Draws the three plots, and the picture of all of them where one is asked for.
  ///
  /// - Parameter files: Where they go.
  /// - Returns: The plots for the page.
  /// - Throws: `SparseError` when there is nothing to draw, or no gnuplot.
  func draw(into files: SweepFiles) throws -> [Picture] {
    guard !series.isEmpty else {
      throw SparseError(
        .diverged, "Every run diverged, so there is nothing to draw. Lower the learning rate.")
    }
    let pictures = try SweepCost.allCases.map { cost in
      let svg = try Gnuplot.draw(
        PlotStyle.terminal(width: 760, height: 480 + 22 * keyLines) + panel(cost, hasKey: true))
      try files.write(svg, to: files.picture(cost))
      return Picture(title: Self.title(cost), svg: svg)
    }
    if let plot = files.plot {
      let (width, height, key) = (760, 1400, 22 * keyLines + 14)
      var script = PlotStyle.terminal(width: width, height: height + key)
      let top = Double(height) / Double(height + key)
      script.append(
        String(format: "set multiplot layout 3,1 margins 0.13,0.97,0.055,%.4f spacing 0,0.062", top)
      )
      for (index, cost) in SweepCost.allCases.enumerated() {
        script += panel(cost, hasKey: index == 0)
      }
      try files.write(try Gnuplot.draw(script + ["unset multiplot"]), to: plot)
    }
    return pictures
  }

  static func title(_ cost: SweepCost) -> String {
    switch cost {
    case .weights: "Accuracy against weights"
    case .storage: "Accuracy against storage"
    case .trainingMACs: "Accuracy against multiply–adds of training"
    }
  }

  private static func axis(_ cost: SweepCost) -> String {
    switch cost {
    case .weights: "weights, and multiply–adds (MACs) of inference per sample"
    case .storage: "storage of values, indices and biases, bytes"
    case .trainingMACs: "multiply–adds (MACs) of training per sample"
    }
  }
}

// MARK: - Scripts

extension SweepPlot {
  /// The columns of the key, from the width of its longest entry.
  private var keyColumns: Int {
    let longest = (series.map(\.title.count) + [12]).max() ?? 12
    return min(max(620 / (8 * longest + 50), 1), series.count + 1)
  }

  private var keyLines: Int { (series.count + keyColumns) / keyColumns }

  private func panel(_ cost: SweepCost, hasKey: Bool) -> [String] {
    let rows = report.rows
    let costs = series.flatMap(\.rows).map { Double(cost.value(of: rows[$0])) }
    let isTest = report.settings.score == SweepSettings.Part.test.rawValue
    var script =
      PlotStyle.axes + [
        "set xlabel \(Gnuplot.quoted(Self.axis(cost))) offset 0,0.3",
        "set ylabel \(Gnuplot.quoted("\(isTest ? "test" : "validation") accuracy, %"))",
        hasKey ? PlotStyle.key(columns: keyColumns) : "unset key",
      ] + CostScale(costs).commands + scale.commands
    var drawn: [String] = []
    for (number, series) in series.enumerated() {
      let colour = PlotStyle.colours[number % PlotStyle.colours.count]
      let name = "$series\(number)"
      script.append("\(name) << end")
      script += series.rows.map { "\(cost.value(of: rows[$0])) \(Self.values(rows[$0]))" }
      script.append("end")
      if series.isCourse {
        drawn.append("\(name) using 1:2 with lines linecolor rgb '\(colour)' linewidth 1.5 notitle")
      }
      let style =
        "linecolor rgb '\(colour)' linewidth 1.5 pointtype \(PlotStyle.marks[number % PlotStyle.marks.count])"
      drawn.append(
        "\(name) using 1:2:3:4 with yerrorbars \(style) pointsize 0.9 title \(Gnuplot.quoted(series.title))"
      )
    }
    script.append("$front << end")
    script += cost.front(of: rows).map { "\(cost.value(of: rows[$0])) \(Self.values(rows[$0]))" }
    script.append("end")
    // Under the marks: a step line, since nothing between two choices can be had.
    drawn.insert(
      "$front using 1:2 with steps linecolor rgb '#999999' linewidth 1.5 dashtype (6,4) notitle",
      at: 0)
    drawn.append(
      "$front using 1:2 with points pointtype 6 pointsize 2 linewidth 1.8 linecolor rgb '#222222' title 'Pareto front'"
    )
    script.append("plot " + drawn.joined(separator: ", "))
    return script
  }

  /// Mean, and the ends of the error bar: one standard deviation each way, inside 0…100.
  private static func values(_ row: SweepRow) -> String {
    guard let accuracy = row.accuracy else { return "nan nan nan" }
    let deviation = accuracy.standardDeviation ?? 0
    let ends = [
      accuracy.mean, max(accuracy.mean - deviation, 0), min(accuracy.mean + deviation, 1),
    ]
    return ends.map { String(format: "%.6f", 100 * $0) }.joined(separator: " ")
  }
}

extension Gnuplot {
  /// Runs a script of several lines.
  static func draw(_ script: [String]) throws -> String {
    try draw(script.joined(separator: "\n"))
  }
}
