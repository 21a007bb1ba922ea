internal import SparseCore

/// Ways to decide where the samples of a recorded stream leave, to be compared with each other.
public enum StreamPolicy: Sendable {
  /// A bandit that learns as it goes.
  case bandit(SplitBandit.Settings)
  /// One of the bandit's arms at random for each sample.
  case random(SplitBandit.Settings)
  /// In each phase the bandit's arm that is best in hindsight: the largest share of right answers
  /// less the price of the cost. It uses labels, so nobody can run it; it shows what can be had.
  case oracle(SplitBandit.Settings)
  /// The same thresholds for the whole stream.
  case thresholds([Float])
  /// Every sample to the last exit.
  case lastExit

  /// What reports call it.
  public var name: String {
    switch self {
    case .bandit: "bandit"
    case .random: "random"
    case .oracle: "oracle"
    case .thresholds: "calibrated"
    case .lastExit: "last exit"
    }
  }
}

/// What a policy did with a stream.
public struct StreamOutcome: Sendable {
  /// The share of right answers and the mean multiply–adds over some samples.
  public struct Part: Codable, Hashable, Sendable {
    /// The share of right answers.
    public var accuracy: Double
    /// The mean multiply–adds of a sample.
    public var expectedMACs: Double

    enum CodingKeys: String, CodingKey {
      case accuracy
      case expectedMACs = "expected_macs"
    }
  }

  /// The exit at which each sample left.
  public let exits: [Int]
  /// The bandit's arm for each sample; empty for policies that have none.
  public let arms: [Int]
  /// The whole stream.
  public let total: Part
  /// Each phase.
  public let phases: [Part]
}

extension StreamOutcome {
  /// Sums up what a policy did that was really run.
  ///
  /// - Parameters:
  ///   - exits: The exit at which each sample left.
  ///   - arms: The bandit's arm for each sample.
  ///   - isRight: Whether each answer was right.
  ///   - macs: The multiply–adds that were computed for each sample.
  ///   - phases: The samples of each phase.
  package init(
    exits: [Int], arms: [Int], isRight: [Bool], macs: [Int], phases: [Range<Int>]
  ) {
    func part(_ samples: Range<Int>) -> Part {
      Part(samples, isRight: { isRight[$0] }, macs: { macs[$0] })
    }
    self.init(exits: exits, arms: arms, total: part(exits.indices), phases: phases.map(part))
  }
}

extension StreamOutcome.Part {
  fileprivate init(_ samples: Range<Int>, isRight: (Int) -> Bool, macs: (Int) -> Int) {
    accuracy = Double(samples.count(where: isRight)) / Double(samples.count)
    expectedMACs = Double(samples.reduce(0) { $0 + macs($1) }) / Double(samples.count)
  }
}

extension ExitTable {
  /// Runs a policy over the samples, in their order.
  ///
  /// - Parameters:
  ///   - policy: Who decides.
  ///   - phases: The samples of each phase of the stream, in order, together all; one when nil.
  /// - Returns: What it did.
  /// - Throws: `SparseError.Code.invalidArgument` when the policy does not fit the exits.
  public func run(_ policy: StreamPolicy, phases: [Range<Int>]? = nil) throws -> StreamOutcome {
    let phases = phases ?? [labels.indices]
    precondition(
      phases.first?.lowerBound == 0 && phases.last?.upperBound == labels.count,
      "phases \(phases) of \(labels.count) samples")
    switch policy {
    case .bandit(let settings):
      var bandit = try SplitBandit(macs: macs, settings: settings)
      return outcome(phases, bandit) { sample in
        let arm = bandit.choose()
        bandit.observe(arm, confidences: seen(sample, arm, bandit))
        return arm
      }
    case .random(let settings):
      let bandit = try SplitBandit(macs: macs, settings: settings)
      var stream = RandomStream(seed: settings.seed, purpose: "random exits")
      return outcome(phases, bandit) { _ in stream.below(bandit.arms.count) }
    case .oracle(let settings):
      let bandit = try SplitBandit(macs: macs, settings: settings)
      let best = phases.map { bestArm(bandit, $0) }
      return outcome(phases, bandit) { sample in
        best[phases.firstIndex { $0.contains(sample) } ?? 0]
      }
    case .thresholds(let thresholds):
      try ExitPolicy(thresholds: thresholds).validate(exits: names.count)
      return outcome(phases: phases, exits: exits(thresholds: thresholds))
    case .lastExit:
      return outcome(phases: phases, exits: labels.map { _ in names.count - 1 })
    }
  }

  /// What a sample's exits say, up to the one that it reaches by an arm.
  private func seen(_ sample: Int, _ arm: Int, _ bandit: SplitBandit) -> [Float] {
    let reached = exit(of: arm, bandit, sample)
    return (0...reached).map { confidences[$0][sample] }
  }

  private func exit(of arm: Int, _ bandit: SplitBandit, _ sample: Int) -> Int {
    bandit.exit(of: arm, confidence: confidences[bandit.arms[arm].exit][sample])
  }

  private func bestArm(_ bandit: SplitBandit, _ samples: Range<Int>) -> Int {
    let last = Double(macs[macs.count - 1])
    let utilities = bandit.arms.indices.map { arm in
      samples.reduce(0.0) { sum, sample in
        let exit = exit(of: arm, bandit, sample)
        let goesOn = exit > bandit.arms[arm].exit
        let cost =
          Double(macs[exit]) + (goesOn ? bandit.settings.transmissionCost : 0)
        return sum + (isRight(exit, sample) ? 1 : 0) - bandit.settings.costWeight * cost / last
      }
    }
    return utilities.indices.max { utilities[$0] < utilities[$1] } ?? 0
  }

  private func outcome(
    _ phases: [Range<Int>], _ bandit: SplitBandit, choose: (Int) -> Int
  ) -> StreamOutcome {
    let arms = labels.indices.map(choose)
    let exits = arms.enumerated().map { exit(of: $0.element, bandit, $0.offset) }
    return outcome(phases: phases, exits: exits, arms: arms)
  }

  /// What becomes of the samples when it is known where each of them left.
  ///
  /// - Parameters:
  ///   - phases: The samples of each phase.
  ///   - exits: Where each sample left.
  ///   - arms: A bandit's arm for each sample, if there was one.
  /// - Returns: Accuracy and cost.
  public func outcome(
    phases: [Range<Int>], exits: [Int], arms: [Int] = []
  ) -> StreamOutcome {
    StreamOutcome(
      exits: exits, arms: arms, total: part(labels.indices, exits: exits),
      phases: phases.map { part($0, exits: exits) })
  }

  /// The share of right answers and the mean cost of some samples.
  ///
  /// - Parameters:
  ///   - samples: Which ones, at least one.
  ///   - exits: Where each sample of the table left.
  /// - Returns: Both.
  public func part(_ samples: Range<Int>, exits: [Int]) -> StreamOutcome.Part {
    StreamOutcome.Part(
      samples, isRight: { isRight(exits[$0], $0) }, macs: { macs[exits[$0]] })
  }
}
