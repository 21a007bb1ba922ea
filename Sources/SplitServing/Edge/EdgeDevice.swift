public import EarlyExit
internal import SparseCore
public import SparseLayers

/// An edge device: one edge part and its server, or several cuts of one network among which it moves
/// as links and servers change.
public final class EdgeDevice {
  /// A cut: what is computed here, and who computes the rest.
  public struct Cut {
    /// What is computed here.
    public let edge: EdgePart
    /// The other part.
    public let remote: RemotePart

    /// Puts both parts together; `EdgePart.requireCounterpart(_:)` tells whether they fit.
    ///
    /// - Parameters:
    ///   - edge: What is computed here.
    ///   - remote: The other part.
    public init(edge: EdgePart, remote: RemotePart) {
      self.edge = edge
      self.remote = remote
    }
  }

  /// The cuts that both sides hold.
  public let cuts: [Cut]
  /// The samples that were computed for each cut.
  public private(set) var samples: [Int]
  /// The multiply–adds computed here so far.
  public var macs: Int { cuts.reduce(0) { $0 + $1.edge.macs } }

  private var chooser: CutChooser

  /// Creates a device.
  ///
  /// - Parameters:
  ///   - cuts: One cut or more, of the same network and for the same batches.
  ///   - trialInterval: How many samples cross the link between two tries of another cut.
  public init(_ cuts: [Cut], trialInterval: Int = 50) {
    precondition(!cuts.isEmpty, "a device without a part")
    self.cuts = cuts
    samples = Array(repeating: 0, count: cuts.count)
    chooser = CutChooser(cuts: cuts.count, trialInterval: trialInterval)
  }

  /// A batch whose pending samples have been answered, or given up.
  private struct Batch: Sendable {
    var cut: Int
    var first: Int
    var answers: [EdgePart.Answer]
    var positions: [Int]
    var labels: [Int]?
    var lastExit: Int
    var waited: Duration
  }

  /// Answers samples, as many requests under way as the remote parts' configuration lets there be.
  ///
  /// While answers are awaited, the next samples are computed.
  ///
  /// - Parameters:
  ///   - samples: What to answer, matched with the network.
  ///   - payload: How to write what crosses the cut.
  ///   - rate: The samples that come in a second; nil for as fast as they can be answered.
  ///   - onAnswer: Called with each sample's position in `samples.indices` and its answer, once each, in
  ///     the order in which answers come.
  /// - Throws: `SparseError.Code.backend` when an engine fails, and what `onAnswer` throws.
  public func answer(
    _ samples: Samples, payload: BoundaryPayload = .fp32, rate: Double? = nil,
    onAnswer: (_ position: Int, _ answer: EdgePart.Answer) throws -> Void
  ) async throws {
    let batchSize = cuts.map(\.edge.batchCapacity).min() ?? 1
    let limit = cuts.map(\.remote.configuration.requestsInFlight).min() ?? 1
    let questions = cuts.map { $0.edge.question(payload) }
    let beginning = ContinuousClock.now
    try await withThrowingTaskGroup(of: Batch.self) { group in
      var inFlight = 0
      for first in stride(from: 0, to: samples.indices.count, by: batchSize) {
        if let rate { try await Task.sleep(until: beginning + .seconds(Double(first) / rate)) }
        let chosen = samples.indices[first..<min(first + batchSize, samples.indices.count)]
        let index = chooser.choice
        self.samples[index] += chosen.count
        let (answers, pending) = try cuts[index].edge.begin(chosen, of: samples, since: beginning)
        let began = ContinuousClock.now
        for (position, answer) in answers.enumerated() where answer.source == .exit {
          try onAnswer(first + position, answer)
        }
        guard !pending.positions.isEmpty else { continue }
        chooser.asks(index)
        while inFlight >= limit, let done = try await group.next() {
          inFlight -= 1
          try deliver(done, onAnswer)
        }
        inFlight += 1
        let (remote, question) = (cuts[index].remote, questions[index])
        group.addTask {
          let labels = await question.classes(of: pending, from: remote, since: began)
          return Batch(
            cut: index, first: first, answers: answers, positions: pending.positions,
            labels: labels, lastExit: question.lastExit, waited: began.duration(to: .now))
        }
      }
      while let done = try await group.next() { try deliver(done, onAnswer) }
    }
  }

  private func deliver(
    _ batch: Batch, _ onAnswer: (_ position: Int, _ answer: EdgePart.Answer) throws -> Void
  ) throws {
    for (row, position) in batch.positions.enumerated() {
      var answer = batch.answers[position]
      answer.latency += batch.waited
      if let labels = batch.labels {
        (answer.source, answer.exit, answer.label) = (.remote, batch.lastExit, labels[row])
      }
      try onAnswer(batch.first + position, answer)
    }
    let deadline = cuts[batch.cut].remote.configuration.deadline
    let taken = (batch.answers.first?.latency ?? .zero) + batch.waited
    // A breaker that lets nothing through gives up at once, which is no fast answer.
    chooser.learns(
      (batch.labels == nil ? max(deadline, taken) : taken) / .seconds(1), of: batch.cut)
  }
}
