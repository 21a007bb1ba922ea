import ArgumentParser
import Foundation
import SparseCore
import SparseLayers

/// One run of `train`: from data to model file.
final class TrainingRun {
  private let options: Train
  private let parts: DatasetParts
  /// Nil when the run starts from a model that no recipe made.
  private let recipe: NetworkRecipe?
  private let training: TrainingRecipe
  private let trainer: Trainer
  private let network: Network
  private let description: DataDescription
  /// The samples that are learnt, and those that are set aside.
  private let sampleCounts: (training: Int, validation: Int)
  private var log: MetricsLog?
  private var progress: TrainingProgress
  /// Whether the run goes on after a checkpoint.
  private var isResumed = false
  /// The time of training in this process, and that of each epoch done in it from end to end.
  private var trainSeconds = 0.0
  private var epochSeconds: [Double] = []
  private var lastReport: Trainer.EpochReport?

  private let checkpoint: CheckpointFile

  init(_ options: Train) throws {
    try AtomicFile.requireWritable(options.output)
    checkpoint = try CheckpointFile(besideModel: options.output)
    var options = options
    let start = try options.exits.from.map { (path: $0, file: try ModelFile(answering: $0)) }
    if let start { options.data = try options.data.completed(by: start.file, named: start.path) }
    self.options = options
    let source = options.data.dataset ?? .fashionMNIST
    training = options.training.trainingRecipe(seed: options.seed)
    parts = try options.data.load(source, seed: training.seed)
    (recipe, network) = try Self.network(options, start, sample: parts.training)
    var description = DataDescription(dataset: source.rawValue, like: parts.training)
    description.trainingSHA256 = try parts.training.contentHash()
    let labeled = try parts.labeled(by: training, for: network)
    sampleCounts = (labeled.training.indices.count, labeled.validation?.indices.count ?? 0)
    if let start {
      let setsAside = parts.validation == nil && sampleCounts.validation > 0
      if start.file.isOfOtherSamples(than: description) {
        Terminal.note(
          start.file.warning(named: start.path, beside: options.data.data ?? description.dataset))
      } else if setsAside, let warning = Self.warning(of: start, training) {
        Terminal.note(warning)
        description.knowsValidation = true
      }
    }
    self.description = description
    trainer = try Trainer(
      network, recipe: training, training: labeled.training, validation: labeled.validation,
      backend: options.engine.backend, threads: options.engine.threadCount,
      trainedBranches: options.exits.trainedBranches)
    progress = TrainingProgress(of: trainer)
  }

  /// What to tell where the samples that are set aside here are known to the model that is started from.
  private static func warning(
    of start: (path: String, file: ModelFile), _ training: TrainingRecipe
  ) -> String? {
    if let seed = start.file.training?.seed, seed != training.seed {
      return """
        warning: \(start.path) was trained with '--seed \(seed)', which set other samples aside: it \
        has learnt some of the validation samples here. Give the same seed.
        """
    }
    if let known = start.file.training?.validationFraction, known < training.validationFraction {
      return """
        warning: \(start.path) was trained with '--validation-fraction \(Text.number(known))': it has \
        learnt some of the validation samples here, and thresholds that are solved on them will be too \
        sure. Start from a model that has set as many aside.
        """
    }
    guard start.file.data.knowsValidation == true else { return nil }
    return """
      warning: \(start.path) was started from a model that has learnt some of the validation samples \
      here. Start from a model that has not.
      """
  }

  /// The network to train, from a recipe or from a model.
  private static func network(
    _ options: Train, _ start: (path: String, file: ModelFile)?, sample: Dataset
  ) throws -> (NetworkRecipe?, Network) {
    guard let (path, file) = start else {
      let recipe = try recipe(options, sample: sample)
      return (recipe, try recipe.makeNetwork())
    }
    try file.requireFit(of: sample, from: options.data.data ?? "the training part")
    guard let exits = options.exits.recipe else { return (file.recipe, file.network) }
    var recipe = file.recipe
    recipe?.exits = exits
    do {
      return (
        recipe,
        try file.network.addingExits(
          exits, activation: recipe?.activation ?? .relu,
          initializer: recipe?.initializer ?? .standard,
          seed: options.seed)
      )
    } catch let error as SparseError {
      throw SparseError(error.code, "\(path): \(error.message)", cause: error)
    }
  }

