internal import Foundation
public import SparseCore

/// Trains a network: plain, with exits, or with several tasks; the loss is the weighted sum of its
/// branches' losses.
///
/// All samples that it is given are learnt; `DatasetParts.labeled(by:for:)` sets those for validation
/// aside. The order of samples and dropout follow from the recipe's seed and the position in the run, so
/// a run that was stopped and restored goes on with the same bits.
public final class Trainer {
  /// How the network is trained.
  public let recipe: TrainingRecipe
  /// What runs the network.
  public let executor: NetworkExecutor
  /// How far the run has come.
  public private(set) var position = Position()

  private let training: LabeledData
  private let validation: LabeledData?
  private let optimizer: OptimizerState
  private let loss: BatchLoss
  private let update: UpdatePhase
  /// The step whose batch lies packed in the executor's input, counted from the run's start, and the
  /// passes that others had run by then.
  private var packed: (step: Int, forwardPasses: Int)?
  private var order: (epoch: Int, samples: [Int])?

  /// A place in a run.
  public struct Position: Codable, Hashable, Sendable {
    /// The finished epochs.
    public var epoch = 0
    /// The finished steps of the current epoch.
    public var step = 0
    /// What the current epoch's finished steps summed up to.
    var sums: EvaluationSums?
  }

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - network: The network with its initial parameters.
  ///   - recipe: How to train it.
  ///   - training: The samples to learn, all of them, matched with the network.
  ///   - validation: The samples to validate after each epoch, if any.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work. The results do not depend on it.
  ///   - trainedBranches: When given, only the branches of these names are trained; all other layers
  ///     stay as they are and run as in inference.
  /// - Throws: `SparseError.Code.invalidArgument` when the recipe has an unusable number or there
  ///   are no samples, `backend` when an engine fails.
  public convenience init(
    _ network: Network, recipe: TrainingRecipe, training: LabeledData,
    validation: LabeledData? = nil, backend: Backend = .auto, threads: Int = 1,
    trainedBranches: Set<String>? = nil
  ) throws {
    try self.init(recipe: recipe, training: training, validation: validation) { batchCapacity in
      try NetworkExecutor(
        network, backend: backend, threads: threads, batchCapacity: batchCapacity,
        isTraining: true, trainedBranches: trainedBranches, seed: recipe.seed)
    }
  }

  /// Prepares a run of a network whose executor is built by the caller, for training.
  package init(
    recipe: TrainingRecipe, training: LabeledData, validation: LabeledData?,
    makeExecutor: (_ batchCapacity: Int) throws -> NetworkExecutor
  ) throws {
    try recipe.validate()
    guard !training.indices.isEmpty else {
      throw SparseError(
        .invalidArgument, "There are no samples to train on; make the validation fraction smaller.")
    }
    self.recipe = recipe
    self.training = training
    self.validation = validation
    executor = try makeExecutor(min(recipe.batchSize, training.indices.count))
    guard executor.batchCapacity > 1 || executor.operators.allSatisfy({ !$0.needsWholeBatch })
    else {
      throw SparseError(
        .invalidArgument,
        """
        Batch normalisation learns nothing from batches of 1 sample, which have no variance. Use larger \
        batches, or a network without it.
        """)
    }
    optimizer = OptimizerState(recipe.optimizer, parameters: executor.trainedParameters)
    loss = BatchLoss(recipe.loss, executor: executor)
    update = UpdatePhase(executor, optimizer)
  }

  /// The steps of one epoch.
  public var stepsPerEpoch: Int {
    (training.indices.count + recipe.batchSize - 1) / recipe.batchSize
  }

  /// The network with the parameters as they are now.
  ///
  /// - Returns: A value independent of this trainer.
  /// - Throws: `SparseError.Code.diverged` when a parameter is not finite.
  public func currentNetwork() throws -> Network { try executor.currentNetwork() }
}

// MARK: - Running

