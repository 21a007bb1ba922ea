internal import Foundation

/// The largest probability, from 1/classes to 1.
///
/// The rule of MSDNet (Huang et al. 2018).
public struct MaxProbabilityRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "max-probability" }

  /// Creates the rule.
  public init() {}

  /// The largest probability.
  public func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
    probabilities[answer(probabilities)]
  }
}

/// The negative entropy in nats, from −log(classes) to 0.
///
/// BranchyNet (Teerapittayanon et al. 2016) compares the entropy itself, the other way round.
public struct EntropyRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "entropy" }

  /// False: an entropy falls with certainty.
  public var growsWithCertainty: Bool { false }

  /// Creates the rule.
  public init() {}

  /// The negative entropy.
  public func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
    var sum: Float = 0
    for index in 0..<probabilities.count where probabilities[index] > 0 {
      sum += probabilities[index] * log(probabilities[index])
    }
    return sum
  }
}

/// The largest probability less the second largest, from 0 to 1; that of a single class is itself.
public struct MarginRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "margin" }

  /// Creates the rule.
  public init() {}

  /// The largest probability less the second largest.
  public func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
    guard probabilities.count > 1 else { return probabilities.isEmpty ? 0 : probabilities[0] }
    // Outputs that were trained as they are, by squared error, may be below 0.
    var first = -Float.infinity
    var second = -Float.infinity
    for index in 0..<probabilities.count {
      let probability = probabilities[index]
      if probability > first {
        (first, second) = (probability, first)
      } else if probability > second {
        second = probability
      }
    }
    return first - second
  }
}
