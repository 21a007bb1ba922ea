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
  ///   - trialInterval: How many requests, times the number of cuts, lie between two tries of a cut that
  ///     is not the fastest.
  public init(_ cuts: [Cut], trialInterval: Int = 50) {
    precondition(!cuts.isEmpty, "a device without a part")
    self.cuts = cuts
    samples = Array(repeating: 0, count: cuts.count)
    chooser = CutChooser(cuts: cuts.count, trialInterval: trialInterval)
  }

  /// What the loop waits for.
  private enum Event: Sendable {
    /// The next sample comes in.
    case due
    /// A batch's pending samples have been answered, or given up.
    case done(Batch)
  }

  /// A batch with its pending samples, after they were sent.
  private struct Batch: Sendable {
    var cut: Int
    var first: Int
    var answers: [EdgePart.Answer]
    var positions: [Int]
    var labels: [Int]?
    var lastExit: Int
    /// What computing here took.
    var computing: Duration
    /// From when the samples came to their answers.
    var latency: Duration
    /// From the request to its answer.
    var asking: Duration
  }

  /// Answers samples, as many requests under way as the remote parts' configuration lets there be.
  ///
  /// While answers are awaited, the next samples are computed. With a rate, latencies include the time
  /// that a sample waited for the device.
  ///
  /// - Parameters:
  ///   - samples: What to answer, matched with the network.
  ///   - payload: How to write what crosses the cut.
  ///   - rate: The samples that come in a second; nil for as fast as they can be answered.
  ///   - onAnswer: Called with each sample's position in `samples.indices` and its answer, once each, in
  ///     the order in which answers come.
  /// - Throws: `SparseError.Code.backend` when an engine fails, and what `onAnswer` throws.
  public nonisolated(nonsending) func answer(
    _ samples: Samples, payload: BoundaryPayload = .fp32, rate: Double? = nil,
    onAnswer: (_ position: Int, _ answer: EdgePart.Answer) throws -> Void
  ) async throws {
    let batchSize = cuts.map(\.edge.batchCapacity).min() ?? 1
    let limit = cuts.map(\.remote.configuration.requestsInFlight).min() ?? 1
    let questions = cuts.map { $0.edge.question(payload) }
    precondition(rate.map { $0 > 0 && $0.isFinite } ?? true, "\(rate ?? 0) samples a second")
    let beginning = ContinuousClock.now
    try await withThrowingTaskGroup(of: Event.self) { group in
      var inFlight = 0
      func take(_ event: Event) throws -> Bool {
        guard case .done(let batch) = event else { return true }
        inFlight -= 1
        try deliver(batch, onAnswer)
        return false
      }
      for first in stride(from: 0, to: samples.indices.count, by: batchSize) {
        try Task.checkCancellation()
        var late = Duration.zero
        if let rate {
          let due = beginning + .seconds(Double(first) / rate)
          late = due.duration(to: .now)
          if late < .zero {
            // However late the timer is: the sample comes when it goes off.
            late = .zero
            group.addTask {
              try await Task.sleep(until: due)
              return .due
            }
            while let event = try await group.next(), try !take(event) {}
          }
        }
        let chosen = samples.indices[first..<min(first + batchSize, samples.indices.count)]
        let index = chooser.choice
        self.samples[index] += chosen.count
        let start = ContinuousClock.now
        let (answers, pending) = try cuts[index].edge.begin(
          chosen, of: samples, lateBy: late, at: start, since: beginning)
        let computing = start.duration(to: .now)
        for (position, answer) in answers.enumerated() where answer.source == .exit {
          try onAnswer(first + position, answer)
        }
        guard !pending.positions.isEmpty else { continue }
        // The deadline begins with the request, not while it waits for its place.
        while inFlight >= limit, let event = try await group.next() { _ = try take(event) }
        chooser.asks(index)
        inFlight += 1
        let (remote, question, lateness) = (cuts[index].remote, questions[index], late)
        group.addTask {
          let asked = ContinuousClock.now
          let labels = await question.classes(of: pending, from: remote, since: asked)
          return .done(
            Batch(
              cut: index, first: first, answers: answers, positions: pending.positions,
              labels: labels, lastExit: question.lastExit, computing: computing,
              latency: lateness + start.duration(to: .now), asking: asked.duration(to: .now)))
        }
      }
      while let event = try await group.next() { _ = try take(event) }
    }
  }

  private func deliver(
    _ batch: Batch, _ onAnswer: (_ position: Int, _ answer: EdgePart.Answer) throws -> Void
  ) throws {
    // Nobody asked whom a cancelled task did not ask: that is no answer of a device without its server.
    if batch.labels == nil { try Task.checkCancellation() }
    for (row, position) in batch.positions.enumerated() {
      var answer = batch.answers[position]
      answer.latency = batch.latency
      if let labels = batch.labels {
        (answer.source, answer.exit, answer.label) = (.remote, batch.lastExit, labels[row])
      }
      try onAnswer(batch.first + position, answer)
    }
    // What the cut costs: computing here, and the request, but not the wait for its place. A breaker
    // that lets nothing through gives up at once, which is no fast answer.
    let deadline = cuts[batch.cut].remote.configuration.deadline
    let asking = batch.labels == nil ? max(deadline, batch.asking) : batch.asking
    chooser.learns((batch.computing + asking) / .seconds(1), of: batch.cut)
  }
}
