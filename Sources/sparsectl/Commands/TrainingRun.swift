import ArgumentParser
import Foundation
import SparseCore
import SparseLayers

/// One run of `train`: from data to model file.
final class TrainingRun {
  private let options: Train
  private let parts: DatasetParts
  private let recipe: NetworkRecipe
  private let training: TrainingRecipe
  private let trainer: Trainer
  private let network: Network
  private let description: DataDescription
  private let log: MetricsLog?
  private var epochSeconds: [Double] = []
  private var lastReport: Trainer.EpochReport?

  private var checkpointPath: String { options.output + ".checkpoint" }

  init(_ options: Train) throws {
    self.options = options
    let source = options.data.dataset ?? .fashionMNIST
    training = options.training.trainingRecipe
    let parts = try options.data.load(seed: training.seed)
    self.parts = parts
    recipe = try Self.recipe(options, sample: parts.training)
    for rounding in try recipe.patterns().roundings { Terminal.note("note: \(rounding)") }
    network = try recipe.makeNetwork()
    description = DataDescription(dataset: source.rawValue, like: parts.training)
    let (learnt, validation) = try Self.split(parts, training, network)
    trainer = try Trainer(
      network, recipe: training, training: learnt, validation: validation,
      backend: options.engine.backend, threads: options.engine.threadCount)
    log = try options.metrics.map { try MetricsLog(path: $0) }
  }

  private static func recipe(_ options: Train, sample: Dataset) throws -> NetworkRecipe {
    let features = options.padInput ?? sample.featureCount
    let classes = sample.targets[0].classCount
    var recipe = try options.network.recipe(
      sizes: [features, 512, 256, classes], seed: options.training.seed)
    if options.training.recipe == .published { recipe.initializer = .published }
    guard recipe.layerSizes.first == features else {
      throw SparseError(
        .shapeMismatch,
        """
        '--layers' starts with \(recipe.layerSizes.first ?? 0), but the samples have \
        \(sample.featureCount) features. Start it with \(features), or pad the samples with \
        '--pad-input'.
        """)
    }
    guard features >= sample.featureCount else {
      throw SparseError(
        .shapeMismatch,
        "'--pad-input' is \(features), but the samples have \(sample.featureCount) features already.")
    }
    return recipe
  }

  private static func split(
    _ parts: DatasetParts, _ training: TrainingRecipe, _ network: Network
  ) throws -> (LabeledData, LabeledData?) {
    if let validation = parts.validation {
      return (
        try LabeledData(parts.training, for: network), try LabeledData(validation, for: network)
      )
    }
    let split = try parts.training.validationSplit(
      fraction: training.validationFraction, seed: training.seed)
    return (
      try LabeledData(parts.training, indices: split.training, for: network),
      split.validation.isEmpty
        ? nil : try LabeledData(parts.training, indices: split.validation, for: network)
    )
  }

  func execute() throws {
    if !options.outputOptions.json { Terminal.result(TrainingText.header(trainer, network, parts)) }
    Interruption.watch()
    try resumeIfAsked()
    // Written before the first step too: an output that cannot be written fails now, not in an hour.
    try saveCheckpoint()
    while trainer.position.epoch < training.epochs { try trainEpoch() }
    try finish()
  }

  private func trainEpoch() throws {
    var line = ProgressLine()
    let start = ContinuousClock.now
    let firstStep = trainer.position.step
    let report = try trainer.trainEpoch(
      progress: { step in
        let seconds = start.duration(to: .now) / .seconds(1)
        line.show(
          TrainingText.progress(
            step, of: trainer, seconds: seconds, stepsHere: step.step - firstStep))
      },
      shouldStop: { Interruption.isRequested })
    line.clear()
    guard let report else { throw try interrupted() }
    if firstStep == 0 { epochSeconds.append(report.seconds) }
    lastReport = report
    Terminal.note(TrainingText.epoch(report, of: training.epochs))
    try log?.append(report)
    try saveCheckpoint()
    if Interruption.isRequested, report.epoch < training.epochs { throw try interrupted() }
  }

  private func interrupted() throws -> any Error {
    try saveCheckpoint()
    let position = trainer.position
    Terminal.note(
      """
      Interrupted after \(position.epoch) epochs and \(position.step) steps; saved in \
      \(checkpointPath). The same command with --resume goes on there.
      """)
    return ExitCode.failure
  }

  private func finish() throws {
    let test = try trainer.executor.evaluate(
      LabeledData(parts.test, for: network), loss: training.loss)
    let trained = try trainer.currentNetwork()
    try model(trained).write(to: options.output, compact: options.compact)
    try FileManager.default.removeItem(atPath: checkpointPath)
    let summary = TrainingSummary(
      trained, test: test, validation: lastReport?.validation.last, epochSeconds: epochSeconds,
      trainer: trainer, model: options.output)
    if options.outputOptions.json {
      try Terminal.result(json: summary)
    } else {
      Terminal.result(TrainingText.closing(summary, NetworkCost(trained)))
    }
  }
}

// MARK: - Checkpoints

extension TrainingRun {
  private func model(_ network: Network) -> ModelFile {
    ModelFile(network: network, recipe: recipe, training: training, data: description)
  }

  private func saveCheckpoint() throws {
    try Checkpoint(model: model(trainer.currentNetwork()), state: trainer.state)
      .write(to: checkpointPath)
  }

  private func resumeIfAsked() throws {
    guard options.resume else { return }
    guard FileManager.default.fileExists(atPath: checkpointPath) else {
      Terminal.note("note: there is no \(checkpointPath); starting from the beginning.")
      return
    }
    let checkpoint = try Checkpoint(contentsOf: checkpointPath)
    try checkSame(checkpoint.model)
    try trainer.restore(checkpoint.model.network, checkpoint.state)
    let position = trainer.position
    Terminal.note("Going on after \(position.epoch) epochs and \(position.step) steps.")
  }

  /// The run may only become longer, and only where its schedule does not depend on its length.
  private func checkSame(_ other: ModelFile) throws {
    var theirs = other.training
    if !training.schedule.dependsOnLength { theirs?.epochs = training.epochs }
    let differing = [
      ("network", other.recipe == recipe), ("training recipe", theirs == training),
      ("data", other.data == description),
    ].filter { !$0.1 }.map(\.0)
    guard differing.isEmpty else {
      throw SparseError(
        .invalidArgument,
        """
        \(checkpointPath) is of another run: its \(differing.joined(separator: " and its ")) \
        differ. Give the same options, or another --output.
        """)
    }
  }
}

/// The file of `--metrics`: one JSON line per epoch.
struct MetricsLog {
  private let log: LineLog

  init(path: String) throws { log = try LineLog(path: path) }

  func append(_ report: Trainer.EpochReport) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try log.append(String(decoding: try encoder.encode(report), as: UTF8.self))
  }
}