  private static func recipe(_ options: Train, sample: Dataset) throws -> NetworkRecipe {
    let place = options.data.data ?? "fashion-mnist"
    let features = try options.padding.features(of: sample, place: place)
    let tasks = try tasks(options, sample: sample, place: place)
    let classes = tasks[0].classes
    var recipe = try options.network.recipe(
      sizes: [features, 512, 256, classes], seed: options.seed)
    recipe.initializer = options.training.initializer
    recipe.exits = options.exits.recipe
    recipe.setTasks(tasks)
    guard recipe.layerSizes.first == features else {
      throw SparseError(
        .shapeMismatch,
        """
        \(place): '--layers' starts with \(recipe.layerSizes.first ?? 0), but the samples have \
        \(sample.featureCount) features. Start it with \(features), or pad the samples with \
        '--pad-input'.
        """)
    }
    guard recipe.layerSizes.last == classes else {
      let owner = tasks.count == 1 ? "the data have" : "the main task, '\(tasks[0].name)', has"
      throw SparseError(
        .shapeMismatch,
        """
        \(place): '--layers' ends with \(recipe.layerSizes.last ?? 0), but \(owner) \
        \(classes) classes. End it with \(classes).
        """)
    }
    return recipe
  }

  private static func tasks(
    _ options: Train, sample: Dataset, place: String
  ) throws -> [TaskRecipe] {
    do {
      return try options.tasks.recipes(for: sample.targets(named: options.tasks.tasks?.elements))
    } catch let error as SparseError {
      throw SparseError(error.code, "\(place): \(error.message)", cause: error)
    }
  }

  /// Trains to the end, or until a signal comes.
  func execute() throws {
    Interruption.watch()
    var note = try resume()
    log = try options.metrics.map {
      try MetricsLog(path: $0, of: network, isResumed: isResumed)
    }
    if !isResumed { note = try checkpoint.setAside() ?? note }
    // Written before the first step too: a disk that is too small shows now, not in an hour.
    try saveCheckpoint()
    try announce(note)
    while trainer.position.epoch < training.epochs { try trainEpoch() }
    progress.finish()
    try finish()
  }

  /// Prints the network and what is special of this run.
  private func announce(_ note: String?) throws {
    // A model's patterns are made already, and the files of given ones may be gone.
    let roundings = options.exits.from == nil ? try recipe?.patterns().roundings ?? [] : []
    for rounding in roundings { Terminal.note("note: \(rounding)") }
    let header = TrainingText.header(
      trainer, network, samples: sampleCounts, test: parts.test.sampleCount)
    if options.outputOptions.json {
      Terminal.note(header)
    } else {
      try Terminal.result(header)
    }
    Terminal.note(warningsOf: trainer.executor.plans)
    if let note { Terminal.note("note: \(note)") }
  }

  private func trainEpoch() throws {
    let firstStep = trainer.position.step
    let start = ContinuousClock.now
    let report = try runEpoch()
    trainSeconds += report?.seconds ?? start.duration(to: .now) / .seconds(1)
    guard let report else { throw try interruption() }
    if firstStep == 0 { epochSeconds.append(report.seconds) }
    lastReport = report
    progress.end(report)
    Terminal.note(TrainingText.epoch(report, of: training.epochs))
    try log?.append(report, of: network)
    if Interruption.isRequested, report.epoch < training.epochs { throw try interruption() }
    try saveCheckpoint()
  }

  private func runEpoch() throws -> Trainer.EpochReport? {
    progress.begin(step: trainer.position.step)
    defer { progress.clear() }
    do {
      let report = try trainer.trainEpoch(
        progress: { progress.show($0) }, shouldStop: { Interruption.isRequested })
      try requireFinite(report?.validation ?? [], "the validation samples")
      return report
    } catch let error as SparseError where error.code == .diverged {
      throw SparseError(
        .diverged,
        "\(error.message) The run as it was before is kept in \(checkpoint.path).",
        cause: error)
    }
  }

  /// A network can overflow in evaluation although its last training step did not.
  private func requireFinite(_ evaluations: [BranchEvaluation], _ samples: String) throws {
    guard let evaluation = evaluations.first(where: { !$0.loss.isFinite }) else { return }
    throw SparseError(
      .diverged,
      """
      The loss on \(samples) became \(evaluation.loss.isNaN ? .nan : evaluation.loss) after epoch \
      \(trainer.position.epoch). Lower the learning rate (\(training.optimizer.learningRate)).
      """)
  }

