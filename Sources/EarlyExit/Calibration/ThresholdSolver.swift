internal import SparseCore

/// Finds thresholds on recorded validation samples.
///
/// Every exit's threshold is one of the confidences seen there, or infinity. For a price Λ of a wrong
/// answer in multiply–adds, coordinate descent minimises Σ cost + Λ · Σ errors: exit after exit, all
/// candidates are tried at once by passing over the samples in the order of falling confidence, until
/// nothing changes. Λ runs over a geometric grid; each result within the limits, and a coarse grid of
/// thresholds beside them, is improved by the same passes, now minimising what was asked for within
/// the limits themselves, and the best is taken. All sums are of whole numbers, so the result is the same on every machine. With one early
/// exit it is the optimum; with more, the best that changes of one threshold at a time reach.
public struct ThresholdSolver: Sendable {
  /// Thresholds, and what they do on the samples they were solved on.
  public struct Solution: Hashable, Sendable {
    /// Per exit but the last, the confidence from which a sample leaves; infinity for never.
    public var thresholds: [Float]
    /// The multiply–adds of all samples together.
    public var macs: Int
    /// The wrong answers.
    public var errors: Int
    /// The samples.
    public var samples: Int

    /// The share of right answers.
    public var accuracy: Double { 1 - Double(errors) / Double(samples) }
    /// The mean multiply–adds of a sample.
    public var expectedMACs: Double { Double(macs) / Double(samples) }
  }

  private let table: ExitTable
  /// Per exit but the last, the samples by falling confidence.
  private let byConfidence: [[Int]]

  /// Prepares the search.
  ///
  /// - Parameter table: Answers and confidences on validation samples.
  public init(_ table: ExitTable) {
    self.table = table
    byConfidence = table.confidences.dropLast().map { confidences in
      confidences.indices.sorted {
        (confidences[$0], $1) > (confidences[$1], $0)
      }
    }
  }

  /// What thresholds do on the samples.
  ///
  /// - Parameter thresholds: Per exit but the last, the confidence from which a sample leaves.
  /// - Returns: Their costs and errors.
  public func evaluate(_ thresholds: [Float]) -> Solution {
    var solution = Solution(
      thresholds: thresholds, macs: 0, errors: 0, samples: table.labels.count)
    for (sample, exit) in table.exits(thresholds: thresholds).enumerated() {
      solution.macs += table.macs[exit]
      solution.errors += table.isRight(exit, sample) ? 0 : 1
    }
    return solution
  }

  /// The cheapest thresholds that lose no more than some accuracy against the last exit.
  ///
  /// - Parameter maxAccuracyLoss: The largest loss, as a share of the samples.
  /// - Returns: The thresholds.
  /// - Throws: `SparseError.Code.invalidArgument` when the loss is not in 0...1.
  public func solve(maxAccuracyLoss: Double) throws -> Solution {
    guard (0...1).contains(maxAccuracyLoss) else {
      throw SparseError(
        .invalidArgument, "A largest accuracy loss is a share from 0 to 1, not \(maxAccuracyLoss).")
    }
    let last = evaluate(never)
    let limit = last.errors + Int(snappedProduct(maxAccuracyLoss, last.samples))
    return best { $0.errors <= limit ? ($0.macs, $0.errors) : nil }
  }

  /// The most accurate thresholds within a budget of multiply–adds.
  ///
  /// - Parameter targetMACs: The largest mean multiply–adds of a sample.
  /// - Returns: The thresholds.
  /// - Throws: `SparseError.Code.invalidArgument` when even the first exit costs more.
  public func solve(targetMACs: Double) throws -> Solution {
    guard targetMACs >= Double(table.macs[0]) else {
      throw SparseError(
        .invalidArgument,
        """
        A mean of \(targetMACs) multiply–adds cannot be kept: the first exit alone takes \
        \(table.macs[0]). Give at least that.
        """)
    }
    let product = targetMACs * Double(table.labels.count)
    let limit = product < Double(Int.max / 2) ? Int(product) : Int.max
    return best { $0.macs <= limit ? ($0.errors, $0.macs) : nil }
  }

  /// The thresholds at which given shares of the samples leave.
  ///
  /// Samples of equal confidence leave together, so a share may be exceeded.
  ///
  /// - Parameter shares: Per exit, the last included, the share of all samples; together 1.
  /// - Returns: The thresholds.
  /// - Throws: `SparseError.Code.invalidArgument` when the shares are not of that form.
  public func solve(shares: [Double]) throws -> Solution {
    guard shares.count == table.names.count, shares.allSatisfy({ (0...1).contains($0) }),
      abs(shares.reduce(0, +) - 1) <= 1e-6
    else {
      throw SparseError(
        .invalidArgument,
        """
        The shares \(shares) must be \(table.names.count) numbers from 0 to 1, one per exit, that add \
        up to 1.
        """)
    }
    var thresholds = never
    for exit in thresholds.indices {
      let present = byConfidence[exit].filter { reaches($0, exit, thresholds) }
      let wanted = Int((shares[exit] * Double(table.labels.count)).rounded())
      if wanted > 0, !present.isEmpty {
        thresholds[exit] = table.confidences[exit][present[min(wanted, present.count) - 1]]
      }
    }
    return evaluate(thresholds)
  }

