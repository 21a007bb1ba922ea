import Foundation

/// The axis of a cost: logarithmic, with round tics.
struct CostScale {
  let commands: [String]

  /// - Parameter costs: What is drawn; a network without connections costs nothing, which such an axis
  ///   cannot show.
  init(_ costs: [Double]) {
    let costs = costs.filter { $0 > 0 }
    let least = costs.min() ?? 1
    let most = costs.max() ?? 1
    // A single cost needs room around it, too.
    let room = most / least < 1.5 ? 1.5 : 1.15
    let range = (least / room)...(most * room)
    let decades =
      Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound).rounded(.up))
    let steps: [Double] =
      switch range.upperBound / range.lowerBound {
      case ..<4: [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]
      case ..<20: [1, 1.5, 2, 3, 4, 5, 7]
      case ..<1000: [1, 2, 5]
      default: [1]
      }
    let tics = decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
      .filter(range.contains)
    commands = [
      "set logscale x",
      String(format: "set xrange [%.6g:%.6g]", range.lowerBound, range.upperBound),
      "set xtics (\(tics.map { "'\(Self.short($0))' \($0)" }.joined(separator: ", ")))",
      "set mxtics 1",
    ]
  }

  /// `1 k`, `20 k`, `5 M`: as short as an axis wants it.
  static func short(_ value: Double) -> String {
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= unit * 0.9999 {
      return "\(Text.number(value / unit, decimals: 1)) \(name)"
    }
    return Text.number(value, decimals: 1)
  }
}

/// The axis of accuracy in percent.
///
/// Where accuracies lie far apart, the distance to 100 % is drawn on a logarithmic scale, so that the
/// last points, which matter most, are not squeezed together; the labels stay accuracies.
struct AccuracyScale {
  let commands: [String]

  /// - Parameter accuracies: What is drawn: shares of right answers.
  init(_ accuracies: [Double]) {
    let least = 100 * (accuracies.min() ?? 0)
    let most = 100 * (accuracies.max() ?? 1)
    let isLogarithmic = most - least > 4 && most < 99.95
    commands = isLogarithmic ? Self.logarithmic(least, most) : Self.linear(least, most)
  }

  private static func logarithmic(_ least: Double, _ most: Double) -> [String] {
    let (bottom, top) = (100 - 1.12 * (100 - least), 100 - (100 - most) / 1.12)
    let errors = [
      90, 80, 70, 60, 50, 40, 30, 25, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2.5, 2, 1.5, 1, 0.5, 0.2, 0.1,
    ]
    var tics: [Double] = []
    for error in errors where (bottom...top).contains(100 - error) {
      // Labels need a distance from each other.
      if let last = tics.last, log((100 - last) / error) < log((100 - bottom) / (100 - top)) / 12 {
        continue
      }
      tics.append(100 - error)
    }
    return [
      "set nonlinear y via -log10(100.0001-y) inverse 100.0001-10**(-y)",
      String(format: "set yrange [%.4f:%.4f]", max(bottom, 0), top),
      "set ytics (\(tics.map { "'\(Text.number($0))' \($0)" }.joined(separator: ", ")))",
    ]
  }

  private static func linear(_ least: Double, _ most: Double) -> [String] {
    let room = max((most - least) * 0.15, 0.1)
    let (bottom, top) = (max(least - room, 0), min(most + room, 100.2))
    return [
      "unset nonlinear y", String(format: "set yrange [%.3f:%.3f]", bottom, top),
      "set ytics autofreq",
    ]
  }
}
