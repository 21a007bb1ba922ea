import EarlyExit
import Foundation
import SparseLayers

/// Accuracy over cost: thresholds, each exit alone, and other networks, as gnuplot draws them.
struct ExitCurvePlot {
  /// A network that answers everything in one place.
  struct Peer {
    let name: String
    let macs: Int
    let accuracy: Double
  }

  private let curve: [ExitCurvePoint]
  private let report: ExitReport
  private let peers: [Peer]

  /// - Parameters:
  ///   - table: Answers and confidences.
  ///   - report: What the policy in use does.
  ///   - peers: Other networks on the same samples.
  init(_ table: ExitTable, report: ExitReport, peers: [Peer]) {
    curve = table.commonThresholdCurve()
    self.report = report
    self.peers = peers
  }

  func write(to path: String) throws {
    let exits = report.exits.map {
      (name: $0.exit, macs: Double($0.macs), accuracy: $0.accuracyOnAll)
    }
    let points = exits + peers.map { ($0.name, Double($0.macs), $0.accuracy) }
    let costs = points.map(\.macs) + curve.map(\.expectedMACs)
    var script = PlotStyle.terminal(width: 760, height: 520) + PlotStyle.axes
    script += CostScale(costs).commands
    script += AccuracyScale(points.map(\.accuracy) + curve.map(\.accuracy)).commands
    script += [
      "set xlabel 'multiply–adds (MACs) a sample' offset 0,0.3", "set ylabel 'accuracy, %'",
      PlotStyle.key(columns: 3),
    ]
    func block(_ name: String, _ rows: [(macs: Double, accuracy: Double, name: String)]) {
      script.append("$\(name) << end")
      script += rows.map {
        String(format: "%.2f %.4f ", $0.macs, 100 * $0.accuracy) + Gnuplot.label($0.name)
      }
      script.append("end")
    }
    block("curve", curve.map { ($0.expectedMACs, $0.accuracy, "") })
    block("exits", exits.map { ($0.macs, $0.accuracy, $0.name) })
    block("policy", [(report.expectedMACs, report.accuracy, "")])
    let colours = PlotStyle.colours
    var drawn = [
      "$curve using 1:2 with lines linewidth 1.8 linecolor rgb '\(colours[0])' title 'one threshold for all exits'",
      "$exits using 1:2 with points pointtype 7 linecolor rgb '\(colours[2])' title 'an exit alone'",
      "$exits using 1:2:3 with labels offset 0,-1 noenhanced notitle",
      "$policy using 1:2 with points pointtype 3 pointsize 1.6 linewidth 2 linecolor rgb '\(colours[1])' title 'the thresholds in use'",
    ]
    if !peers.isEmpty {
      block("peers", peers.map { (Double($0.macs), $0.accuracy, $0.name) })
      drawn += [
        "$peers using 1:2 with points pointtype 5 linecolor rgb '\(colours[3])' title 'other networks'",
        "$peers using 1:2:3 with labels offset 0,-1 noenhanced notitle",
      ]
    }
    let svg = try Gnuplot.draw(script + ["plot " + drawn.joined(separator: ", ")])
    try AtomicFile.write(to: path) { try $0.write(svg) }
  }
}
