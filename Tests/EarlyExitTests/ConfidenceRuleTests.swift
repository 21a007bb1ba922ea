import EarlyExit
import Foundation
import SparseLayers
import Testing

@Suite("Confidence rules") struct ConfidenceRuleTests {
  private static let rules: [any ConfidenceRule] = [
    MaxProbabilityRule(), EntropyRule(), MarginRule(),
  ]

  @Test("give the values of their definitions")
  func values() {
    let probabilities: [Float] = [0.25, 0.5, 0.25]
    #expect(MaxProbabilityRule().confidence(probabilities) == 0.5)
    #expect(abs(EntropyRule().confidence(probabilities) + Float(1.5 * log(2.0))) < 1e-6)
    #expect(MarginRule().confidence(probabilities) == 0.25)
    #expect(MarginRule().confidence([0.5, 0.5]) == 0)
    // Outputs trained by squared error are taken as they are.
    #expect(MarginRule().confidence([0.75, -0.25]) == 1)
    #expect(MaxProbabilityRule().confidence([-0.75, -0.25]) == -0.25)
    #expect(MarginRule().confidence([0.1, 0.7, 0.2]) == MarginRule().confidence([0.7, 0.2, 0.1]))
  }

  @Test("are surest of one class with all the probability, least of none preferred")
  func extremes() {
    let bounds: [(least: Float, most: Float)] = [(0.1, 1), (-Float(log(10.0)), 0), (0, 1)]
    for (rule, bound) in zip(Self.rules, bounds) {
      let even = rule.confidence([Float](repeating: 0.1, count: 10))
      let certain = rule.confidence([0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
      #expect(abs(even - bound.least) < 1e-5 && certain == bound.most, "\(rule.name)")
    }
  }

  @Test("grow as one class gains on the others, in any order of the classes")
  func monotone() {
    for rule in Self.rules {
      var previous = -Float.infinity
      for share in stride(from: Float(0.34), through: 1, by: 0.06) {
        let rest = (1 - share) / 2
        let confidence = rule.confidence([rest, share, rest])
        #expect(confidence > previous, "\(rule.name) at \(share)")
        #expect(abs(rule.confidence([share, rest, rest]) - confidence) < 1e-6, "\(rule.name)")
        previous = confidence
      }
    }
  }

  @Test("take a single class")
  func oneClass() {
    #expect(Self.rules.map { $0.confidence([1]) } == [1, 0, 1])
  }

  @Test("have the names that the command line knows")
  func names() {
    let names = ["max-probability", "entropy", "margin", "patience"]
    #expect(ConfidenceRules.all.map(\.name) == names)
    for name in names { #expect(ConfidenceRules.named(name)?.name == name) }
    #expect(ConfidenceRules.named("certainty") == nil)
  }

  @Test("translate between a confidence and the number that people know them by")
  func terms() {
    #expect(EntropyRule().inOtherTerms(0.025) == -0.025)
    #expect(MarginRule().inOtherTerms(0.9) == 0.9)
  }

  @Test("thresholds become those of a file and come back", arguments: rules.indices)
  func settings(rule: Int) throws {
    let policy = ExitPolicy(
      rule: Self.rules[rule], thresholds: [-.infinity, -0.5, 0.75, .infinity])
    let settings = policy.settings
    #expect(settings.thresholds.map { $0 == nil } == [false, false, false, true])
    #expect(settings.thresholds.allSatisfy { $0?.isFinite ?? true })
    // What always leaves still does: no confidence is below the least finite number.
    #expect(
      try ExitPolicy(settings).thresholds == [-.greatestFiniteMagnitude, -0.5, 0.75, .infinity])
  }

  @Test("patience counts the equal answers in a row that end at this exit")
  func patience() {
    let rule = PatienceRule()
    let two: [Float] = [0.1, 0.2, 0.7]
    #expect(rule.confidence(two) == 1)
    #expect(rule.confidence(two, earlierAnswers: [2]) == 2)
    #expect(rule.confidence(two, earlierAnswers: [2, 1]) == 1)
    #expect(rule.confidence(two, earlierAnswers: [2, 1, 2, 2]) == 3)
  }
}
