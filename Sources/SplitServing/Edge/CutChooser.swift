/// Chooses where to cut by what it took lately, as links and servers change.
///
/// For each cut it keeps a mean of the time from a sample to its answer across the link, in which an
/// answer counts half as much after every ten later ones. The least mean is taken; now and then the
/// cut that was asked longest ago is tried instead, since what it takes may have changed.
///
/// Source for the aim: Bakhtiarnia et al., *Dynamic Split Computing for Efficient Deep Edge
/// Intelligence*, ICASSP 2023; the rule is the exponentially recency-weighted average of Sutton and
/// Barto, *Reinforcement Learning*, 2nd ed. 2018, §2.5.
struct CutChooser: Sendable {
  /// A cut's mean in seconds; nil before its first answer.
  private(set) var means: [Double?]
  private var lastAsked: [Int]
  private var asked = 0
  private let trialInterval: Int

  /// How much of the mean a new answer is: with it an answer counts half after ten others.
  private static let step = 0.067

  /// Knows nothing yet.
  ///
  /// - Parameters:
  ///   - cuts: The number of cuts.
  ///   - trialInterval: How many requests, times the number of cuts, lie between two tries of a cut
  ///     that is not the fastest.
  init(cuts: Int, trialInterval: Int) {
    precondition(cuts >= 1 && trialInterval >= 1, "\(cuts) cuts, a try every \(trialInterval)")
    means = Array(repeating: nil, count: cuts)
    lastAsked = Array(repeating: 0, count: cuts)
    self.trialInterval = trialInterval
  }

  /// The cut for the next sample.
  var choice: Int {
    if let unasked = lastAsked.firstIndex(of: 0) { return unasked }
    let stalest = lastAsked.indices.min { lastAsked[$0] < lastAsked[$1] } ?? 0
    // By division: the product may be more than a number holds.
    if (asked - lastAsked[stalest]) / means.count >= trialInterval { return stalest }
    return means.indices.min { (means[$0] ?? .infinity) < (means[$1] ?? .infinity) } ?? 0
  }

  /// A sample crosses the link at a cut.
  mutating func asks(_ cut: Int) {
    asked += 1
    lastAsked[cut] = asked
  }

  /// The sample has its answer, or is given up, which takes all of the deadline.
  mutating func learns(_ seconds: Double, of cut: Int) {
    means[cut] = means[cut].map { $0 + Self.step * (seconds - $0) } ?? seconds
  }
}
