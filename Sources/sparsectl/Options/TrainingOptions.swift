import ArgumentParser
import SparseCore
import SparseLayers

/// How the network is trained.
///
/// What is not given comes from the recipe.
struct TrainingOptions: ParsableArguments {
  enum Recipe: String, CaseIterable, ExpressibleByArgument {
    case standard, published
  }

  enum OptimizerName: String, CaseIterable, ExpressibleByArgument {
    case sgd, adam, adamw

    /// The optimiser of this name, with its usual learning rate.
    func optimizer(
      momentum: Float? = nil, nesterov: Bool = false, weightDecay: Float? = nil
    ) -> Optimizer {
      switch self {
      case .sgd:
        Optimizer(.sgd(momentum: momentum ?? 0.9, nesterov: nesterov), learningRate: 0.1)
      case .adam: .adam()
      case .adamw:
        Optimizer(
          .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: weightDecay ?? 0.01),
          learningRate: 1e-3)
      }
    }
  }

  enum ScheduleName: String, CaseIterable, ExpressibleByArgument {
    case constant, step, cosine
    case inverseTime = "inverse-time"
  }

  @Option(
    help: ArgumentHelp(
      "The settings that the other options start from.",
      discussion: """
        standard: Adam at 0.001 with a cosine, batches of 256, 12 epochs, a tenth set aside for \
        validation. published: that of the paper on predefined sparsity: 50 epochs, inverse-time \
        decay of 1e-5, He's initial weights by the dense fan-in, biases of 0.1, nothing set aside.
        """))
  var recipe: Recipe = .standard

  @Option(
    help: ArgumentHelp(
      "The passes over the training samples. (default: 12; published: 50)", valueName: "count"))
  var epochs: Int?

  @Option(
    name: .customLong("batch-size"),
    help: ArgumentHelp("The samples of a step, 1...65536. (default: 256)", valueName: "count"))
  var batchSize: Int?

  @Option(help: "The rule by which weights follow their gradients. (default: adam)")
  var optimizer: OptimizerName?

  @Option(
    name: .customLong("learning-rate"),
    help: ArgumentHelp(
      "The learning rate before the schedule. (default: 0.001; sgd: 0.1)", valueName: "rate"))
  var learningRate: Double?

  @Option(help: ArgumentHelp("The momentum of sgd. (default: 0.9)", valueName: "0..<1"))
  var momentum: Float?

  @Flag(inversion: .prefixedNo, help: "Whether sgd uses Nesterov's momentum.")
  var nesterov = false

  @Option(
    name: .customLong("weight-decay"),
    help: ArgumentHelp("The decoupled decay of adamw. (default: 0.01)", valueName: "factor"))
  var weightDecay: Float?

  @Option(help: "The course of the learning rate. (default: cosine; published: inverse-time)")
  var schedule: ScheduleName?

  @Option(
    help: ArgumentHelp(
      "The decay per step of the inverse-time schedule. (default: 1e-5)", valueName: "factor"))
  var decay: Double?

  @Option(
    name: .customLong("step-epochs"),
    help: ArgumentHelp(
      "The epochs after which the step schedule takes a tenth of the rate. (default: half the run)",
      valueName: "count"))
  var stepEpochs: Int?

  @Option(
    name: .customLong("warmup-steps"),
    help: ArgumentHelp(
      "The training steps over which the rate first rises. (default: 0)", valueName: "count"))
  var warmupSteps: Int?

  @Option(
    help: ArgumentHelp(
      "The factor λ of a penalty λ·Σw² on the weights. (default: 0)", valueName: "factor"))
  var l2: Float?

  @Option(help: "What is minimised. (default: cross-entropy)")
  var loss: Loss?

  @Option(
    name: .customLong("validation-fraction"),
    help: ArgumentHelp(
      "The share of the training samples set aside for validation. (default: 0.1; published: 0)",
      valueName: "0..<1"))
  var validationFraction: Double?

  func validate() throws {
    let isSGD = optimizer == .sgd
    if !isSGD, momentum != nil || nesterov {
      throw ValidationError("'--momentum' and '--nesterov' need '--optimizer sgd'.")
    }
    if optimizer != .adamw, weightDecay != nil {
      throw ValidationError("'--weight-decay' needs '--optimizer adamw'; '--l2' suits the others.")
    }
    if decay != nil, schedule != .inverseTime {
      throw ValidationError("'--decay' needs '--schedule inverse-time'.")
    }
    if stepEpochs != nil, schedule != .step {
      throw ValidationError("'--step-epochs' needs '--schedule step'.")
    }
    do {
      try trainingRecipe(seed: 0).validate()
    } catch let error as SparseError {
      throw ValidationError(error.message)
    }
  }

  /// How weights begin.
  var initializer: Initializer { recipe == .published ? .published : .standard }

  /// The recipe that the options describe.
  ///
  /// - Parameter seed: Decides the order of samples and what is set aside for validation.
  /// - Returns: The recipe.
  func trainingRecipe(seed: UInt64) -> TrainingRecipe {
    var result = recipe == .published ? .published(seed: seed) : TrainingRecipe(seed: seed)
    if let epochs { result.epochs = epochs }
    if let batchSize { result.batchSize = batchSize }
    if let optimizer {
      result.optimizer = optimizer.optimizer(
        momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
    }
    if let learningRate { result.optimizer.learningRate = learningRate }
    if let l2 { result.optimizer.l2 = l2 }
    switch schedule {
    case nil: break
    case .constant: result.schedule = .constant
    case .step:
      result.schedule = Schedule(
        .step(every: stepEpochs ?? max(result.epochs / 2, 1), factor: 0.1))
    case .cosine: result.schedule = Schedule(.cosine(floor: 0))
    case .inverseTime: result.schedule = Schedule(.inverseTime(decay: decay ?? 1e-5))
    }
    if let warmupSteps { result.schedule.warmupSteps = warmupSteps }
    if let loss { result.loss = loss }
    if let validationFraction { result.validationFraction = validationFraction }
    return result
  }
}
