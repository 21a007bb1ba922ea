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

  /// Input, hidden and output sizes, at least two; of several tasks the first's output.
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
  /// The tasks, each with a head at the end of the backbone, the main one first; nil for a single
  /// one called `label`.
  public var tasks: [TaskRecipe]?
  /// Exits along the backbone that answer the main task, if any.
  public var exits: ExitRecipe?
  /// Decides patterns, initial weights and dropout.
  public var seed: UInt64

  private enum CodingKeys: String, CodingKey {
    case layerSizes, connectivity, activation, dropout, batchNormalization, initializer, tasks,
      exits, seed
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
  /// - Returns: A backbone of the hidden junctions; the heads of the tasks, the main one last, called
  ///   `output` where it is the only one; and the exits that are asked for.
  /// - Throws: As `patterns()`.
  public func makeNetwork() throws -> Network {
    let hidden = try patterns().junctions.prefix(junctionCount - 1)
    let backbone = try hidden.enumerated().flatMap { try hiddenLayer($1, number: $0) }
    let network = try Network(
      inputSize: layerSizes[0], backbone: backbone, branches: heads(position: backbone.count))
    return try exits.map {
      try network.addingExits(
        $0, activation: activation, initializer: initializer, seed: seed)
    } ?? network
  }

  /// A junction with its initial weights.
  ///
  /// - Parameters:
  ///   - pattern: Its connections.
  ///   - number: Tells its random numbers from those of the other junctions.
  /// - Returns: The junction.
  /// - Throws: `SparseError` when its family cannot make the pattern.
  func junction(_ pattern: JunctionPattern, number: Int) throws -> SparseLinear {
    var stream = RandomStream(seed: seed, purpose: "weights", index: number)
    return SparseLinear(
      pattern: try pattern.makePattern(), initializer: initializer, using: &stream)
  }

  /// A hidden junction and what follows it.
  func hiddenLayer(_ pattern: JunctionPattern, number: Int) throws -> [any Layer] {
    let junction = try junction(pattern, number: number)
    let size = junction.outputSize
    var layers: [any Layer] = [junction]
    if batchNormalization { layers.append(BatchNormalization(size: size)) }
    layers.append(Activation(activation, size: size))
    if dropout != 0 { layers.append(try Dropout(rate: dropout, size: size)) }
    return layers
  }
}