extension Trainer {
  /// What one step of training showed.
  public struct StepReport: Sendable {
    /// The epoch, from 0.
    public var epoch: Int
    /// The finished steps of the epoch.
    public var step: Int
    /// The epoch's samples so far.
    public var samples: Int
    /// The mean loss of the last branch over the epoch so far.
    public var loss: Double
    /// The last branch's share of right answers over the epoch so far.
    public var accuracy: Double
  }

  /// What one epoch of training showed.
  public struct EpochReport: Codable, Sendable {
    /// The finished epochs.
    public var epoch: Int
    /// The learning rate of the epoch's last step.
    public var learningRate: Double
    /// The time of training in this process, in seconds, without validation.
    public var seconds: Double
    /// The samples that were trained in that time: the rest of the epoch, where it was resumed.
    public var trainedSamples: Int
    /// Each branch on the training samples, while they were learnt.
    public var training: [BranchEvaluation]
    /// Each branch on the validation samples, after the epoch; empty without any.
    public var validation: [BranchEvaluation]
  }

  /// Trains the epochs that are left of the recipe's.
  ///
  /// - Returns: Their reports.
  /// - Throws: As `trainEpoch(progress:shouldStop:)`.
  @discardableResult
  public func train() throws -> [EpochReport] {
    var reports: [EpochReport] = []
    while position.epoch < recipe.epochs, let report = try trainEpoch() { reports.append(report) }
    return reports
  }

