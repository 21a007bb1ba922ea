public import EarlyExit
public import SparseCore
public import SparseLayers

/// The edge part of a split network: answers by itself where it is sure, asks the remote part where
/// it is not, and still answers when nobody is there.
///
/// Every sample gets exactly one answer. Where the remote part's does not come within the deadline,
/// that is the answer of the deepest exit that the sample reached, marked as degraded.
public final class EdgePart {
  /// Who answered a sample.
  public enum Source: String, Hashable, Sendable {
    /// An exit at the edge, which was sure.
    case exit
    /// The remote part.
    case remote
    /// An exit at the edge, which was not sure, in place of the remote part.
    case degraded
  }

  /// What a sample got.
  public struct Answer: Hashable, Sendable {
    /// Who answered.
    public var source: Source
    /// The exit that answered, counted from 0 over the whole network; nil when there is none at the
    /// edge and the remote part did not answer.
    public var exit: Int?
    /// The class with the largest output there; nil as `exit`.
    public var label: Int?
    /// When the sample's batch was taken, from the beginning of the run.
    public var start: Duration
    /// The time from then to its answer.
    public var latency: Duration
  }

  /// Which part of which network this is.
  public let split: SplitDescription
  /// The multiply–adds computed here so far.
  public var macs: Int { runner.macs }
  /// The samples of the largest batch.
  public var batchCapacity: Int { runner.batchCapacity }
  /// The engines' warnings about themselves.
  public var warnings: [String] { runner.warnings }

  private let runner: ExitRunner
  private let features: Int
  private let output: (exit: Int, name: String, size: Int)
  private let ranges: Quantization?

  /// Plans the edge part.
  ///
  /// Tiles have the width of the remote part's, so that both parts together give the bits of the
  /// whole network at that width, whatever the batches.
  ///
  /// - Parameters:
  ///   - model: The whole model.
  ///   - cut: The hidden layers that are computed here.
  ///   - policy: When samples leave the whole network; nil for what the model file says, or never.
  ///   - backend: The engine of the products.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - tileWidth: The lanes of every tile.
  /// - Throws: `SparseError` when the model cannot be cut there, has several tasks, or the policy does
  ///   not fit it.
  public init(
    _ model: ModelFile, afterHiddenLayers cut: Int, policy: ExitPolicy? = nil,
    backend: Backend = .auto, batchCapacity: Int = 1, tileWidth: Int = ServedModel.tileWidth
  ) throws {
    let tasks = Set(model.network.branches.map(\.task)).count
    guard tasks == 1, let last = model.network.branches.last else {
      throw SparseError(
        .unsupported,
        """
        The model has \(tasks) tasks, but the edge part answers one. Let the clients ask the server \
        for the heads that they want.
        """)
    }
    var model = model
    if let policy { model.exitSettings = policy.settings }
    let edge = try model.split(afterHiddenLayers: cut).edge
    guard let split = edge.split else { preconditionFailure("a part without description") }
    self.split = split
    let exits = edge.network.exits.count
    let never = Array(repeating: Float.infinity, count: exits)
    runner = try ExitRunner(
      edge.network,
      policy: try edge.exitSettings.map { try ExitPolicy($0) }
        ?? ExitPolicy(thresholds: never, temperatures: never.map { _ in 1 }),
      loss: model.training?.loss ?? .softmaxCrossEntropy, backend: backend,
      batchCapacity: batchCapacity, tileWidth: tileWidth)
    features = split.boundaryFeatures
    let whole = model.network
    output = (
      whole.exits.count - 1, last.name,
      last.layers.last?.outputSize ?? whole.backboneSize(at: last.position)
    )
    ranges = edge.boundaryRanges.first.map { Quantization($0) }
  }

  /// Whether samples have an answer when nobody is there.
  public var hasExits: Bool { runner.stages.contains { $0.branch != nil } }

  /// Checks that a server has the other part of the same network.
  ///
  /// - Parameter remote: The server.
  /// - Throws: `RemotePart.Failure` when it does not answer, `SparseError.Code.shapeMismatch` when it has
  ///   something else.
  public func requireCounterpart(_ remote: RemotePart) async throws {
    let other = try await remote.description()
    guard other.split.part == .remote, other.split.identity == split.identity else {
      throw SparseError(
        .shapeMismatch,
        """
        \(remote.configuration.url): the model '\(remote.configuration.modelName)' is the \
        \(other.split.part.rawValue) part of the network \(other.split.identity.prefix(12))…, cut after \
        \(other.split.hiddenLayers) hidden layers; here is \(split.identity.prefix(12))…, cut after \
        \(split.hiddenLayers). Serve the same model file with the same '--split'.
        """)
    }
  }
}

// MARK: - Answering

