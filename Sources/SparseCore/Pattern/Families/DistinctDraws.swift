/// Draws distinct whole numbers, every set of as many equally likely.
///
/// Robert W. Floyd's algorithm: one draw a number, never a repetition (Jon Bentley, Robert Floyd:
/// *A sample of brilliance*, Communications of the ACM 30(9), 1987, doi:10.1145/30401.315746).
struct DistinctDraws {
  private var words: [UInt64]

  /// The numbers drawn last, in no useful order.
  private(set) var drawn: [Int] = []

  /// Prepares for numbers below `limit`.
  init(limit: Int) {
    words = [UInt64](repeating: 0, count: (limit + 63) / 64)
  }

  /// Draws `count` numbers of `0..<bound` into `drawn`.
  ///
  /// - Precondition: `count` ≤ `bound` ≤ the limit.
  mutating func draw(_ count: Int, below bound: Int, using random: inout RandomStream) {
    drawn.removeAll(keepingCapacity: true)
    for last in bound - count..<bound {
      let candidate = random.below(last + 1)
      let number = contains(candidate) ? last : candidate
      words[number >> 6] |= 1 << UInt64(number & 63)
      drawn.append(number)
    }
    for number in drawn { words[number >> 6] = 0 }
  }

  private func contains(_ number: Int) -> Bool {
    words[number >> 6] >> UInt64(number & 63) & 1 == 1
  }
}
