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

  private let network: InferenceBenchmark
  private let dense: InferenceBenchmark?
  private let batchSizes: [Int]

  /// The plans of the network at hand, in the order in which its junctions run.
  public var plans: [any JunctionPlan] { network.plans }

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
    self.batchSizes = batchSizes
    func benchmark(_ network: Network) throws -> InferenceBenchmark {
      try InferenceBenchmark(
        network, backend: backend, samples: batchSizes.max() ?? 1, threads: threads)
    }
    self.network = try benchmark(network)
    self.dense = try dense.map(benchmark)
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
    return try batchSizes.map { samples in
      var times: [[Double]] = [[], []]
      for _ in 0..<rounds {
        for (index, benchmark) in [network, dense].enumerated() {
          guard let benchmark else { continue }
          times[index] += try stopwatch.time { try benchmark.run(samples: samples) }.milliseconds
        }
      }
      return Row(
        batchSize: samples, network: Timing(times[0]), dense: dense.map { _ in Timing(times[1]) })
    }
  }

  /// Measures the energy of both networks' answers, one after the other.
  ///
  /// - Parameters:
  ///   - meter: What measures it.
  ///   - samples: The samples of the batch.
  ///   - seconds: The least time of each network.
  /// - Returns: Joules per sample; those of the dense network are nil when it takes no part.
  /// - Throws: What the engine or the meter throws.
  public func joulesPerSample(
    _ meter: PowerMeter, samples: Int, seconds: Double = 0.3
  ) throws -> (network: Double, dense: Double?) {
    func measure(_ benchmark: InferenceBenchmark) throws -> Double {
      var runs = 0
      let joules = try meter.joules {
        let start = ContinuousClock.now
        repeat {
          try benchmark.run(samples: samples)
          runs += 1
        } while start.duration(to: .now) / .seconds(1) < seconds
      }
      return joules / Double(runs * samples)
    }
    return (try measure(network), try dense.map(measure))
  }
}
