/// Numbers over time as a row of blocks, from `▁` for the least to `█` for the largest.
enum Sparkline {
  private static let blocks = Array("▁▂▃▄▅▆▇█")

  /// Draws numbers.
  ///
  /// - Parameters:
  ///   - values: The numbers, the oldest first.
  ///   - columns: The most characters; of more numbers, as many are shown, the first and the last
  ///     among them.
  /// - Returns: A character for each number that is shown: all in the middle where all numbers are
  ///   equal, blanks where they are not finite.
  static func text(_ values: [Double], columns: Int) -> String {
    let count = min(values.count, columns)
    guard count > 0 else { return "" }
    let last = values.count - 1
    let shown = (0..<count).map { values[count == 1 ? last : $0 * last / (count - 1)] }
    let finite = shown.filter(\.isFinite)
    let (least, largest) = (finite.min() ?? 0, finite.max() ?? 0)
    return String(
      shown.map { value -> Character in
        guard value.isFinite else { return " " }
        // Halved, so that no difference is too large.
        let span = largest / 2 - least / 2
        guard span > 0 else { return blocks[3] }
        return blocks[Int(((value / 2 - least / 2) / span * 7).rounded())]
      })
  }
}
