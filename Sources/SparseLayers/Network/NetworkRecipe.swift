public import SparseCore

/// A multilayer network in the words of an experiment: sizes, densities, patterns, a seed.
///
/// The same recipe gives the same patterns and initial weights on every platform.
public struct NetworkRecipe: Codable, Hashable, Sendable {
  /// How many connections the junctions keep.
  public enum Connectivity: Codable, Hashable, Sendable {
    /// Kept fractions: one for all hidden junctions (the output stays full), or one per junction.
    case densities([Double])
    /// Connections per left neuron, one number per junction.
    case outDegrees([Int])
    /// One kept fraction, dealt out to the junctions.
    case policy(DensityPolicy, density: Double)
    /// As many as the patterns admit: all, except where a pattern is given or a family such as `nm`
    /// fixes its density. With one pattern for all junctions the output stays full.
    case densest
  }

  /// Input, hidden and output sizes; at least two.
  public var layerSizes: [Int]
  /// How many connections the junctions keep.
  public var connectivity: Connectivity
  /// Where the connections come from: one source for all junctions, or one per junction.
  public var sources: [PatternSource]
  /// The function after each hidden junction.
  public var activation = Activation.Function.relu
  /// The dropout rate after each hidden junction; 0 for none.
  public var dropout = 0.0
  /// Whether each hidden junction is followed by batch normalisation.
  public var batchNormalization = false
  /// How weights begin.
  public var initializer = Initializer.standard
  /// Decides patterns, initial weights and dropout.
  public var seed: UInt64

  private enum CodingKeys: String, CodingKey {
    case layerSizes, connectivity, activation, dropout, batchNormalization, initializer, seed
    case sources = "families"
  }

  /// Creates a recipe.
  ///
  /// - Parameters:
  ///   - layerSizes: Input, hidden and output sizes.
  ///   - connectivity: How many connections the junctions keep.
  ///   - sources: Where the connections come from: one source, or one per junction.
  ///   - seed: Decides patterns, initial weights and dropout.
  public init(
    layerSizes: [Int], connectivity: Connectivity, sources: [PatternSource], seed: UInt64 = 0
  ) {
    self.layerSizes = layerSizes
    self.connectivity = connectivity
    self.sources = sources
    self.seed = seed
  }

  /// Creates a recipe whose patterns are drawn.
  ///
  /// - Parameters:
  ///   - layerSizes: Input, hidden and output sizes.
  ///   - connectivity: How many connections the junctions keep.
  ///   - families: One pattern family, or one per junction.
  ///   - seed: Decides patterns, initial weights and dropout.
  public init(
    layerSizes: [Int], connectivity: Connectivity, families: [PatternFamily] = [.structured],
    seed: UInt64 = 0
  ) {
    self.init(
      layerSizes: layerSizes, connectivity: connectivity, sources: families.map { .family($0) },
      seed: seed)
  }
}

extension NetworkRecipe {
  /// Makes the network with its patterns and initial weights.
  ///
  /// - Returns: A backbone of the hidden junctions, and one branch, `output`, of the last.
  /// - Throws: As `patterns()`.
  public func makeNetwork() throws -> Network {
    let patterns = try patterns().junctions
    var junctions: [SparseLinear] = []
    for (index, pattern) in patterns.enumerated() {
      var stream = RandomStream(seed: seed, purpose: "weights", index: index)
      junctions.append(
        SparseLinear(
          pattern: try pattern.makePattern(), initializer: initializer, using: &stream))
    }
    let output = junctions.removeLast()
    var backbone: [any Layer] = []
    for junction in junctions {
      backbone.append(junction)
      if batchNormalization { backbone.append(BatchNormalization(size: junction.outputSize)) }
      backbone.append(Activation(activation, size: junction.outputSize))
      if dropout != 0 { backbone.append(try Dropout(rate: dropout, size: junction.outputSize)) }
    }
    return try Network(
      inputSize: layerSizes[0], backbone: backbone,
      branches: [Branch(name: "output", position: backbone.count, layers: [output])])
  }
}