extension EdgePart {
  /// What is left of a batch when the edge has done what it can.
  struct Pending: Sendable {
    /// The samples, by their position in the batch.
    var positions: [Int]
    /// `[samples × features]`, row-major: what crosses the cut.
    var boundary: [Float]
  }

  /// Answers what it can of a batch.
  ///
  /// - Parameters:
  ///   - chosen: Indices of samples, at most `batchCapacity`.
  ///   - samples: Where they are, matched with the network.
  ///   - beginning: When the run began.
  /// - Returns: An answer per sample, degraded for those that are pending, and these.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  func begin(
    _ chosen: ArraySlice<Int>, of samples: Samples, since beginning: ContinuousClock.Instant
  ) throws -> (answers: [Answer], pending: Pending) {
    let start = ContinuousClock.now
    let answers = try runner.run(chosen, of: samples)
    let latency = start.duration(to: .now)
    let positions = Array(runner.pending)
    var result = answers.map { answer in
      Answer(
        source: .exit, exit: answer.exit < 0 ? nil : answer.exit,
        label: answer.exit < 0 ? nil : answer.label, start: beginning.duration(to: start),
        latency: latency)
    }
    for position in positions { result[position].source = .degraded }
    return (result, Pending(positions: positions, boundary: runner.boundary()))
  }

  /// Asks the remote part for what is pending.
  ///
  /// - Returns: The classes; nil when there is no answer in time.
  static func finish(
    _ pending: Pending, with remote: RemotePart, payload: BoundaryPayload,
    quantization: Quantization?,
    features: Int, output: (name: String, size: Int), since start: ContinuousClock.Instant
  ) async -> [Int]? {
    guard
      let values = try? await remote.infer(
        pending.boundary, features: features, payload: payload, quantization: quantization,
        output: output, since: start)
    else { return nil }
    return pending.positions.indices.map { row in
      let range = row * output.size..<(row + 1) * output.size
      var best = range.lowerBound
      for index in range where values[index] > values[best] { best = index }
      return best - range.lowerBound
    }
  }

  /// Answers samples, as many requests under way as the remote part's configuration lets there be.
  ///
  /// While answers are awaited, the next samples are computed.
  ///
  /// - Parameters:
  ///   - samples: What to answer, matched with the network.
  ///   - remote: The other part.
  ///   - payload: How to write what crosses the cut.
  ///   - rate: The samples that come in a second; nil for as fast as they can be answered.
  ///   - onAnswer: Called with each sample's position in `samples.indices` and its answer, once each, in
  ///     the order in which answers come.
  /// - Throws: `SparseError.Code.backend` when an engine fails, and what `onAnswer` throws.
  public func answer(
    _ samples: Samples, remote: RemotePart, payload: BoundaryPayload = .fp32,
    rate: Double? = nil, onAnswer: (_ position: Int, _ answer: Answer) throws -> Void
  ) async throws {
    let (features, output) = (features, (name: output.name, size: output.size))
    let lastExit = self.output.exit
    let quantization = payload == .int8 ? ranges : nil
    struct Batch: Sendable {
      var first: Int
      var answers: [Answer]
      var pending: Pending
      var labels: [Int]?
      var waited: Duration
    }
    let beginning = ContinuousClock.now
    try await withThrowingTaskGroup(of: Batch.self) { group in
      var inFlight = 0
      func deliver(_ batch: Batch) throws {
        inFlight -= 1
        for (row, position) in batch.pending.positions.enumerated() {
          var answer = batch.answers[position]
          answer.latency += batch.waited
          if let labels = batch.labels {
            (answer.source, answer.exit, answer.label) = (.remote, lastExit, labels[row])
          }
          try onAnswer(batch.first + position, answer)
        }
      }
      for first in stride(from: 0, to: samples.indices.count, by: batchCapacity) {
        let chosen = samples.indices[first..<min(first + batchCapacity, samples.indices.count)]
        if let rate { try await Task.sleep(until: beginning + .seconds(Double(first) / rate)) }
        let (answers, pending) = try begin(chosen, of: samples, since: beginning)
        let began = ContinuousClock.now
        for (position, answer) in answers.enumerated() where answer.source == .exit {
          try onAnswer(first + position, answer)
        }
        guard !pending.positions.isEmpty else { continue }
        while inFlight >= remote.configuration.requestsInFlight, let done = try await group.next() {
          try deliver(done)
        }
        inFlight += 1
        group.addTask {
          let labels = await Self.finish(
            pending, with: remote, payload: payload, quantization: quantization,
            features: features, output: output, since: began)
          return Batch(
            first: first, answers: answers, pending: pending, labels: labels,
            waited: began.duration(to: .now))
        }
      }
      while let done = try await group.next() { try deliver(done) }
    }
  }
}
