import ArgumentParser
import EarlyExit

/// A confidence rule on the command line.
struct RuleName: ExpressibleByArgument {
  let rule: any ConfidenceRule

  /// The known rules, for help texts.
  static let list = ConfidenceRules.all.map(\.name).joined(separator: ", ")

  init(rule: any ConfidenceRule) { self.rule = rule }

  init?(argument: String) {
    guard let rule = ConfidenceRules.named(argument) else { return nil }
    self.rule = rule
  }

  var defaultValueDescription: String { rule.name }

  static var allValueStrings: [String] { ConfidenceRules.all.map(\.name) }
}
