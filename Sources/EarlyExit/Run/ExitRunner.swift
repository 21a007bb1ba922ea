public import SparseCore
public import SparseLayers

/// Computes to an exit, lets the samples leave that are sure, and goes on with the others only.
///
/// The batch is compacted at each exit, so that work is really saved: `macs` counts what was
/// computed. Everything is allocated when the runner is built; running allocates nothing. As long as
/// nobody leaves, the answers are those of the whole network, to the last bit.
public final class ExitRunner {
  /// What a sample got.
  public struct Answer: Hashable, Sendable {
    /// The exit where the sample left, counted from 0; for samples that are handed over, the deepest
    /// exit that saw them, whose answer this is, or −1 when there is none.
    public var exit: Int
    /// The class with the largest probability there.
    public var label: Int
    /// How sure the exit was.
    public var confidence: Float
    /// The probability of the class.
    public var probability: Float
  }

  /// When samples leave.
  public var policy: ExitPolicy {
    didSet {
      precondition(
        (try? policy.validate(exits: exits, handsOver: handsOver)) != nil, "unfit policy")
    }
  }
  /// The stages that a sample passes.
  public let stages: [ExitStage]
  /// The multiply–adds computed since the runner was built or `macs` was set to 0.
  public var macs = 0
  /// The engines' warnings about themselves.
  public var warnings: [String] { plans.compactMap(\.warning) }

  private let plans: [any JunctionPlan]
  private let executors: [NetworkExecutor]
  private var scratch: ProbabilityScratch
  /// What each exit answered to each sample of the batch, sample after sample.
  private var history: [Int32]
  /// How sure each exit was of each sample of the batch, laid out as `history`.
  private var seen: [Float]
  /// The samples of the batch that are still here, by their position in it.
  private var present: [Int]
  /// The lanes of those that go on.
  private var staying: [Int]
  private var answers: [Answer]
  private let exits: Int
  private let handsOver: Bool
  /// How the samples that were handed over lie in the last stage, among those that left there.
  private var lastShape = Tiles.Shape(samples: 0, width: 1)
  private var pendingCount = 0

  /// Plans the stages and allocates everything.
  ///
  /// - Parameters:
  ///   - network: The network with its exits.
  ///   - policy: When samples leave.
  ///   - loss: What the network was trained with: it says what outputs mean.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - tileWidth: When given, the lanes of every tile: a sample's answer then has the same bits in
  ///     any batch, as `NetworkExecutor` explains.
  /// - Throws: `SparseError.Code.invalidArgument` when the policy does not fit the network, `backend`
  ///   when an engine fails.
  public init(
    _ network: Network, policy: ExitPolicy, loss: Loss = .softmaxCrossEntropy,
    backend: Backend = .auto, threads: Int = 1, batchCapacity: Int, tileWidth: Int? = nil
  ) throws {
    stages = network.exitStages
    exits = network.exits.count
    handsOver = network.handsOver
    try policy.validate(exits: exits, handsOver: handsOver)
    self.policy = policy
    let group = try ExecutorGroup(
      stages.map { try network.network(of: $0) }, backend: backend, threads: threads,
      batchCapacity: batchCapacity, tileWidth: tileWidth)
    executors = group.executors
    plans = group.plans
    let classes = executors.first?.outputs.first?.values.features ?? 0
    scratch = ProbabilityScratch(classes: classes, loss: loss)
    history = Array(repeating: 0, count: batchCapacity * stages.count)
    seen = Array(repeating: 0, count: batchCapacity * stages.count)
    present = Array(repeating: 0, count: batchCapacity)
    staying = Array(repeating: 0, count: batchCapacity)
    answers = Array(
      repeating: Answer(exit: 0, label: 0, confidence: 0, probability: 0), count: batchCapacity)
  }

  /// The samples of the largest batch.
  public var batchCapacity: Int { answers.count }

