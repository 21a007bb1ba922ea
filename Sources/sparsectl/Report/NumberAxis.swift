import Foundation

/// A range of numbers with round ticks: multiples of 1, 2 or 5 times a power of ten.
struct NumberAxis {
  let range: ClosedRange<Double>
  let ticks: [Double]

  /// Lays an axis over numbers, out to the ticks around them.
  ///
  /// - Parameters:
  ///   - values: Finite numbers, their differences finite, too; 0...1 is shown of none.
  ///   - intervals: About how many intervals are wanted, at least 1.
  init(around values: [Double], intervals: Int) {
    var (least, largest) = (values.min() ?? 0, values.max() ?? 1)
    if least == largest {
      // A single value needs room around it, too.
      let room = max(abs(least) * 0.1, 1e-3)
      (least, largest) = (least - room, largest + room)
    }
    let step = Self.step(for: (largest - least) / Double(intervals), isWhole: false)
    let (first, last) = ((least / step).rounded(.down), (largest / step).rounded(.up))
    range = first * step...last * step
    ticks = (0...Int(min(last - first, 20))).map { (first + Double($0)) * step }
  }

  /// Lays an axis over a range of whole numbers, with ticks inside.
  init(within numbers: ClosedRange<Int>, intervals: Int) {
    let (first, last) = (Double(numbers.lowerBound), Double(numbers.upperBound))
    let step = Self.step(for: (last - first) / Double(intervals), isWhole: true)
    range = first...max(last, first + 1)
    ticks = Array(stride(from: (first / step).rounded(.up) * step, through: last, by: step))
  }

  /// The least round number that is not below a width.
  private static func step(for width: Double, isWhole: Bool) -> Double {
    let wanted = max(width, isWhole ? 1 : .leastNormalMagnitude)
    let power = pow(10, log10(wanted).rounded(.down))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= wanted * (1 - 1e-9) } ?? 10 * power
  }

  /// Where a number is, from 0 at the start to 1 at the end.
  func position(of value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// A number as short as a tick wants it.
  static func text(_ value: Double) -> String {
    // A rounding error away from 0 is 0.
    String(format: "%.4g", abs(value) < 1e-12 ? 0 : value)
  }
}
