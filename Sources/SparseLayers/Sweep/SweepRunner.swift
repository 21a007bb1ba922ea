package import SparseCore

/// Trains the networks of a sweep, one after the other, on the same data.
package struct SweepRunner: Sendable {
  private let parts: DatasetParts
  private let settings: SweepSettings
  private let hashes: [String]

  /// Prepares the runs of a sweep.
  ///
  /// - Parameters:
  ///   - parts: The data.
  ///   - settings: What all runs share.
  /// - Throws: `SparseError.Code.invalidArgument` when the settings are unusable, or ask for scores
  ///   on a validation part that there is not.
  package init(parts: DatasetParts, settings: SweepSettings) throws {
    try settings.training.validate()
    let hasValidation = parts.validation != nil || settings.training.validationFraction > 0
    guard settings.scoredPart == .test || hasValidation else {
      throw SparseError(
        .invalidArgument,
        """
        There is no validation part to score networks on: the data have none, and the validation \
        fraction is 0. Set some of the training samples aside.
        """)
    }
    self.parts = parts
    self.settings = settings
    hashes = try [parts.training, parts.validation, parts.test].map {
      try $0?.contentHash() ?? "none"
    }
  }

  /// The key of a run.
  ///
  /// - Parameters:
  ///   - point: The network.
  ///   - seed: Its seed.
  /// - Returns: A digest of everything that decides the run's result.
  /// - Throws: `SparseError` when the network has no patterns.
  package func key(of point: SweepPoint, seed: UInt64) throws -> String {
    try SweepKey(
      point.recipe(seed: seed), training: training(seed: seed), settings: settings, data: hashes
    ).digest()
  }

  private func training(seed: UInt64) -> TrainingRecipe {
    var training = settings.training
    training.seed = seed
    return training
  }

  /// Trains and scores a network.
  ///
  /// - Parameters:
  ///   - point: The network.
  ///   - seed: Its seed.
  ///   - onStart: Called with the engines' warnings before the first step.
  ///   - progress: Called after every step with the share of the run that is done.
  ///   - shouldStop: Asked after every step; true gives the run up.
  /// - Returns: The run, or nil when it was given up.
  /// - Throws: `SparseError` when the network cannot be made or an engine fails; training that
  ///   diverges is a result.
  package func run(
    _ point: SweepPoint, seed: UInt64, onStart: ([any JunctionPlan]) -> Void = { _ in },
    progress: (Double) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> SweepRun? {
    let key = try key(of: point, seed: seed)
    let training = training(seed: seed)
    let network = try point.recipe(seed: seed).makeNetwork()
    let labeled = try parts.labeled(by: training, for: network)
    // Only the scored part is evaluated, and only once, at the end.
    let trainer = try Trainer(
      network, recipe: training, training: labeled.training, backend: settings.backend,
      threads: settings.threads)
    onStart(trainer.executor.plans)
    var seconds = 0.0
    let score: BranchEvaluation?
    do {
      while trainer.position.epoch < training.epochs {
        let report = try trainer.trainEpoch(
          progress: { step in
            let epochs = Double(step.epoch) + Double(step.step) / Double(trainer.stepsPerEpoch)
            progress(epochs / Double(training.epochs))
          }, shouldStop: shouldStop)
        guard let report else { return nil }
        seconds += report.seconds
        if trainer.position.epoch < training.epochs, shouldStop() { return nil }
      }
      score = try self.score(trainer, network, labeled.validation)
    } catch let error as SparseError where error.code == .diverged {
      score = nil
    }
    return SweepRun(
      key: key, point: point, seed: seed, cost: NetworkCost(network).total, score: score,
      trainSeconds: seconds)
  }

  private func score(
    _ trainer: Trainer, _ network: Network, _ validation: LabeledData?
  ) throws -> BranchEvaluation? {
    let data =
      switch settings.scoredPart {
      case .test: try LabeledData(parts.test, for: network)
      case .validation: validation
      }
    let score = try data.flatMap {
      try trainer.executor.evaluate($0, loss: settings.training.loss).last
    }
    // A network can overflow in evaluation although its last training step did not.
    return score.flatMap { $0.loss.isFinite ? $0 : nil }
  }
}
