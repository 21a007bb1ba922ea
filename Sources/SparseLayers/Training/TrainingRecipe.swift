internal import SparseCore

/// How a network is trained, apart from the network and the data.
public struct TrainingRecipe: Codable, Hashable, Sendable {
  /// The passes over the training samples.
  public var epochs: Int
  /// The samples of a step; the last step of an epoch may have fewer.
  public var batchSize: Int
  /// How parameters follow their gradients.
  public var optimizer: Optimizer
  /// How the learning rate changes.
  public var schedule: Schedule
  /// What is minimised, summed over the branches with their weights.
  public var loss: Loss
  /// Decides the order of samples, the validation part, and what dropout drops.
  public var seed: UInt64
  /// The share of the training samples that is set aside for validation, where the data have no
  /// validation part of their own.
  ///
  /// `DatasetParts.labeled(by:for:)` sets them aside; a `Trainer` learns all samples that it is given.
  /// A model file keeps the share and the seed, so that the samples are found again; where all were
  /// learnt it should say 0.
  public var validationFraction: Double

  /// Creates a recipe.
  ///
  /// - Parameters:
  ///   - epochs: The passes over the training samples.
  ///   - batchSize: The samples of a step.
  ///   - optimizer: How parameters follow their gradients.
  ///   - schedule: How the learning rate changes.
  ///   - loss: What is minimised.
  ///   - seed: Decides the order of samples, the validation part, and what dropout drops.
  ///   - validationFraction: The share of the training samples that
  ///     `DatasetParts.labeled(by:for:)` sets aside.
  public init(
    epochs: Int = 12, batchSize: Int = 256, optimizer: Optimizer = .adam(),
    schedule: Schedule = Schedule(.cosine(floor: 0)), loss: Loss = .softmaxCrossEntropy,
    seed: UInt64 = 0, validationFraction: Double = 0.1
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.optimizer = optimizer
    self.schedule = schedule
    self.loss = loss
    self.seed = seed
    self.validationFraction = validationFraction
  }

  /// The published recipe, in the constants of its code.
  ///
  /// Capogrosso et al. 2024: Adam at 1e-3 with an inverse-time decay of 1e-5 per step, batches of 256, 50 epochs, no validation part, no L2.
  ///
  /// - Parameter seed: Decides the order of samples.
  /// - Returns: The recipe.
  public static func published(seed: UInt64 = 0) -> Self {
    Self(
      epochs: 50, schedule: Schedule(.inverseTime(decay: 1e-5)), seed: seed, validationFraction: 0)
  }

  /// The most epochs of a run: counts of steps then fit 64 bits whatever the data.
  package static let maximumEpochs = 1_000_000

  /// Checks that every number is usable.
  ///
  /// - Throws: `SparseError.Code.invalidArgument`, naming the number.
  public func validate() throws {
    guard epochs >= 0, epochs <= Self.maximumEpochs else {
      throw SparseError(
        .invalidArgument, "The epochs must be in 0…\(Self.maximumEpochs), but are \(epochs).")
    }
    guard batchSize >= 1, batchSize <= 65536 else {
      throw SparseError(.invalidArgument, "The batch size must be in 1…65536, but is \(batchSize).")
    }
    guard validationFraction >= 0, validationFraction < 1 else {
      throw SparseError(
        .invalidArgument,
        "The validation fraction must be in 0..<1, but is \(validationFraction).")
    }
    try optimizer.validate()
    try schedule.validate()
  }
}
