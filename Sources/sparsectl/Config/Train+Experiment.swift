import ArgumentParser
import SparseCore
import SparseLayers

extension Train {
  /// The whole experiment, with the values in effect.
  var settings: [ExperimentSetting] {
    var settings = data.settings(isFromModel: exits.from != nil)
    if let from = exits.from {
      settings.append(.text("from", from))
    } else {
      if let count = padding.padInput { settings.append(.number("pad-input", count)) }
      settings += network.settings
      settings += tasks.settings
    }
    settings += exits.settings
    settings += training.settings
    settings.append(.text("backend", engine.backend.rawValue))
    if let threads = engine.threads { settings.append(.number("threads", threads)) }
    settings.append(.number("seed", seed))
    settings.append(.text("storage", storageForm.rawValue))
    settings.append(.text("output", output))
    if let metrics { settings.append(.text("metrics", metrics)) }
    if resume { settings.append(.flag("resume", true)) }
    return settings
  }

  /// What a model keeps of the experiment that made it: all but where its files are and what it ran on,
  /// so that the same experiment makes the same bytes.
  ///
  /// - Returns: YAML.
  /// - Throws: As `yaml()`.
  func experiment() throws -> String {
    try settings.filter { !Experiment.ofTheRun.contains($0.key) }.yaml()
  }
}

extension DataOptions {
  /// The settings; what is left open is not one where a model says it.
  fileprivate func settings(isFromModel: Bool) -> [ExperimentSetting] {
    let open =
      isFromModel
      ? ExperimentSetting.open("dataset", "what the model was trained on")
      : .text("dataset", DatasetSource.fashionMNIST.rawValue)
    return [
      dataset.map { .text("dataset", $0.rawValue) } ?? open,
      data.map { .text("data", $0) } ?? .open("data", "where the system's package puts it"),
    ] + (labels.column.map { [.text("label-column", $0)] } ?? [])
      + (labels.columns.map { [.texts("label-columns", $0.elements)] } ?? [])
  }
}

extension NetworkOptions {
  fileprivate var settings: [ExperimentSetting] {
    var settings: [ExperimentSetting] = [
      layers.map { .numbers("layers", $0.elements) }
        ?? .open("layers", "the data's features, 512, 256, the data's classes")
    ]
    if let density { settings.append(.numbers("density", density.elements)) }
    if let densityPolicy { settings.append(.text("density-policy", densityPolicy.rawValue)) }
    if let outDegrees { settings.append(.numbers("out-degrees", outDegrees.elements)) }
    if density == nil, outDegrees == nil {
      settings.append(.open("density", "all that the pattern admits"))
    }
    let recipe = NetworkRecipe(layerSizes: [], connectivity: .densest)
    return settings + [
      .text("pattern", pattern ?? PatternFamily.structured.description),
      .text("activation", (hiddenLayers.activation ?? recipe.activation).rawValue),
      .number("dropout", hiddenLayers.dropout ?? recipe.dropout),
      .flag("batch-norm", hiddenLayers.batchNormalization),
    ]
  }
}

extension TaskOptions {
  fileprivate var settings: [ExperimentSetting] {
    var settings: [ExperimentSetting] = []
    if let tasks { settings.append(.texts("tasks", tasks.elements)) }
    if let layers {
      settings.append(
        .numbers(
          "task-layers", layers.lists.map { $0.map(\.description).joined(separator: "+") }))
    }
    if let density { settings.append(.numbers("task-density", density.elements)) }
    if let weights { settings.append(.numbers("task-weights", weights.elements)) }
    return settings
  }
}

extension ExitOptions {
  fileprivate var settings: [ExperimentSetting] {
    guard let exits, let recipe else { return [] }
    var settings: [ExperimentSetting] = [
      .numbers("exits", exits.elements), .number("exit-layers", recipe.depth),
    ]
    if recipe.depth > 1 {
      settings += [.number("exit-width", recipe.width), .number("exit-density", recipe.density)]
    }
    settings.append(
      weights.map { .numbers("exit-weights", $0.elements) }
        ?? .open("exit-weights", "1 each, and 0.3 for the output"))
    settings.append(.text("exit-training", (training ?? .joint).rawValue))
    return settings
  }
}

extension TrainingOptions {
  fileprivate var settings: [ExperimentSetting] {
    let result = trainingRecipe(seed: 0)
    return [
      .text("recipe", recipe.rawValue), .number("epochs", result.epochs),
      .number("batch-size", result.batchSize),
    ] + Self.settings(of: result.optimizer) + Self.settings(of: result.schedule) + [
      .text("loss", result.loss.rawValue),
      .number("validation-fraction", result.validationFraction),
    ]
  }

  private static func settings(of optimizer: Optimizer) -> [ExperimentSetting] {
    let rule: [ExperimentSetting] =
      switch optimizer.method {
      case .sgd(let momentum, let nesterov):
        [
          .text("optimizer", OptimizerName.sgd.rawValue), .number("momentum", momentum),
          .flag("nesterov", nesterov),
        ]
      case .adam: [.text("optimizer", OptimizerName.adam.rawValue)]
      case .adamW(_, _, _, let decay):
        [.text("optimizer", OptimizerName.adamw.rawValue), .number("weight-decay", decay)]
      }
    return rule + [.number("learning-rate", optimizer.learningRate), .number("l2", optimizer.l2)]
  }

  private static func settings(of schedule: Schedule) -> [ExperimentSetting] {
    let course: [ExperimentSetting] =
      switch schedule.course {
      case .constant: [.text("schedule", ScheduleName.constant.rawValue)]
      case .step(let every, _):
        [.text("schedule", ScheduleName.step.rawValue), .number("step-epochs", every)]
      case .cosine: [.text("schedule", ScheduleName.cosine.rawValue)]
      case .inverseTime(let decay):
        [.text("schedule", ScheduleName.inverseTime.rawValue), .number("decay", decay)]
      }
    return course + [.number("warmup-steps", schedule.warmupSteps)]
  }
}
