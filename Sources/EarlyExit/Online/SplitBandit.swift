internal import Foundation
internal import SparseCore

/// Picks, sample after sample and without labels, the exit to ask and the confidence that is enough.
///
/// Each arm is an exit and a threshold: a sample is computed up to that exit and leaves there when it
/// is sure enough, else it goes on to the last exit, at the price of `Settings.transmissionCost` where
/// that takes another machine. The arm of the last exit itself computes the whole network on the device
/// and sends nothing, as in SplitEE. An arm's reward is the confidence of the answer less a price for
/// what it cost (SplitEE: Bajpai, Trivedi, Yadav, Hanawal 2023; the threshold as part of the arm:
/// I-SplitEE, 2024). Arms are chosen by their upper confidence bounds; old rewards are discounted, so
/// that the choice follows a stream that drifts (D-UCB: Garivier, Moulines 2011).
///
/// A value: the same settings and the same confidences give the same choices.
public struct SplitBandit: Sendable {
  /// An exit to ask, and when its answer is taken.
  public struct Arm: Codable, Hashable, Sendable {
    /// The exit, counted from 0.
    public var exit: Int
    /// The confidence from which a sample leaves there; nil for the last exit, which always answers.
    public var threshold: Float?
  }

  /// How arms are valued and tried.
  public struct Settings: Codable, Hashable, Sendable {
    /// The thresholds of each early exit, in terms of the confidence.
    public var thresholds: [Float] = [0.6, 0.7, 0.8, 0.9, 0.95]
    /// What the whole network's cost is worth, in confidence: μ of the sources.
    public var costWeight = 0.1
    /// What it costs beside the arithmetic when a sample goes on from an early exit, such as sending
    /// it over a link, in multiply–adds.
    public var transmissionCost = 0.0
    /// How much little tried arms are preferred: the factor of the bound's width.
    public var exploration = 0.1
    /// The weight of a reward falls by this factor with every sample after it; 1 forgets nothing.
    public var discount = 0.998
    /// Whether one sample's confidences teach about all arms that they decide, not only about the arm
    /// that was chosen (SplitEE-S).
    public var sharesObservations = true
    /// Decides between arms that look equally good.
    public var seed: UInt64 = 0

    /// Settings that suit a stream of some thousand samples.
    public init() {}
  }

  /// All arms: each early exit with each threshold, and the last exit.
  public let arms: [Arm]
  /// How arms are valued and tried.
  public let settings: Settings

  /// Per exit the price of a sample that leaves there, in confidence.
  private let prices: [Double]
  /// The price of a sample that goes on from an early exit.
  private let priceOfGoingOn: Double
  private var stream: RandomStream
  /// Per arm the discounted number of rewards, and their discounted sum.
  private var counts: [Double]
  private var sums: [Double]

  /// Creates a bandit that knows nothing yet.
  ///
  /// - Parameters:
  ///   - macs: The multiply–adds of a sample that leaves at each exit, the last included.
  ///   - settings: How arms are valued and tried.
  /// - Throws: `SparseError.Code.invalidArgument` when there is no early exit, or a setting is out of
  ///   its range.
  public init(macs: [Int], settings: Settings = Settings()) throws {
    guard macs.count > 1, let last = macs.last, last > 0 else {
      throw SparseError(
        .invalidArgument,
        "A bandit chooses among exits, but there are \(macs.count). Give a network with early exits."
      )
    }
    try settings.validate()
    self.settings = settings
    arms =
      macs.indices.dropLast().flatMap { exit in
        settings.thresholds.map { Arm(exit: exit, threshold: $0) }
      } + [Arm(exit: macs.count - 1, threshold: nil)]
    prices = macs.map { settings.costWeight * Double($0) / Double(last) }
    priceOfGoingOn =
      settings.costWeight * (Double(last) + settings.transmissionCost) / Double(last)
    stream = RandomStream(seed: settings.seed, purpose: "split bandit")
    counts = Array(repeating: 0, count: arms.count)
    sums = counts
  }

