public import SparseCore
public import SparseLayers

/// A network and the dense one beside it, answering in turns on the same engine and threads.
public final class InferenceComparison {
  /// The times of both networks for one batch size.
  public struct Row: Sendable {
    /// The samples of the batch.
    public var batchSize: Int
    /// The time of the network at hand.
    public var network: Timing
    /// The time of the dense network; nil when it takes no part.
    public var dense: Timing?
  }

  /// Both networks, planned for one batch size.
  private struct Entry {
    let batchSize: Int
    let network: InferenceBenchmark
    let dense: InferenceBenchmark?
  }

  private let entries: [Entry]

  /// The plans of the network at hand for the largest batch, in the order in which its junctions
  /// run.
  public var plans: [any JunctionPlan] {
    entries.max { $0.batchSize < $1.batchSize }?.network.plans ?? []
  }

  /// Plans both networks.
  ///
  /// - Parameters:
  ///   - network: The network at hand.
  ///   - dense: The dense network; nil to leave it out.
  ///   - batchSizes: The sizes of the batches, at least one.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work.
  /// - Throws: `SparseError` when the backend cannot run a network.
  public init(
    _ network: Network, dense: Network?, batchSizes: [Int], backend: Backend = .auto,
    threads: Int = 1
  ) throws {
    precondition(!batchSizes.isEmpty, "a comparison without batches")
    entries = try batchSizes.map { samples in
      func benchmark(_ network: Network) throws -> InferenceBenchmark {
        try InferenceBenchmark(network, backend: backend, samples: samples, threads: threads)
      }
      return Entry(
        batchSize: samples, network: try benchmark(network), dense: try dense.map(benchmark))
    }
  }

  /// Measures both networks, round by round, so that what else the machine does slows both down.
  ///
  /// - Parameters:
  ///   - seconds: The least time of each network and batch size, all rounds together.
  ///   - rounds: How often they take turns.
  /// - Returns: One row per batch size.
  /// - Throws: What the engine throws.
  public func time(seconds: Double = 0.2, rounds: Int = 5) throws -> [Row] {
    precondition(rounds >= 1, "\(rounds) rounds")
    var stopwatch = Stopwatch(minimumSeconds: seconds / Double(rounds))
    stopwatch.warmUpRuns = 1
    stopwatch.minimumRuns = 1
    return try entries.map { entry in
      var times: [[Double]] = [[], []]
      for _ in 0..<rounds {
        for (index, benchmark) in [entry.network, entry.dense].enumerated() {
          guard let benchmark else { continue }
          times[index] += try stopwatch.time { try benchmark.run() }.milliseconds
        }
      }
      return Row(
        batchSize: entry.batchSize, network: Timing(times[0]),
        dense: entry.dense.map { _ in Timing(times[1]) })
    }
  }

  /// Measures the energy of both networks' answers, one after the other.
  ///
  /// - Parameters:
  ///   - meter: What measures it.
  ///   - samples: The samples of the batch, one of the batch sizes.
  ///   - seconds: The least time of each network.
  /// - Returns: Joules per sample; those of the dense network are nil when it takes no part.
  /// - Throws: What the engine or the meter throws.
  public func joulesPerSample(
    _ meter: PowerMeter, samples: Int, seconds: Double = 0.3
  ) throws -> (network: Double, dense: Double?) {
    guard let entry = entries.first(where: { $0.batchSize == samples }) else {
      preconditionFailure("no batch of \(samples) samples was planned")
    }
    func measure(_ benchmark: InferenceBenchmark) throws -> Double {
      var runs = 0
      let joules = try meter.joules {
        let start = ContinuousClock.now
        repeat {
          try benchmark.run()
          runs += 1
        } while start.duration(to: .now) / .seconds(1) < seconds
      }
      return joules / Double(runs * samples)
    }
    return (try measure(entry.network), try entry.dense.map(measure))
  }
}
