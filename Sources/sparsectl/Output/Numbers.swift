import Foundation

/// Numbers as people read them.
enum Text {
  /// A fraction in percent: `97.25 %`.
  static func percent(_ fraction: Double) -> String { String(format: "%.2f %%", fraction * 100) }

  /// How many times more: `4.76×`, or `8,388,608×` where decimals say nothing.
  static func ratio(_ value: Double) -> String {
    (value < 1000 ? fixed(value, 2) : rounded(value)) + "×"
  }

  /// How many times more one count is than another; `–` where there is nothing to compare with.
  static func ratio(_ count: Int, to other: Int) -> String {
    other > 0 ? ratio(Double(count) / Double(other)) : "–"
  }

  /// A number in groups of three digits: `17,000`.
  static func count(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = String(digits.dropLast(3))
    }
    return (value < 0 ? "-" : "") + ([Substring(digits)] + groups).joined(separator: ",")
  }

  /// A number of things, in the plural unless it is one: `1 epoch`, `2,000 epochs`.
  static func count(_ value: Int, _ thing: String) -> String {
    "\(count(value)) \(thing)\(value == 1 ? "" : "s")"
  }

  /// The nearest whole number in groups of three digits, where it is not beyond all counting.
  static func rounded(_ value: Double) -> String {
    abs(value) < 1e15 ? count(Int(value.rounded())) : String(format: "%.4g", value)
  }

  /// A number with exactly some decimals.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value)
  }

  /// A number with as many decimals as it needs, at most `decimals`.
  static func number(_ value: Double, decimals: Int = 4) -> String {
    var text = String(format: "%.\(decimals)f", value)
    while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A time: `1 min 05 s` or `42.0 s`.
  static func seconds(_ seconds: Double) -> String {
    guard seconds >= 60 else { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    return String(format: "%d min %02d s", whole / 60, whole % 60)
  }

  /// A text from outside on one line, and without what a terminal would obey: control characters and
  /// breaks become U+FFFD.
  static func printable(_ text: String) -> String {
    // By scalars: a line break and a return are one `Character`.
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        result.unicodeScalars.append("\u{FFFD}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// `12`, or `10–13` where a list's numbers differ.
  static func range(_ numbers: [Int]) -> String {
    guard let least = numbers.min(), let most = numbers.max() else { return "–" }
    return least == most ? count(least) : "\(count(least))–\(count(most))"
  }
}
