import SparseCore
import SparseLayers
import _SparseBench

/// One thing to measure, in the words that all engines and peers understand.
struct Case: Codable, Hashable {
  /// What is timed.
  enum Kind: String, Codable {
    /// One product of one junction.
    case product
    /// The three products of one junction, one after the other.
    case layer
    /// A training step of a network.
    case step
    /// The answers of a network.
    case inference
    /// A pass over 60,000 samples, everything included.
    case epoch
  }

  var suite: String
  var name: String
  var kind: Kind
  var product: Product?
  /// Neurons, layer by layer.
  var layers: [Int]
  /// The density that was asked for; the edges say what became of it.
  var density: Double?
  var outDegrees: [Int]?
  var family: String
  var batch: Int
  var threads: Int
  /// The connections of each junction.
  var edges: [Int]
  /// The multiplications and additions of the kept connections, whatever an engine computes
  /// besides; nil for epochs.
  var operations: Double?
  /// Matrix Market files of the junctions' patterns, for peers.
  var patterns: [String]?

  enum CodingKeys: String, CodingKey {
    case suite, name, kind, product, layers, density, family, batch, threads, edges, operations
    case patterns
    case outDegrees = "out_degrees"
  }
}

extension Case {
  /// The network's recipe.
  func recipe() throws -> NetworkRecipe {
    NetworkRecipe(
      layerSizes: layers,
      connectivity: outDegrees.map { .outDegrees($0) } ?? .densities([density ?? 1]),
      families: [try PatternFamily(parsing: family)], seed: 0)
  }

  /// The samples of an epoch, as many as MNIST has.
  static let epochSamples = 60_000

  /// Fills in what follows from the rest.
  func completed() throws -> Case {
    var completed = self
    completed.edges = try recipe().patterns().junctions.map(\.edges)
    let forward = 2 * Double(completed.edges.reduce(0, +)) * Double(batch)
    completed.operations =
      switch kind {
      case .product, .inference: forward
      case .layer: 3 * forward
      // The first junction needs no input gradient.
      case .step: 3 * forward - 2 * Double(completed.edges.first ?? 0) * Double(batch)
      case .epoch: nil
      }
    return completed
  }

  /// Sets everything up and gives back what measures.
  ///
  /// - Parameter backend: The engine.
  /// - Returns: Measures the case once more, each time it is called.
  /// - Throws: `SparseError` when the engine cannot run the case or gives wrong results.
  func prepare(_ backend: Backend) throws -> (Stopwatch) throws -> Timing {
    switch kind {
    case .product, .layer:
      let products = product.map { [$0] } ?? Product.allCases
      let junction = try JunctionBenchmark(
        try recipe().patterns().junctions[0].makePattern(), backend: backend, samples: batch,
        threads: threads)
      for product in products { try junction.check(product) }
      return { try $0.time { for product in products { try junction.run(product) } } }
    case .step:
      let training = try TrainingBenchmark(
        try recipe().makeNetwork(), backend: backend, batchSize: batch, threads: threads)
      return { try training.timeSteps($0) }
    case .epoch:
      let steps = (Self.epochSamples + batch - 1) / batch
      let training = try TrainingBenchmark(
        try recipe().makeNetwork(), backend: backend, batchSize: batch, stepsPerEpoch: steps,
        threads: threads)
      return { _ in try training.timeEpochs(2) }
    case .inference:
      let inference = try InferenceBenchmark(
        try recipe().makeNetwork(), backend: backend, samples: batch, threads: threads)
      return { try $0.time { try inference.run() } }
    }
  }
}