  /// Picks the arm for the next sample.
  ///
  /// - Returns: The arm, by its position in `arms`.
  public mutating func choose() -> Int {
    // The last exit shows what all exits say, so it is where an ignorant bandit begins.
    if settings.sharesObservations, counts.allSatisfy({ $0 == 0 }) { return arms.count - 1 }
    let total = counts.reduce(0, +)
    var best: [Int] = []
    var highest = -Double.infinity
    for arm in arms.indices {
      let bound =
        counts[arm] > 0
        ? sums[arm] / counts[arm]
          + settings.exploration * (log(max(total, 1)) / counts[arm]).squareRoot() : .infinity
      if bound > highest {
        highest = bound
        best = [arm]
      } else if bound == highest {
        best.append(arm)
      }
    }
    return best.count == 1 ? best[0] : best[stream.below(best.count)]
  }

  /// Learns from a sample.
  ///
  /// - Parameters:
  ///   - arm: The arm that was chosen for it.
  ///   - confidences: What each exit said of it, the first exit's first; ends with the deepest exit
  ///     that the sample reached, and NaN where an exit was not asked.
  public mutating func observe(_ arm: Int, confidences: [Float]) {
    for index in arms.indices {
      counts[index] *= settings.discount
      sums[index] *= settings.discount
    }
    for index in settings.sharesObservations ? arms.indices : arm..<arm + 1 {
      guard let reward = reward(of: index, confidences) else { continue }
      counts[index] += 1
      sums[index] += reward
    }
  }

  /// The exit at which a sample leaves by an arm.
  ///
  /// - Parameters:
  ///   - arm: The arm.
  ///   - confidence: What the arm's exit says of the sample.
  /// - Returns: The exit.
  public func exit(of arm: Int, confidence: Float) -> Int {
    guard let threshold = arms[arm].threshold else { return arms[arm].exit }
    return confidence >= threshold ? arms[arm].exit : prices.count - 1
  }

  /// An arm's reward for a sample, nil when the confidences do not tell it: its exit did not see the
  /// sample, or the arm would have gone on to the last exit and the sample did not.
  ///
  /// What is chosen decides all arms of lower thresholds at the same exit. Those of higher ones are
  /// told of the samples that are sure enough for them, which flatters them, until they are tried.
  private func reward(of arm: Int, _ confidences: [Float]) -> Double? {
    let exit = arms[arm].exit
    guard exit < confidences.count, confidences[exit].isFinite else { return nil }
    guard let threshold = arms[arm].threshold, confidences[exit] < threshold else {
      return Double(confidences[exit]) - prices[exit]
    }
    guard confidences.count == prices.count else { return nil }
    return Double(confidences[prices.count - 1]) - priceOfGoingOn
  }
}

extension SplitBandit.Settings {
  /// Checks all settings.
  ///
  /// - Throws: `SparseError.Code.invalidArgument` that names the one out of its range.
  func validate() throws {
    func require(_ holds: Bool, _ text: String) throws {
      guard holds else { throw SparseError(.invalidArgument, text) }
    }
    try require(
      !thresholds.isEmpty && thresholds.allSatisfy(\.isFinite),
      "A bandit's thresholds are \(thresholds); give at least one, all finite.")
    try require(
      costWeight >= 0 && costWeight.isFinite,
      "A bandit's cost weight is \(costWeight); it must be 0 or above.")
    try require(
      transmissionCost >= 0 && transmissionCost.isFinite,
      "A bandit's cost of transmission is \(transmissionCost); it must be 0 or above.")
    try require(
      exploration >= 0 && exploration.isFinite,
      "A bandit's exploration is \(exploration); it must be 0 or above.")
    try require(
      discount > 0 && discount <= 1,
      "A bandit's discount is \(discount); it must be above 0 and at most 1.")
  }
}
