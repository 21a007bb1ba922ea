extension PatternFamily {
  /// In-degrees differ by at most one, and so do out-degrees; any density.
  public static var balanced: Self { Self(BalancedRule()) }
}

/// Degrees as equal as the number of edges allows; who gets one more is drawn at random.
///
/// Its degrees meet the conditions of `RowByRowSampler`, which therefore never gets stuck: row
/// degrees differ by at most one, both sums are the edges, and a column's degree is at most
/// ⌈edges/inputs⌉ ≤ outputs.
struct BalancedRule: PatternRule {
  static let name = "balanced"

  init() {}

  init(argument: Substring?) throws {
    try Self.refuse(argument)
  }

  func makeRows(
    edges: Int,
    in shape: JunctionShape,
    using random: inout RandomStream
  ) -> PatternRows {
    let rowDegrees = shuffledDegrees(sum: edges, count: shape.outputs, using: &random)
    let columnDegrees = shuffledDegrees(sum: edges, count: shape.inputs, using: &random)
    return RowByRowSampler(rowDegrees: rowDegrees, columnDegrees: columnDegrees)
      .draw(using: &random)
  }

  private func shuffledDegrees(
    sum: Int,
    count: Int,
    using random: inout RandomStream
  ) -> [Int] {
    let (degree, extra) = sum.quotientAndRemainder(dividingBy: count)
    var degrees =
      [Int](repeating: degree + 1, count: extra) + [Int](repeating: degree, count: count - extra)
    random.shuffle(&degrees)
    return degrees
  }
}
