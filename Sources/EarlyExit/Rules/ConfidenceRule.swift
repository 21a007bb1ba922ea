/// How sure an exit is of one sample, as a number that grows with certainty.
///
/// A sample leaves at an exit when its confidence there reaches the exit's threshold. A type of your
/// own works wherever the package's rules do.
public protocol ConfidenceRule: Sendable {
  /// The rule's name on the command line and in files.
  var name: String { get }

  /// Whether the number that people know the rule by grows with certainty, as a probability does; an
  /// entropy falls.
  var growsWithCertainty: Bool { get }

  /// Tells how sure an exit is of a sample.
  ///
  /// Called once for every sample and exit, so it should not allocate.
  ///
  /// - Parameters:
  ///   - probabilities: One probability per class, adding up to 1; not empty.
  ///   - earlierAnswers: The classes that the exits before this one answered, the first exit's first.
  /// - Returns: The confidence; larger is surer.
  func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float
}

extension ConfidenceRule {
  /// True: the rule's number is the confidence itself.
  public var growsWithCertainty: Bool { true }

  /// Translates a confidence into the number that people know the rule by, and back.
  ///
  /// - Parameter number: A confidence, or the rule's own number.
  /// - Returns: The other one.
  public func inOtherTerms(_ number: Float) -> Float { growsWithCertainty ? number : -number }
}

extension ConfidenceRule {
  /// Tells how sure an exit is of a sample, for callers that have arrays.
  ///
  /// - Parameters:
  ///   - probabilities: One probability per class, adding up to 1; not empty.
  ///   - earlierAnswers: The classes that the exits before this one answered.
  /// - Returns: The confidence; larger is surer.
  public func confidence(_ probabilities: [Float], earlierAnswers: [Int32] = []) -> Float {
    confidence(probabilities.span, earlierAnswers: earlierAnswers.span)
  }
}

/// The rules that can be named on the command line and in files.
public enum ConfidenceRules {
  /// Every rule of this package.
  public static let all: [any ConfidenceRule] = [
    MaxProbabilityRule(), EntropyRule(), MarginRule(), PatienceRule(),
  ]

  /// The rule of a name.
  ///
  /// - Parameter name: Such as `entropy`.
  /// - Returns: The rule, or nil when this package has none of that name.
  public static func named(_ name: String) -> (any ConfidenceRule)? {
    all.first { $0.name == name }
  }
}

/// The class with the largest probability; the first of several.
func answer(_ probabilities: Span<Float>) -> Int {
  var best = 0
  for index in 1..<max(probabilities.count, 1) where probabilities[index] > probabilities[best] {
    best = index
  }
  return best
}
