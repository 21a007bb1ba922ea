/// The number of exits in a row, this one included, that gave the same answer.
///
/// The rule of PABEE (Zhou et al. 2020): with the threshold 3 a sample leaves once three exits in a
/// row agree. Its confidences are whole numbers from 1.
public struct PatienceRule: ConfidenceRule {
  /// The rule's name on the command line and in files.
  public var name: String { "patience" }

  /// Creates the rule.
  public init() {}

  /// The length of the row of equal answers that ends here.
  public func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
    let answer = Int32(answer(probabilities))
    var row = 1
    for index in (0..<earlierAnswers.count).reversed() {
      guard earlierAnswers[index] == answer else { break }
      row += 1
    }
    return Float(row)
  }
}
