import Foundation
import SparseLayers

/// The latency of each row, from the mean to that of 99 of 100 samples, as gnuplot draws it.
struct PlanPlot {
  private let report: PlanReport

  init(_ report: PlanReport) { self.report = report }

  func write(to path: String) throws {
    let places = report.cuts.filter { !$0.exits }
    var script = PlotStyle.terminal(width: 760, height: 480) + PlotStyle.axes
    script += [
      "set logscale y", "set ylabel 'latency, ms'", "set format y '%g'",
      "set xrange [-0.6:\(Double(places.count) - 0.4)]",
      "set xtics (\(places.enumerated().map { "'\($1.label)' \($0)" }.joined(separator: ", ")))",
      "set xlabel \(Gnuplot.quoted("the edge's part; link \(report.link.name)")) noenhanced",
      PlotStyle.key(columns: 2),
    ]
    var drawn: [String] = []
    for (number, exits) in [false, true].enumerated() {
      let cuts = report.cuts.filter { $0.exits == exits }
      guard !cuts.isEmpty else { continue }
      script.append("$rows\(number) << end")
      script += cuts.compactMap { cut in
        places.firstIndex { $0.label == cut.label }.map { place in
          String(
            format: "%.2f %.6g %.6g", Double(place) + (exits ? 0.12 : -0.12),
            1000 * cut.latencyMean, 1000 * cut.latencyP99)
        }
      }
      script.append("end")
      drawn.append(
        """
        $rows\(number) using 1:2:2:3 with yerrorbars linewidth 1.8 pointtype \
        \(PlotStyle.marks[number]) linecolor rgb '\(PlotStyle.colours[number])' title \
        '\(exits ? "with exits" : "without exits"): mean, up to 99 %'
        """)
    }
    let svg = try Gnuplot.draw(script + ["plot " + drawn.joined(separator: ", ")])
    try AtomicFile.write(to: path) { try $0.write(svg) }
  }
}

extension PlanReport.Cut {
  /// What stands below the axis.
  fileprivate var label: String { place == "split" ? "split \(hiddenLayers)" : place }
}
