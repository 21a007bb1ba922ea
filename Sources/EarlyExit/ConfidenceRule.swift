internal import Foundation

/// How sure a classifier is of one sample, as a number that grows with certainty.
///
/// A type of your own works wherever the package's rules do.
public protocol ConfidenceRule: Sendable {
  /// The rule's name on the command line and in files.
  var name: String { get }

  /// Tells how sure a probability vector is.
  ///
  /// - Parameter probabilities: One probability per class, adding up to 1; not empty.
  /// - Returns: The confidence; larger is surer.
  func confidence(_ probabilities: [Float]) -> Float
}

/// The largest probability, from 1/classes to 1.
///
/// The rule of MSDNet (Huang et al. 2018).
public struct MaxProbabilityRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "max-probability" }

  /// Creates the rule.
  public init() {}

  /// Tells how sure a probability vector is.
  public func confidence(_ probabilities: [Float]) -> Float { probabilities.max() ?? 0 }
}

/// The negative entropy in nats, from −log(classes) to 0.
///
/// BranchyNet (Teerapittayanon et al. 2016) compares the entropy itself, the other way round.
public struct EntropyRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "entropy" }

  /// Creates the rule.
  public init() {}

  /// Tells how sure a probability vector is.
  public func confidence(_ probabilities: [Float]) -> Float {
    probabilities.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 }
  }
}

/// The largest probability less the second largest, from 0 to 1.
public struct MarginRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "margin" }

  /// Creates the rule.
  public init() {}

  /// Tells how sure a probability vector is.
  public func confidence(_ probabilities: [Float]) -> Float {
    var first: Float = 0
    var second: Float = 0
    for probability in probabilities {
      if probability > first {
        (first, second) = (probability, first)
      } else if probability > second {
        second = probability
      }
    }
    return first - second
  }
}
