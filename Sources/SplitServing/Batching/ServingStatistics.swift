internal import Synchronization

/// What a server has done since it started, counted.
final class ServingStatistics: Sendable {
  /// How often something happened, and how long it took together.
  struct Total: Sendable {
    var count = 0
    var time = Duration.zero

    mutating func add(_ duration: Duration) {
      count += 1
      time += duration
    }

    /// The time in nanoseconds.
    var nanoseconds: Int {
      Int(clamping: time.components.seconds * 1_000_000_000)
        + Int(time.components.attoseconds / 1_000_000_000)
    }
  }

  /// All counts at one moment.
  struct Counts: Sendable {
    /// Requests for inference that were answered.
    var successes = Total()
    /// Requests for inference that were refused or failed.
    var failures = Total()
    /// The requests whose computation began, and how long they waited for it.
    var queue = Total()
    /// The batches computed.
    var compute = Total()
    /// The samples computed.
    var samples = 0
    /// The requests whose deadline passed in the queue.
    var expired = 0
    /// The batches by their number of samples.
    var batches: [Int: Total] = [:]
    /// The answers by their status.
    var responses: [Int: Int] = [:]
    /// The bytes of bodies, as they came and as they went.
    var receivedBytes = 0
    var sentBytes = 0
    /// How often a model file was loaded after the start, and how often that failed.
    var reloads = 0
    var failedReloads = 0
    /// The connections that are open.
    var connections = 0
  }

  private let state = Mutex(Counts())

  /// All counts.
  var counts: Counts { state.withLock { $0 } }

  /// Changes counts.
  func update(_ change: (inout Counts) -> Void) { state.withLock { change(&$0) } }

  /// Counts a request whose deadline passed in the queue.
  func countExpired() { update { $0.expired += 1 } }

  /// Counts a batch.
  ///
  /// - Parameters:
  ///   - samples: Its samples.
  ///   - compute: How long it took.
  ///   - queued: How long each request waited whose first samples are in it.
  func countBatch(samples: Int, compute: Duration, queued: [Duration]) {
    update { counts in
      for wait in queued { counts.queue.add(wait) }
      counts.compute.add(compute)
      counts.batches[samples, default: Total()].add(compute)
      counts.samples += samples
    }
  }

  /// Counts an answer to a request for inference.
  func countInference(_ duration: Duration, succeeded: Bool) {
    update { counts in
      if succeeded { counts.successes.add(duration) } else { counts.failures.add(duration) }
    }
  }
}
