internal import SparseCore
public import SparseLayers

/// When samples leave: a rule, and per exit a temperature and a threshold.
public struct ExitPolicy: Sendable {
  /// How sure an exit is of a sample.
  public var rule: any ConfidenceRule
  /// Per exit, the last included, what its outputs are divided by before they become probabilities.
  public var temperatures: [Float]
  /// Per exit but the last, the confidence from which a sample leaves; infinity for never.
  public var thresholds: [Float]

  /// Creates a policy.
  ///
  /// - Parameters:
  ///   - rule: How sure an exit is of a sample.
  ///   - thresholds: Per exit but the last, the confidence from which a sample leaves.
  ///   - temperatures: Per exit, the last included; 1 each when nil.
  public init(
    rule: any ConfidenceRule = MaxProbabilityRule(), thresholds: [Float],
    temperatures: [Float]? = nil
  ) {
    self.rule = rule
    self.thresholds = thresholds
    self.temperatures = temperatures ?? Array(repeating: 1, count: thresholds.count + 1)
  }

  /// The policy by which every sample is answered by the last exit.
  ///
  /// - Parameters:
  ///   - exits: The number of exits, the last included.
  ///   - handsOver: Whether samples go on to another part after the last exit, as all then do.
  /// - Returns: The policy.
  public static func never(exits: Int, handsOver: Bool = false) -> ExitPolicy {
    ExitPolicy(
      thresholds: Array(repeating: .infinity, count: handsOver ? exits : max(exits - 1, 0)),
      temperatures: Array(repeating: 1, count: exits))
  }

  /// Takes over what a model file holds.
  ///
  /// - Parameters:
  ///   - settings: The file's settings.
  ///   - rules: Those that the settings may name; with your own where the file may be of one.
  /// - Throws: `SparseError.Code.unsupported` when no rule has that name.
  public init(
    _ settings: ExitSettings, rules: [any ConfidenceRule] = ConfidenceRules.all
  ) throws {
    guard let rule = rules.first(where: { $0.name == settings.rule }) else {
      let known = rules.map(\.name).joined(separator: ", ")
      throw SparseError(
        .unsupported,
        """
        The model's exits were calibrated for the rule '\(settings.rule.prefix(40))', which this \
        program does not have; known are \(known). Calibrate it again, or give the rule in code.
        """)
    }
    self.init(
      rule: rule, thresholds: settings.thresholds.map { $0.map(rule.inOtherTerms) ?? .infinity },
      temperatures: settings.temperatures)
  }

  /// The form of the policy in a model file, whose thresholds are finite or nil for never.
  public var settings: ExitSettings {
    ExitSettings(
      rule: rule.name, temperatures: temperatures,
      thresholds: thresholds.map {
        // The least finite number is as good as −∞: all samples leave.
        $0 == .infinity ? nil : rule.inOtherTerms(max($0, -.greatestFiniteMagnitude))
      })
  }

  /// Checks that the policy fits a network.
  ///
  /// - Parameters:
  ///   - exits: The network's exits, the last included.
  ///   - handsOver: Whether samples go on to another part after the last exit, so that it has a
  ///     threshold, too.
  /// - Throws: `SparseError.Code.invalidArgument` when there are more or fewer numbers than exits, or
  ///   unusable ones.
  public func validate(exits: Int, handsOver: Bool = false) throws {
    let deciding = handsOver ? exits : exits - 1
    guard thresholds.count == deciding else {
      throw SparseError(
        .invalidArgument,
        """
        There are \(thresholds.count) thresholds, but the network has \(deciding) exits \
        \(handsOver ? "before it hands over" : "before its last"); give one for each.
        """)
    }
    guard temperatures.count == exits else {
      throw SparseError(
        .invalidArgument,
        """
        There are \(temperatures.count) temperatures, but the network has \(exits) exits; give one \
        for each, the last included.
        """)
    }
    if let temperature = temperatures.first(where: { !($0 > 0) || !$0.isFinite }) {
      throw SparseError(
        .invalidArgument, "A temperature is \(temperature); temperatures are above 0 and finite.")
    }
    if thresholds.contains(where: \.isNaN) {
      throw SparseError(.invalidArgument, "A threshold is not a number.")
    }
  }
}
