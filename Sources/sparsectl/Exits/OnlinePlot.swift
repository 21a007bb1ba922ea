import EarlyExit
import Foundation
import SparseLayers

/// Accuracy and cost of the policies along the stream, as gnuplot draws them.
struct OnlinePlot {
  private let study: OnlineStudy
  /// The samples that a point is the mean of.
  private let window: Int

  init(_ study: OnlineStudy) {
    self.study = study
    window = max(study.table.labels.count / 40, 1)
  }

  func write(to path: String) throws {
    var script = PlotStyle.terminal(width: 760, height: 640)
    for (number, run) in study.runs.enumerated() {
      script.append("$run\(number) << end")
      script += points(run).map { "\($0.sample) \($0.accuracy) \($0.macs)" }
      script.append("end")
    }
    // Room for all labels: gnuplot leaves out, without a word, those that do not fit.
    script.append("set multiplot layout 2,1 margins 0.13,0.97,0.12,0.9 spacing 0,0.09")
    script += PlotStyle.axes
    for phase in study.phases.dropFirst() {
      script.append(
        "set arrow from \(phase.lowerBound), graph 0 to \(phase.lowerBound), graph 1 nohead dashtype (4,4) linecolor rgb '#888888'"
      )
    }
    script += [
      "set xrange [0:\(study.table.labels.count)]", "unset xlabel",
      "set ylabel 'accuracy, %'", PlotStyle.key(columns: study.runs.count), lines(column: 2),
      "unset key", "set xlabel 'samples; means over \(window)'",
      "set ylabel 'MACs a sample'", "set yrange [0:*]", "set format y '%.0s %c'", lines(column: 3),
      "unset multiplot",
    ]
    let svg = try Gnuplot.draw(script)
    try AtomicFile.write(to: path) { try $0.write(svg) }
  }

  private func lines(column: Int) -> String {
    "plot "
      + study.runs.enumerated().map { number, run in
        """
        $run\(number) using 1:\(column) with lines linewidth 1.8 linecolor rgb \
        '\(PlotStyle.colours[number % PlotStyle.colours.count])' title \
        \(Gnuplot.quoted(run.name))
        """
      }.joined(separator: ", ")
  }

  private func points(_ run: OnlineStudy.Run) -> [(sample: Int, accuracy: String, macs: String)] {
    stride(from: 0, to: study.table.labels.count - window + 1, by: window).map { start in
      let part = study.table.part(start..<start + window, exits: run.outcome.exits)
      return (
        start + window / 2, String(format: "%.4f", 100 * part.accuracy),
        String(format: "%.1f", part.expectedMACs)
      )
    }
  }
}
