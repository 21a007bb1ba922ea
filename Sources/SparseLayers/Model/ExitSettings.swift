internal import SparseCore

/// When samples leave at a network's exits, as a model file holds it.
public struct ExitSettings: Codable, Hashable, Sendable {
  /// The name of the confidence rule.
  public var rule: String
  /// Per exit, the last included, what its outputs are divided by.
  public var temperatures: [Float]
  /// Per exit but the last, the threshold in the rule's own terms; nil for never.
  ///
  /// In the first part of a network that was cut, the last exit has one, too.
  public var thresholds: [Float?]
  /// Where the numbers come from, when they were calibrated.
  public var calibration: Calibration?

  /// What a calibration was made on, and what it found there.
  public struct Calibration: Codable, Hashable, Sendable {
    /// What was asked for, such as `max accuracy loss 0.001`.
    public var aim: String
    /// The content hash of the validation samples and their labels.
    public var dataSHA256: String
    /// The validation samples.
    public var samples: Int
    /// The share of right answers with the thresholds.
    public var accuracy: Double
    /// The share of right answers of the last exit alone.
    public var lastExitAccuracy: Double
    /// The mean multiply–adds of a sample with the thresholds.
    public var expectedMACs: Double

    enum CodingKeys: String, CodingKey {
      case aim, samples, accuracy
      case dataSHA256 = "data_sha256"
      case lastExitAccuracy = "last_exit_accuracy"
      case expectedMACs = "expected_macs"
    }

    /// Puts the facts together.
    public init(
      aim: String, dataSHA256: String, samples: Int, accuracy: Double, lastExitAccuracy: Double,
      expectedMACs: Double
    ) {
      self.aim = aim
      self.dataSHA256 = dataSHA256
      self.samples = samples
      self.accuracy = accuracy
      self.lastExitAccuracy = lastExitAccuracy
      self.expectedMACs = expectedMACs
    }
  }

  /// Puts settings together.
  ///
  /// - Parameters:
  ///   - rule: The name of the confidence rule.
  ///   - temperatures: Per exit, the last included, what its outputs are divided by.
  ///   - thresholds: Per exit but the last, the threshold in the rule's own terms; nil for never.
  ///   - calibration: Where the numbers come from.
  public init(
    rule: String, temperatures: [Float], thresholds: [Float?], calibration: Calibration? = nil
  ) {
    self.rule = rule
    self.temperatures = temperatures
    self.thresholds = thresholds
    self.calibration = calibration
  }

  /// Checks the settings against a network read from the same file.
  func validate(exits: Int, handsOver: Bool) throws {
    guard temperatures.count == exits, thresholds.count == (handsOver ? exits : exits - 1),
      temperatures.allSatisfy({ $0 > 0 && $0.isFinite }),
      thresholds.allSatisfy({ $0?.isFinite ?? true }), calibration?.samples ?? 0 >= 0
    else {
      throw SparseError(
        .corruptFile,
        """
        its exit settings have \(temperatures.count) temperatures and \(thresholds.count) thresholds \
        for a network of \(exits) exits, or unusable numbers. Calibrate the model again.
        """)
    }
  }
}