  /// The solutions over all prices of a wrong answer, from the cheapest to the most accurate.
  ///
  /// - Returns: Each solution once, by growing multiply–adds.
  public func path() -> [Solution] {
    var seen: Set<Solution> = []
    for price in prices { seen.insert(descend(from: never) { ($0.macs + price * $0.errors, 0) }) }
    return seen.sorted { ($0.macs, $0.errors) < ($1.macs, $1.errors) }
  }

  // MARK: - The search

  /// What to make small: two numbers, the first of them first; nil outside of the limits.
  ///
  /// It is asked about every candidate, of which there are millions, so it allocates nothing.
  private typealias Objective = (Solution) -> (Int, Int)?

  private var never: [Float] { Array(repeating: .infinity, count: table.names.count - 1) }

  /// Prices of a wrong answer, from 1 to more than all that can be saved.
  private var prices: [Int] {
    // No sum of costs and prices may overflow.
    let most = min((table.macs.last ?? 0), Int.max / 8 / table.labels.count / table.labels.count)
    let highest = most * table.labels.count + 1
    return Array(sequence(first: 1) { $0 >= highest ? nil : max($0 + 1, $0 / 4 * 5) })
  }

  private func best(_ objective: Objective) -> Solution {
    let starts = [evaluate(never)] + path() + gridStarts.map(evaluate)
    return starts.reduce(starts[0]) { best, start in
      guard objective(start) != nil else { return best }
      let found = descend(from: start.thresholds, objective)
      return isLess(objective(found), objective(best)) ? found : best
    }
  }

  /// Thresholds at even shares of each exit's confidences, in all combinations but no more than 256:
  /// changes of one threshold at a time can get stuck where others would not.
  private var gridStarts: [[Float]] {
    let exits = byConfidence.count
    var levels = 1
    while levels < 16, pow(levels + 1, exits) <= 256 { levels += 1 }
    guard exits > 1 else { return [] }
    return byConfidence.enumerated().reduce([[]]) { lists, item in
      let count = item.element.count
      let choices = (0..<levels).map { level in
        table.confidences[item.offset][item.element[(2 * level + 1) * count / (2 * levels)]]
      }
      return lists.flatMap { list in choices.map { list + [$0] } }
    }
  }

  private func pow(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { power, _ in min(power * base, 1 << 20) }
  }

  private func isLess(_ left: (Int, Int)?, _ right: (Int, Int)?) -> Bool {
    guard let left else { return false }
    return right.map { left < $0 } ?? true
  }

  /// Coordinate descent until nothing changes, from a start within the limits.
  private func descend(from start: [Float], _ objective: Objective) -> Solution {
    var current = evaluate(start)
    // Equally good thresholds could take turns for ever.
    for _ in 0..<100 {
      let before = current
      for exit in current.thresholds.indices { current = improve(current, exit, objective) }
      if current == before { break }
    }
    return current
  }

  /// The best threshold of one exit while the others stay.
  private func improve(_ current: Solution, _ exit: Int, _ objective: Objective) -> Solution {
    var thresholds = current.thresholds
    thresholds[exit] = .infinity
    // Nobody leaves here; then one sample after the other does, the surest first.
    var candidate = evaluate(thresholds)
    var best = candidate
    let confidences = table.confidences[exit]
    let present = byConfidence[exit].filter { reaches($0, exit, thresholds) }
    for (position, sample) in present.enumerated() {
      let later =
        thresholds.indices.dropFirst(exit + 1).first {
          table.confidences[$0][sample] >= thresholds[$0]
        } ?? table.names.count - 1
      candidate.macs += table.macs[exit] - table.macs[later]
      candidate.errors +=
        (table.isRight(exit, sample) ? 0 : 1) - (table.isRight(later, sample) ? 0 : 1)
      let next = position + 1
      // Samples of equal confidence leave together.
      guard next == present.count || confidences[present[next]] < confidences[sample] else {
        continue
      }
      candidate.thresholds[exit] = confidences[sample]
      if isLess(objective(candidate), objective(best)) { best = candidate }
    }
    return best
  }

  /// Whether a sample is still there at an exit.
  private func reaches(_ sample: Int, _ exit: Int, _ thresholds: [Float]) -> Bool {
    (0..<exit).allSatisfy { table.confidences[$0][sample] < thresholds[$0] }
  }
}