  /// Saves the run and says how to go on; throws what ends the program.
  private func interruption() throws -> any Error {
    try saveCheckpoint()
    let position = trainer.position
    Terminal.note(
      """
      Interrupted after \(Text.count(position.epoch, "epoch")) and \
      \(Text.count(position.step, "step")); saved in \(checkpoint.path). The same command with --resume goes on there.
      """)
    return ExitCode.failure
  }

  private func finish() throws {
    let test = try trainer.executor.evaluate(
      LabeledData(parts.test, for: network), loss: training.loss)
    try requireFinite(test, "the test samples")
    let trained = try trainer.currentNetwork()
    try model(trained).write(to: options.output, form: options.storageForm)
    checkpoint.remove()
    let summary = TrainingSummary(
      trained, test: test, validation: lastReport?.validation ?? [], trainSeconds: trainSeconds,
      epochSeconds: epochSeconds, isResumed: isResumed, trainer: trainer, model: options.output)
    if options.outputOptions.json {
      try Terminal.result(json: summary)
    } else {
      try Terminal.result(
        TrainingText.closing(summary, trained, trainedBranches: options.exits.trainedBranches))
    }
  }
}

// MARK: - Checkpoints

extension TrainingRun {
  private func model(_ network: Network) throws -> ModelFile {
    ModelFile(
      network: network, recipe: recipe, training: training, data: description,
      experiment: try options.experiment())
  }

  private func saveCheckpoint() throws {
    try checkpoint.save(
      Checkpoint(model: model(trainer.currentNetwork()), state: trainer.state))
  }

  /// Takes over a checkpoint where that is asked for, and returns what to tell of it.
  private func resume() throws -> String? {
    guard options.resume else { return nil }
    guard checkpoint.exists else {
      return "there is no \(checkpoint.path); starting from the beginning."
    }
    let saved = try checkpoint.read()
    try checkSame(saved)
    try trainer.restore(saved.model.network, saved.state)
    isResumed = true
    let position = trainer.position
    return
      "going on after \(Text.count(position.epoch, "epoch")) and \(Text.count(position.step, "step"))."
  }

  /// The options that a model of another run had otherwise, or nothing where it does not tell.
  private func experimentChanges(since other: ModelFile) throws -> String {
    func words(of yaml: String) -> [String: String] {
      let entries = (try? Experiment(yaml: yaml, source: ""))?.entries ?? []
      return Dictionary(entries.map { ($0.key, $0.words.joined()) }) { first, _ in first }
    }
    guard let theirs = other.experiment.map(words), !theirs.isEmpty else { return "" }
    let ours = words(of: try options.experiment())
    return Set(theirs.keys).union(ours.keys).sorted().filter { theirs[$0] != ours[$0] }.map { key in
      "\(theirs[key] ?? "no --\(key)") became \(ours[key] ?? "no --\(key)")"
    }.joined(separator: ", ")
  }

  /// The run may only become longer, and only where its schedule does not depend on its length.
  private func checkSame(_ saved: Checkpoint) throws {
    let other = saved.model
    var theirs = other.training
    if !training.schedule.dependsOnLength { theirs?.epochs = training.epochs }
    let differing = [
      ("network", other.recipe == recipe), ("training recipe", theirs == training),
      ("data", other.data == description),
    ].filter { !$0.1 }.map(\.0)
    guard differing.isEmpty else {
      let changes = try experimentChanges(since: other)
      let isOne = differing.count == 1 && differing != ["data"]
      throw SparseError(
        .invalidArgument,
        """
        \(checkpoint.path): is of another run; its \(differing.joined(separator: " and its ")) \
        differ\(isOne ? "s" : "")\(changes.isEmpty ? "" : " (\(changes))"). Give the same options, or \
        another --output.
        """)
    }
    guard saved.state.position.epoch <= training.epochs else {
      throw SparseError(
        .invalidArgument,
        """
        \(checkpoint.path): has \(saved.state.position.epoch) epochs behind it, but '--epochs' \
        is \(training.epochs). Ask for as many, or for another --output.
        """)
    }
  }
}
