internal import SparseCore

/// What the exits did with some samples.
public struct ExitReport: Codable, Hashable, Sendable {
  /// What one exit did.
  public struct Exit: Codable, Hashable, Sendable {
    /// The exit's name.
    public var exit: String
    /// The share of the samples that left here.
    public var share: Double
    /// The share of right answers among those; nil when nobody left here.
    public var accuracy: Double?
    /// The multiply–adds of a sample that leaves here.
    public var macs: Int
    /// The share of right answers if all samples left here.
    public var accuracyOnAll: Double
    /// Of the samples that left here, those answered wrongly that the last exit had right.
    public var lostToLast: Int
    /// Of the samples that left here, those answered rightly that the last exit had wrong.
    public var gainedOverLast: Int

    enum CodingKeys: String, CodingKey {
      case exit, share, accuracy, macs
      case accuracyOnAll = "accuracy_on_all"
      case lostToLast = "lost_to_last"
      case gainedOverLast = "gained_over_last"
    }

    /// Writes every key; the accuracy of an exit where nobody left is null.
    ///
    /// - Parameter encoder: Where to write to.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(exit, forKey: .exit)
      try container.encode(share, forKey: .share)
      try container.encode(accuracy, forKey: .accuracy)
      try container.encode(macs, forKey: .macs)
      try container.encode(accuracyOnAll, forKey: .accuracyOnAll)
      try container.encode(lostToLast, forKey: .lostToLast)
      try container.encode(gainedOverLast, forKey: .gainedOverLast)
    }
  }

  /// Each exit, the first one first.
  public var exits: [Exit]
  /// The share of right answers.
  public var accuracy: Double
  /// The mean multiply–adds of a sample.
  public var expectedMACs: Double
  /// The samples.
  public var samples: Int

  enum CodingKeys: String, CodingKey {
    case exits, accuracy, samples
    case expectedMACs = "expected_macs"
  }

  /// Applies thresholds to recorded samples.
  ///
  /// - Parameters:
  ///   - table: Answers and confidences.
  ///   - thresholds: Per exit but the last, the confidence from which a sample leaves.
  public init(_ table: ExitTable, thresholds: [Float]) {
    let count = table.labels.count
    let last = table.names.count - 1
    let left = table.exits(thresholds: thresholds)
    exits = table.names.indices.map { exit in
      let here = left.indices.filter { left[$0] == exit }
      let right = here.count { table.isRight(exit, $0) }
      let all = table.labels.indices.count { table.isRight(exit, $0) }
      return Exit(
        exit: table.names[exit], share: Double(here.count) / Double(count),
        accuracy: here.isEmpty ? nil : Double(right) / Double(here.count),
        macs: table.macs[exit], accuracyOnAll: Double(all) / Double(count),
        lostToLast: here.count { !table.isRight(exit, $0) && table.isRight(last, $0) },
        gainedOverLast: here.count { table.isRight(exit, $0) && !table.isRight(last, $0) })
    }
    accuracy = Double(left.indices.count { table.isRight(left[$0], $0) }) / Double(count)
    expectedMACs = left.reduce(0) { $0 + Double(table.macs[$1]) } / Double(count)
    samples = count
  }
}

/// One point of a curve of accuracy over cost.
public struct ExitCurvePoint: Codable, Hashable, Sendable {
  /// Per exit but the last, the confidence from which a sample leaves; nil for never.
  public var thresholds: [Float?]
  /// The share of right answers.
  public var accuracy: Double
  /// The mean multiply–adds of a sample.
  public var expectedMACs: Double

  enum CodingKeys: String, CodingKey {
    case thresholds, accuracy
    case expectedMACs = "expected_macs"
  }
}

extension ExitTable {
  /// Accuracy and cost of lists of thresholds that were found on other samples.
  ///
  /// - Parameter choices: Thresholds, such as those of a solver's path on validation samples.
  /// - Returns: One point each.
  private func curve(_ choices: [[Float]]) -> [ExitCurvePoint] {
    let solver = ThresholdSolver(self)
    return choices.map { thresholds in
      let result = solver.evaluate(thresholds)
      return ExitCurvePoint(
        thresholds: thresholds.map { $0.isFinite ? $0 : nil }, accuracy: result.accuracy,
        expectedMACs: result.expectedMACs)
    }
  }

  /// Accuracy and cost when all exits have the same threshold.
  ///
  /// - Parameter count: About how many thresholds to try, evenly spread over the confidences seen.
  /// - Returns: One point per threshold, from never to always.
  public func commonThresholdCurve(count: Int = 100) -> [ExitCurvePoint] {
    let early = names.count - 1
    let seen = confidences.dropLast().joined().sorted(by: >)
    let steps = stride(from: 0, to: seen.count, by: max(seen.count / max(count, 1), 1))
    var thresholds: [Float] = [.infinity] + steps.map { seen[$0] }
    if let least = seen.last { thresholds.append(least) }
    var previous: Float?
    thresholds.removeAll { threshold in
      defer { previous = threshold }
      return threshold == previous
    }
    return curve(thresholds.map { Array(repeating: $0, count: early) })
  }
}
