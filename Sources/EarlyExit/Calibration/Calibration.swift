public import SparseLayers

/// Temperatures and thresholds found on validation samples.
public struct Calibration: Sendable {
  /// When samples leave.
  public let policy: ExitPolicy
  /// What that does on the validation samples.
  public let solution: ThresholdSolver.Solution
  /// What each exit did there.
  public let report: ExitReport
  /// Per exit, the expected calibration error with its temperature, and before with 1.
  public let calibrationErrors: [(before: Double, after: Double)]

  /// Fits temperatures, then solves thresholds.
  ///
  /// - Parameters:
  ///   - records: What the exits say about the validation samples.
  ///   - rule: How sure an exit is.
  ///   - solve: Asks the solver for what is wanted.
  /// - Throws: What `solve` throws.
  public init(
    _ records: ExitRecords, rule: any ConfidenceRule,
    solve: (ThresholdSolver) throws -> ThresholdSolver.Solution
  ) throws {
    // Outputs that were trained as probabilities have no temperature.
    let temperatures = records.outputs.map {
      records.loss == .softmaxCrossEntropy
        ? Temperature.fit(outputs: $0, labels: records.labels) : 1
    }
    let table = records.table(rule: rule, temperatures: temperatures)
    solution = try solve(ThresholdSolver(table))
    policy = ExitPolicy(rule: rule, thresholds: solution.thresholds, temperatures: temperatures)
    report = ExitReport(table, thresholds: solution.thresholds)
    calibrationErrors = temperatures.enumerated().map { exit, temperature in
      (
        Temperature.calibrationError(records, exit: exit, temperature: 1),
        Temperature.calibrationError(records, exit: exit, temperature: temperature)
      )
    }
  }

  /// The form of the calibration in a model file.
  ///
  /// - Parameters:
  ///   - aim: What was asked for, in words.
  ///   - dataSHA256: The content hash of the validation samples.
  /// - Returns: The settings.
  public func settings(aim: String, dataSHA256: String) -> ExitSettings {
    var settings = policy.settings
    settings.calibration = ExitSettings.Calibration(
      aim: aim, dataSHA256: dataSHA256, samples: report.samples, accuracy: report.accuracy,
      lastExitAccuracy: report.exits.last?.accuracyOnAll ?? 0, expectedMACs: report.expectedMACs)
    return settings
  }
}
