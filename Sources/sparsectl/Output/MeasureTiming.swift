import SparseCore
import SparseLayers
import _SparseBench

/// The latencies and the energy that `measure` measures, or why it does not.
struct MeasureTiming {
  /// The dense networks that are timed without being asked for: planning one of this size takes
  /// about a second.
  static let dailyDenseWeights = 4_000_000

  /// The sizes of the batches that are timed.
  private static let batchSizes = [1, 256]

  /// Something measured of both networks, or the reason why it was not.
  enum Outcome<Value> {
    case measured(Value)
    case skipped(String)

    var value: Value? { if case .measured(let value) = self { value } else { nil } }
    var reason: String? { if case .skipped(let reason) = self { reason } else { nil } }
  }

  /// Joules per sample at the largest batch.
  struct Energy {
    var network: Double
    var dense: Double?
    var batchSize: Int
    /// What was counted, such as `package-0`.
    var zones: [String]
  }

  let backend: Backend
  let threads: Int
  let rows: Outcome<[InferenceComparison.Row]>
  /// Why the dense network was not timed, if so.
  let denseSkipped: String?
  let energy: Outcome<Energy>

  /// Measures a network and the dense one beside it.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - isForced: Whether timing was asked for, or ruled out.
  ///   - engine: The engine and its threads.
  /// - Throws: What the engine throws.
  init(_ network: Network, isForced: Bool?, engine: EngineOptions) throws {
    backend = engine.backend
    threads = engine.threadCount
    if let reason = Self.reason(against: network, isForced: isForced) {
      rows = .skipped(reason)
      denseSkipped = nil
      energy = .skipped(reason)
      return
    }
    let weights = NetworkCost(network).total.denseWeights
    denseSkipped = Self.reasonAgainst(denseWeights: weights, isForced: isForced == true)
    let comparison = try InferenceComparison(
      network, dense: denseSkipped == nil ? network.densified() : nil,
      batchSizes: Self.batchSizes,
      backend: backend, threads: threads)
    Terminal.note(warningsOf: comparison.plans)
    rows = .measured(try comparison.time())
    energy = try Self.energy(comparison, batchSize: Self.batchSizes[1])
  }

  private static func reason(against network: Network, isForced: Bool?) -> String? {
    guard isForced != false else { return "--no-timing" }
    let features = network.places.reduce(network.inputSize) { $0 + network[$1].outputSize }
    let bytes = 4.0 * Double(features) * Double(batchSizes[1])
    guard bytes <= Machine.memoryBytes / 4 else {
      return """
        \(batchSizes[1]) samples of \(Text.count(features)) features would take \
        \(Text.number(bytes / 1e9, decimals: 0)) GB
        """
    }
    return nil
  }

  /// The bytes that values, patterns and plans of a dense network take per weight, and some more.
  private static let bytesPerDenseWeight = 40.0

  private static func reasonAgainst(denseWeights: Int, isForced: Bool) -> String? {
    let bytes = Double(denseWeights) * bytesPerDenseWeight
    guard denseWeights <= Pattern.maximumEdges, bytes <= Machine.memoryBytes / 2 else {
      return """
        its \(Text.count(denseWeights)) weights would take about \
        \(Text.number(bytes / 1e9, decimals: 0)) GB here
        """
    }
    guard denseWeights <= dailyDenseWeights || isForced else {
      return "it has \(Text.count(denseWeights)) weights; --timing times it all the same"
    }
    return nil
  }

  private static func energy(
    _ comparison: InferenceComparison, batchSize: Int
  ) throws -> Outcome<Energy> {
    let meter: PowerMeter
    do {
      meter = try PowerMeter()
    } catch let error as SparseError {
      return .skipped(error.message)
    }
    let joules = try comparison.joulesPerSample(meter, samples: batchSize)
    return .measured(
      Energy(
        network: joules.network, dense: joules.dense, batchSize: batchSize, zones: meter.zoneNames))
  }
}
