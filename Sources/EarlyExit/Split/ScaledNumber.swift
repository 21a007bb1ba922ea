/// Numbers with a unit behind them, such as `10M` or `20ms`.
package enum ScaledNumber {
  /// Thousands and so on.
  package static let multiples = [("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12)]
  /// Units of time.
  package static let times = [("us", -6), ("µs", -6), ("ms", -3), ("s", 0)]

  /// Reads a number.
  ///
  /// - Parameters:
  ///   - text: The number, and right behind it a unit.
  ///   - units: The units with the power of ten that they stand for.
  /// - Returns: The nearest number to what is written; nil when it is not finite, or either is unknown.
  package static func parse(
    _ text: some StringProtocol, _ units: [(name: String, exponent: Int)]
  ) -> Double? {
    let digits = text.prefix { $0.isNumber || "+-.".contains($0) }
    guard let unit = units.first(where: { $0.name == text.dropFirst(digits.count) }),
      let number = Double("\(digits)e\(unit.exponent)"), number.isFinite
    else { return nil }
    return number
  }
}
