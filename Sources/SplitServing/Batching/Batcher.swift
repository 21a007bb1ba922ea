internal import Foundation
internal import SparseCore

/// Puts the requests of all clients together into batches, and computes them on a thread of its own.
///
/// A batcher that nobody holds any more answers what it has taken in, and then its thread ends.
final class Batcher: Sendable {
  let model: ServedModel
  private let line: WaitingLine

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - model: What computes; its batches are as large as the limits say.
  ///   - limits: How much work is taken.
  ///   - statistics: Where it is counted.
  init(_ model: ServedModel, limits: BatchingLimits, statistics: ServingStatistics) {
    precondition(limits.batchSamples <= model.batchCapacity, "batches larger than the model's")
    self.model = model
    let line = WaitingLine(limits)
    self.line = line
    let thread = Thread {
      while let turn = line.nextTurn() { Self.answer(turn, with: model, statistics) }
    }
    thread.name = "batches"
    thread.start()
  }

  deinit { line.close() }

  /// The samples that wait.
  var queuedSamples: Int { line.queuedSamples }

  /// Has a request computed.
  ///
  /// - Parameters:
  ///   - call: The request.
  ///   - arrival: When it came.
  /// - Returns: For each head, `[samples × size]`, row-major.
  /// - Throws: `RequestError` when there is no room for the request or its deadline passes.
  func outputs(of call: InferenceCall, arrival: ContinuousClock.Instant) async throws -> [[Float]] {
    try await withCheckedThrowingContinuation { continuation in
      let job = InferenceJob(call, continuation)
      do {
        try line.append(
          .init(
            ticket: job, samples: call.samples, arrival: arrival,
            deadline: call.timeout.map { arrival + $0 }))
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Computes a batch, and answers the requests that are then complete.
  private static func answer(
    _ turn: BatchQueue<InferenceJob>.Turn, with model: ServedModel, _ statistics: ServingStatistics
  ) {
    for job in turn.expired {
      statistics.countExpired()
      job.fail(
        RequestError(
          .deadlineExceeded, "the request waited longer than its timeout of \(job.timeoutText)"))
    }
    guard !turn.pieces.isEmpty else { return }
    let start = ContinuousClock.now
    let result = Result {
      try model.run(
        turn.pieces.map { piece in
          let call = piece.entry.ticket.call
          return .init(values: call.values, rows: piece.rows, heads: call.heads.map(\.index))
        })
    }
    let end = ContinuousClock.now
    statistics.countBatch(
      samples: turn.pieces.reduce(0) { $0 + $1.rows.count }, compute: start.duration(to: end),
      queued: turn.pieces.filter { $0.rows.lowerBound == 0 }.map {
        $0.entry.arrival.duration(to: start)
      })
    switch result {
    case .success(let outputs):
      for (piece, values) in zip(turn.pieces, outputs) {
        piece.entry.ticket.append(values, isLast: piece.isLast)
      }
    case .failure(let error):
      for piece in turn.pieces { piece.entry.ticket.fail(error) }
    }
  }
}

/// A request on its way through the batches.
// SAFETY: made by the client's task, then touched by the batcher's thread only; the lock of the
// waiting line hands it over.
final class InferenceJob: @unchecked Sendable {
  let call: InferenceCall
  private var outputs: [[Float]]
  private var continuation: CheckedContinuation<[[Float]], any Error>?

  init(_ call: InferenceCall, _ continuation: CheckedContinuation<[[Float]], any Error>) {
    self.call = call
    self.continuation = continuation
    outputs = call.heads.map { _ in [] }
  }

  var timeoutText: String { call.timeout.map { "\($0)" } ?? "none" }

  /// Takes what one batch computed.
  func append(_ values: [[Float]], isLast: Bool) {
    if isLast, outputs.allSatisfy(\.isEmpty) {
      outputs = values
    } else {
      for (head, part) in values.enumerated() { outputs[head] += part }
    }
    if isLast { take()?.resume(returning: outputs) }
  }

  /// Gives up; a request of several batches fails once.
  func fail(_ error: any Error) { take()?.resume(throwing: error) }

  private func take() -> CheckedContinuation<[[Float]], any Error>? {
    defer { continuation = nil }
    return continuation
  }
}

/// The queue between the clients' tasks and the batcher's thread.
// SAFETY: 'queue' and 'isClosed' are only touched while 'condition' is locked.
private final class WaitingLine: @unchecked Sendable {
  private let condition = NSCondition()
  private var queue: BatchQueue<InferenceJob>
  private var isClosed = false

  init(_ limits: BatchingLimits) { queue = BatchQueue(limits) }

  var queuedSamples: Int { condition.withLock { queue.queuedSamples } }

  func append(_ entry: BatchQueue<InferenceJob>.Entry) throws {
    try condition.withLock {
      let limit = queue.limits.queuedSamples
      guard entry.samples <= limit else {
        throw RequestError(
          .tooLarge, "\(entry.samples) samples; a request may have \(limit), as the queue has")
      }
      guard queue.hasRoom(for: entry.samples) else {
        throw RequestError(
          .busy(retryAfterSeconds: 1),
          "\(queue.queuedSamples) of \(limit) samples wait already; try again later")
      }
      queue.append(entry)
      condition.signal()
    }
  }

  func close() {
    condition.withLock {
      isClosed = true
      condition.signal()
    }
  }

  /// Waits for the next batch; nil when there will be none any more.
  func nextTurn() -> BatchQueue<InferenceJob>.Turn? {
    condition.withLock {
      while true {
        guard let event = queue.nextEvent else {
          if isClosed { return nil }
          condition.wait()
          continue
        }
        let now = ContinuousClock.now
        if isClosed || event <= now { return queue.next(at: now, isClosing: isClosed) }
        let wait = now.duration(to: event)
        _ = condition.wait(until: Date(timeIntervalSinceNow: wait.bounded / .seconds(1)))
      }
    }
  }
}
