/// Numbers with a unit behind them, such as `10M` or `20ms`.
package enum ScaledNumber {
  /// Thousands and so on.
  package static let multiples = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)]
  /// Units of time.
  package static let times = [("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)]

  /// Reads a number.
  ///
  /// - Parameters:
  ///   - text: The number, and right behind it a unit.
  ///   - units: The units with what they stand for.
  /// - Returns: The number times what its unit stands for; nil when it is not finite, or either is
  ///   unknown.
  package static func parse(
    _ text: some StringProtocol, _ units: [(name: String, factor: Double)]
  ) -> Double? {
    let digits = text.prefix { $0.isNumber || "+-.".contains($0) }
    guard let number = Double(digits),
      let unit = units.first(where: { $0.name == text.dropFirst(digits.count) }),
      (number * unit.factor).isFinite
    else { return nil }
    return number * unit.factor
  }
}
