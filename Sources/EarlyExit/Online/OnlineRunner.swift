public import SparseCore
public import SparseLayers

/// Answers a live stream, one sample at a time, with a bandit deciding where samples leave.
///
/// What a sample does not need is not computed.
public final class OnlineRunner {
  /// The bandit, with what it has learnt.
  public private(set) var bandit: SplitBandit
  /// The multiply–adds computed since the runner was built.
  public var macs: Int { runner.macs }

  private let runner: ExitRunner
  /// Per arm the thresholds of all early exits: infinite, but for the exit that is asked.
  private let thresholds: [[Float]]

  /// Plans the stages and allocates everything.
  ///
  /// - Parameters:
  ///   - network: The network with its exits.
  ///   - settings: How the bandit values and tries its arms.
  ///   - rule: How sure an exit is of a sample. Rewards are confidences, so probabilities suit best.
  ///   - temperatures: Per exit, what its outputs are divided by; 1 each when nil.
  ///   - loss: What the network was trained with.
  ///   - backend: The engine of the products.
  /// - Throws: `SparseError` when the network has no early exit, a setting is out of its range, or an
  ///   engine fails.
  public init(
    _ network: Network, settings: SplitBandit.Settings = SplitBandit.Settings(),
    rule: any ConfidenceRule = MaxProbabilityRule(), temperatures: [Float]? = nil,
    loss: Loss = .softmaxCrossEntropy, backend: Backend = .auto
  ) throws {
    let stages = network.exitStages
    bandit = try SplitBandit(macs: stages.map(\.totalMACs), settings: settings)
    let never = ExitPolicy.never(exits: stages.count).thresholds
    thresholds = bandit.arms.map { arm in
      var own = never
      if let threshold = arm.threshold { own[arm.exit] = threshold }
      return own
    }
    runner = try ExitRunner(
      network,
      policy: ExitPolicy(rule: rule, thresholds: never, temperatures: temperatures), loss: loss,
      backend: backend, batchCapacity: 1)
  }

  /// Answers a sample and learns from it.
  ///
  /// - Parameters:
  ///   - sample: Its index.
  ///   - samples: Where it is, matched with the network.
  /// - Returns: The answer, and the bandit's arm.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func run(
    _ sample: Int, of samples: Samples
  ) throws -> (answer: ExitRunner.Answer, arm: Int) {
    let arm = bandit.choose()
    runner.policy.thresholds = thresholds[arm]
    let answers = try runner.run([sample][...], of: samples)
    bandit.observe(arm, confidences: runner.confidences(of: 0))
    return (answers[answers.startIndex], arm)
  }
}
