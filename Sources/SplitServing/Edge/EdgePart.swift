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
    /// The time from then to its answer, and that which it waited before.
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
  private let exits: [String]
  private let ranges: Quantization?

  /// Plans the edge part.
  ///
  /// Tiles have the width of the remote part's, so that both parts together give the bits of the
  /// whole network at that width, whatever the batches.
  ///
  /// - Parameters:
  ///   - model: The whole model, or its edge part.
  ///   - cut: The hidden layers that are computed here; nil for what an edge part says.
  ///   - rules: The rules for leaving that the model's exits may have been calibrated for; with your
  ///     own where it is one of these.
  ///   - backend: The engine of the products.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - tileWidth: The lanes of every tile.
  /// - Throws: `SparseError` when the model cannot be cut there, has several tasks, or has a rule that
  ///   is not among the given ones.
  public init(
    _ model: ModelFile, afterHiddenLayers cut: Int? = nil,
    rules: [any ConfidenceRule] = ConfidenceRules.all, backend: Backend = .auto,
    batchCapacity: Int = 1, tileWidth: Int = ModelServer.defaultTileWidth
  ) throws {
    let edge = try model.edge(afterHiddenLayers: cut)
    guard let split = edge.split else {
      throw SparseError(.invalidArgument, "A whole model has to be cut: say where.")
    }
    let others = Set((model.network.branches + edge.network.branches).map(\.task))
      .subtracting([split.output.task])
    guard others.isEmpty else {
      throw SparseError(
        .unsupported,
        """
        The model also has the tasks \(others.sorted().joined(separator: ", ")), but the edge part \
        answers one. Let the clients ask the server for the heads that they want.
        """)
    }
    self.split = split
    runner = try ExitRunner(
      edge.network,
      policy: try edge.exitSettings.map { try ExitPolicy($0, rules: rules) }
        ?? .never(exits: edge.network.exits.count, handsOver: true),
      loss: model.loss, backend: backend,
      batchCapacity: batchCapacity, tileWidth: tileWidth)
    exits = edge.network.exits.map { edge.network.branches[$0].name }
    ranges = edge.boundaryRanges.first.map { Quantization($0) }
  }

  /// The exits at the edge; without any, samples have no answer while nobody is there.
  public var exitCount: Int { exits.count }

  /// What is called an exit's branch.
  ///
  /// - Parameter exit: An exit here, or the whole network's output, counted from 0 over the whole
  ///   network.
  /// - Returns: The branch's name.
  public func name(ofExit exit: Int) -> String {
    exits.indices.contains(exit) ? exits[exit] : split.output.branch
  }

  /// The multiply–adds of a sample that leaves at an exit here.
  ///
  /// - Parameter exit: The exit, counted from 0.
  /// - Returns: Those of everything before it; nil for the output, which is not computed here.
  public func macs(ofExit exit: Int) -> Int? {
    exits.indices.contains(exit) ? runner.stages[exit].totalMACs : nil
  }

  /// Checks that a server has the other part of the same network.
  ///
  /// - Parameter remote: The server.
  /// - Throws: `RemotePart.Failure` when it does not answer, `SparseError.Code.shapeMismatch` when it has
  ///   something else.
  public nonisolated(nonsending) func requireCounterpart(_ remote: RemotePart) async throws {
    remote.expect(split.identity)
    let other = try await remote.description()
    guard other.part == .remote, other.identity == split.identity else {
      throw SparseError(
        .shapeMismatch,
        """
        \(remote.configuration.url): the model '\(remote.configuration.modelName)' is the \
        \(other.part.rawValue) part of the network \(other.identity.prefix(12))…, cut after \
        \(other.hiddenLayers) hidden layers; here is \(split.identity.prefix(12))…, cut after \
        \(split.hiddenLayers). Serve the same model file, cut at the same place.
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
  ///   - lateness: How long they waited to be taken.
  ///   - start: When they were taken.
  ///   - beginning: When the run began.
  /// - Returns: An answer per sample, degraded for those that are pending, and these.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  func begin(
    _ chosen: ArraySlice<Int>, of samples: Samples, lateBy lateness: Duration = .zero,
    at start: ContinuousClock.Instant = .now, since beginning: ContinuousClock.Instant
  ) throws -> (answers: [Answer], pending: Pending) {
    let answers = try runner.run(chosen, of: samples)
    let latency = lateness + start.duration(to: .now)
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

  /// What asking the remote part takes, free of the planned network.
  func question(_ payload: BoundaryPayload) -> Question {
    Question(
      features: split.boundaryFeatures, output: (split.output.branch, split.output.size),
      lastExit: split.output.exit,
      payload: payload, quantization: payload == .int8 ? ranges : nil)
  }

  /// How the remote part is asked for what is pending.
  struct Question: Sendable {
    var features: Int
    var output: (name: String, size: Int)
    var lastExit: Int
    var payload: BoundaryPayload
    var quantization: Quantization?

    /// Asks.
    ///
    /// - Returns: The classes; nil when there is no answer in time.
    func classes(
      of pending: Pending, from remote: RemotePart, since start: ContinuousClock.Instant
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
  }
}

extension ModelFile {
  /// The edge part of a whole model, or this one, when it is an edge part cut there.
  fileprivate func edge(afterHiddenLayers cut: Int?) throws -> ModelFile {
    guard let split else {
      guard let cut else { return self }
      return try self.split(afterHiddenLayers: cut).edge
    }
    guard split.part == .edge, split.hiddenLayers == cut ?? split.hiddenLayers else {
      throw SparseError(
        .invalidArgument,
        """
        The model is the \(split.part.rawValue) part of a network cut after \(split.hiddenLayers) hidden \
        layers. Give the whole model, or the edge part of this cut.
        """)
    }
    return self
  }
}