  /// Answers a batch of samples.
  ///
  /// - Parameters:
  ///   - chosen: Indices of samples, at most `batchCapacity`.
  ///   - samples: Where they are, matched with the network.
  /// - Returns: One answer per sample, in the order of `chosen`.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func run(_ chosen: ArraySlice<Int>, of samples: Samples) throws -> ArraySlice<Answer> {
    let shape = executors[0].shape(samples: chosen.count)
    for tile in 0..<shape.count {
      samples.pack(chosen, tile: tile, into: executors[0].input.values, shape: shape)
    }
    return try run(shape)
  }

  /// Answers a batch of samples.
  ///
  /// - Parameter rows: `[samples × features]`, row-major, at most `batchCapacity` samples.
  /// - Returns: One answer per sample, in order.
  /// - Throws: `SparseError.Code.shapeMismatch` when the values are no whole number of samples or too
  ///   many, `backend` when an engine fails.
  public func run(rows: [Float]) throws -> ArraySlice<Answer> {
    let features = executors[0].input.values.features
    guard rows.count % features == 0, rows.count / features <= batchCapacity else {
      throw SparseError(
        .shapeMismatch,
        """
        \(rows.count) values are not 0 to \(batchCapacity) samples of \(features) features; the \
        runner was built for these.
        """)
    }
    let shape = executors[0].shape(samples: rows.count / features)
    executors[0].input.values.load(rows, shape: shape)
    return try run(shape)
  }

  /// How sure the exits were that a sample of the last batch reached.
  ///
  /// - Parameter position: The sample's position in the batch.
  /// - Returns: One confidence per exit, the first exit's first, up to the one where it left.
  public func confidences(of position: Int) -> [Float] {
    let first = position * stages.count
    return Array(seen[first..<first + answers[position].exit + 1])
  }

  /// Answers the batch that lies in the first stage's input.
  private func run(_ first: Tiles.Shape) throws -> ArraySlice<Answer> {
    let samples = first.samples
    for sample in 0..<samples {
      present[sample] = sample
      answers[sample] = Answer(exit: -1, label: -1, confidence: -.infinity, probability: 0)
    }
    pendingCount = 0
    var shape = first
    for index in executors.indices where shape.samples > 0 {
      let executor = executors[index]
      try executor.forward(Pass(shape: shape, mode: .inference))
      macs += stages[index].macs * shape.samples
      let stayers = stages[index].branch == nil ? keepAll(shape) : decide(index, shape)
      guard index + 1 < executors.count else {
        (lastShape, pendingCount) = (shape, stayers)
        break
      }
      let next = executors[index + 1].shape(samples: stayers)
      executor.backboneOutput.values.gather(
        staying[..<stayers], of: shape, into: executors[index + 1].input.values, shape: next)
      shape = next
    }
    return answers[..<samples]
  }

  /// The samples of the last batch that are handed over, by their positions in it, in order.
  ///
  /// There are some only where the network is the first part of a larger one.
  public var pending: ArraySlice<Int> { present[..<pendingCount] }

  /// What the backbone made of the samples that are handed over.
  ///
  /// - Returns: `[pending × features]`, row-major, in the order of `pending`.
  public func boundary() -> [Float] {
    guard pendingCount > 0, let last = executors.last?.backboneOutput.values else { return [] }
    let rows = last.values(shape: lastShape)
    return staying[..<pendingCount].flatMap { lane in
      rows[lane * last.features..<(lane + 1) * last.features]
    }
  }

  /// Lets every sample stay, where there is no exit.
  private func keepAll(_ shape: Tiles.Shape) -> Int {
    for lane in 0..<shape.samples { staying[lane] = lane }
    return shape.samples
  }

  /// Answers the samples that leave at an exit.
  ///
  /// - Returns: The number of those that stay; `staying` then has their lanes, `present` who they are.
  private func decide(_ exit: Int, _ shape: Tiles.Shape) -> Int {
    let threshold = exit < policy.thresholds.count ? policy.thresholds[exit] : nil
    var stayers = 0
    for index in 0..<shape.count {
      let tile = executors[exit].outputs[0].values.tile(index, of: shape)
      for lane in 0..<tile.samples {
        let position = index * shape.width + lane
        let sample = present[position]
        scratch.load(tile, lane: lane, temperature: policy.temperatures[exit])
        let label = answer(scratch.values.span)
        let past = sample * executors.count
        let confidence = policy.rule.confidence(
          scratch.values.span, earlierAnswers: history.span.extracting(past..<past + exit))
        history[past + exit] = Int32(label)
        seen[past + exit] = confidence
        answers[sample] = Answer(
          exit: exit, label: label, confidence: confidence, probability: scratch.values[label])
        if let threshold, !(confidence >= threshold) {
          staying[stayers] = position
          present[stayers] = sample
          stayers += 1
        }
      }
    }
    return stayers
  }
}
