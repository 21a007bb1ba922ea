import EarlyExit
import SparseLayers

/// What `calibrate` prints.
struct CalibrationReport: TextReport {
  /// Per exit, the last included.
  var temperature: [Float]
  /// Per exit but the last, in the rule's own terms; null for never.
  var thresholds: [Float?]
  var rule: String
  var aim: String
  var validationAccuracy: Double
  var lastExitAccuracy: Double
  var expectedMACs: Double
  var lastExitMACs: Int
  var samples: Int
  var exits: [ExitReport.Exit]
  var calibrationError: [Errors]
  var model: String

  /// The expected calibration error of an exit.
  struct Errors: Encodable {
    var before: Double
    var after: Double
  }

  enum CodingKeys: String, CodingKey {
    case temperature, thresholds, rule, aim, samples, exits, model
    case validationAccuracy = "validation_accuracy"
    case lastExitAccuracy = "last_exit_accuracy"
    case expectedMACs = "expected_macs"
    case lastExitMACs = "last_exit_macs"
    case calibrationError = "calibration_error"
  }

  init(_ calibration: Calibration, _ records: ExitRecords, aim: String, model: String) {
    let settings = calibration.policy.settings
    temperature = settings.temperatures
    thresholds = settings.thresholds
    rule = settings.rule
    self.aim = aim
    validationAccuracy = calibration.report.accuracy
    lastExitAccuracy = calibration.report.exits.last?.accuracyOnAll ?? 0
    expectedMACs = calibration.report.expectedMACs
    lastExitMACs = records.macs.last ?? 0
    samples = records.sampleCount
    exits = calibration.report.exits
    calibrationError = calibration.calibrationErrors.map {
      Errors(before: $0.before, after: $0.after)
    }
    self.model = model
  }

  /// The report for people.
  var text: String {
    var table = Table([
      "exit", "temperature", "threshold", "share", "accuracy there", "accuracy on all", "MACs",
      "calibration error",
    ])
    for (index, exit) in exits.enumerated() {
      let isLast = index == exits.count - 1
      table.add([
        exit.exit, Text.number(Double(temperature[index]), decimals: 3),
        isLast ? "–" : thresholds[index].map { Text.number(Double($0), decimals: 6) } ?? "never",
        Text.percent(exit.share), exit.accuracy.map(Text.percent) ?? "–",
        Text.percent(exit.accuracyOnAll), Text.count(exit.macs),
        "\(Text.number(calibrationError[index].before)) → \(Text.number(calibrationError[index].after))",
      ])
    }
    return """
      \(rule), \(aim), on \(Text.count(samples, "validation sample")):

      \(table.text())

      accuracy \(Text.percent(validationAccuracy)), with the last exit alone \
      \(Text.percent(lastExitAccuracy)); \(Text.rounded(expectedMACs)) MACs a sample \
      instead of \(Text.count(lastExitMACs)), \
      \(Text.ratio(Double(lastExitMACs) / max(expectedMACs, 1))) fewer

      saved in \(model)
      """
  }
}