  /// Trains to the end of the current epoch.
  ///
  /// - Parameters:
  ///   - progress: Called after every step.
  ///   - shouldStop: Asked after every step; true ends the call early, between two steps.
  /// - Returns: The epoch's report, or nil when it was stopped before its end.
  /// - Throws: `SparseError.Code.diverged` when the loss is not finite, `backend` when an engine
  ///   fails, perhaps with a part of the step done. The parameters are then unusable, but those of the
  ///   last checkpoint are not.
  public func trainEpoch(
    progress: (StepReport) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> EpochReport? {
    let start = ContinuousClock.now
    let samples = samples(ofEpoch: position.epoch)
    if position.sums == nil { position.sums = EvaluationSums(branches: executor.outputs.count) }
    let earlier = position.sums?.samples ?? 0
    // Somebody may have put samples in since, without running them.
    packed = nil
    while position.step < stepsPerEpoch {
      try step(samples)
      progress(report)
      if position.step < stepsPerEpoch, shouldStop() { return nil }
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    let rate = learningRate(step: position.epoch * stepsPerEpoch + stepsPerEpoch - 1)
    let training = position.sums?.evaluations(of: executor.original) ?? []
    let trained = (position.sums?.samples ?? 0) - earlier
    position = Position(epoch: position.epoch + 1)
    return EpochReport(
      epoch: position.epoch, learningRate: rate, seconds: seconds, trainedSamples: trained,
      training: training,
      validation: try validation.map { try executor.evaluate($0, loss: recipe.loss) } ?? [])
  }

  private var report: StepReport {
    let sums = position.sums ?? EvaluationSums(branches: 0)
    return StepReport(
      epoch: position.epoch, step: position.step, samples: sums.samples,
      loss: (sums.losses.last ?? 0) / Double(sums.samples),
      accuracy: Double(sums.correct.last ?? 0) / Double(sums.samples))
  }

  /// One step: the tiles forward, their losses and the way back; then gradients, update, packing.
  ///
  /// What is packed is the next batch. Allocates nothing.
  private func step(_ samples: [Int]) throws {
    let step = position.epoch * stepsPerEpoch + position.step
    let batch = batch(position.step, of: samples)
    let pass = Pass(shape: executor.shape(samples: batch.count), mode: .training(step: step))
    // Whoever evaluates between two steps, in `progress` even, puts other samples in.
    if packed?.step != step || packed?.forwardPasses != executor.forwardPasses {
      for tile in 0..<pass.shape.count {
        training.samples.pack(batch, tile: tile, into: executor.input.values, shape: pass.shape)
      }
    }
    loss.prepare(training, batch, pass, scale: 1 / Float(batch.count))
    try executor.phases.train(pass, loss: loss)
    try checkFinite(step: step)
    optimizer.beginStep(factor: factor(step: step))
    let hasNext = position.step + 1 < stepsPerEpoch
    let next = hasNext ? self.batch(position.step + 1, of: samples) : []
    try update.run(
      pass,
      next: hasNext ? (training.samples, next, executor.shape(samples: next.count)) : nil,
      on: executor.pool)
    packed = hasNext ? (step + 1, executor.forwardPasses) : nil
    // In place: a copy of the sums would be an allocation.
    position.sums?.add(loss)
    position.step += 1
  }

  private func batch(_ step: Int, of samples: [Int]) -> ArraySlice<Int> {
    let first = step * recipe.batchSize
    return samples[first..<min(first + recipe.batchSize, samples.count)]
  }

  private func checkFinite(step: Int) throws {
    guard let (branch, value) = loss.firstNotFinite else { return }
    throw SparseError(
      .diverged,
      """
      The loss of branch '\(executor.original.branches[branch].name)' became \
      \(value.isNaN ? .nan : value) in epoch \
      \(position.epoch + 1), step \(position.step + 1). Lower the learning rate \
      (\(learningRate(step: step)) at this step).
      """)
  }

  private func factor(step: Int) -> Double {
    recipe.schedule.factor(
      step: step, stepsPerEpoch: stepsPerEpoch, totalSteps: recipe.epochs * stepsPerEpoch)
  }

  private func learningRate(step: Int) -> Double {
    recipe.optimizer.learningRate * factor(step: step)
  }

  /// The order of an epoch's samples: it depends on the seed and the epoch alone.
  private func samples(ofEpoch epoch: Int) -> [Int] {
    if let order, order.epoch == epoch { return order.samples }
    var samples = training.indices
    var stream = RandomStream(seed: recipe.seed, purpose: "order of samples", index: epoch)
    stream.shuffle(&samples)
    order = (epoch, samples)
    return samples
  }
}

// MARK: - Checkpoints

extension Trainer {
  /// Everything that a run needs to go on, apart from the network's parameters.
  public struct State: Sendable {
    /// How far the run has come.
    public var position: Position
    /// The updates made.
    public var updates: Int
    /// Per moment of the optimiser, per parameter, its values; weights in CSR order.
    public var moments: [[[Float]]]
  }

  /// The state of the run, between two steps.
  public var state: State {
    State(position: position, updates: optimizer.step, moments: optimizer.moments)
  }

  /// Goes on where another run of the same recipe and data stopped.
  ///
  /// - Parameters:
  ///   - network: That run's network.
  ///   - state: That run's state.
  /// - Throws: `SparseError` when they do not fit this run.
  public func restore(_ network: Network, _ state: State) throws {
    let (epoch, step) = (state.position.epoch, state.position.step)
    guard epoch >= 0, epoch <= TrainingRecipe.maximumEpochs, step >= 0, step < stepsPerEpoch,
      state.updates == epoch * stepsPerEpoch + step
    else {
      throw SparseError(
        .corruptFile,
        """
        The checkpoint stands at epoch \(epoch), step \(step), after \(state.updates) updates, which \
        a run of \(stepsPerEpoch) steps per epoch does not have; resume with the data and batch size \
        that it was begun with.
        """)
    }
    let sums = state.position.sums ?? EvaluationSums(branches: executor.outputs.count)
    let learnt = step * recipe.batchSize
    guard sums.samples == learnt, sums.losses.count == executor.outputs.count,
      sums.correct.count == executor.outputs.count, sums.losses.allSatisfy(\.isFinite),
      sums.correct.allSatisfy({ (0...learnt).contains($0) })
    else {
      throw SparseError(
        .corruptFile,
        """
        The checkpoint sums up \(sums.samples) samples of \(sums.losses.count) branches; after step \
        \(step) of an epoch these must be \(learnt) of \(executor.outputs.count).
        """)
    }
    try executor.load(network)
    try optimizer.restore(step: state.updates, moments: state.moments)
    position = state.position
  }
}
