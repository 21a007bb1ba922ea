public import SparseCore

/// A multilayer network in the words of an experiment: sizes, densities, pattern families, a seed.
///
/// The same recipe gives the same patterns and initial weights on every platform.
public struct NetworkRecipe: Codable, Hashable, Sendable {
  /// How many connections the junctions keep.
  public enum Connectivity: Codable, Hashable, Sendable {
    /// Kept fractions: one for all hidden junctions (the output stays full), or one per junction.
    case densities([Double])
    /// Connections per left neuron, one number per junction.
    case outDegrees([Int])
  }

  /// Input, hidden and output sizes; at least two.
  public var layerSizes: [Int]
  /// How many connections the junctions keep.
  public var connectivity: Connectivity
  /// The pattern family: one for all junctions, or one per junction.
  public var families: [PatternFamily]
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

  /// Creates a recipe.
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
    self.layerSizes = layerSizes
    self.connectivity = connectivity
    self.families = families
    self.seed = seed
  }
}

extension NetworkRecipe {
  /// The number of junctions of the chain from input to output.
  public var junctionCount: Int { layerSizes.count - 1 }

  /// Works out each junction's pattern recipe, and says where a density had to be rounded.
  ///
  /// - Returns: One pattern recipe per junction, and one sentence per rounding.
  /// - Throws: `SparseError.Code.invalidArgument` or `invalidPattern`, naming the junction.
  public func patterns() throws -> (recipes: [PatternRecipe], roundings: [String]) {
    guard layerSizes.count >= 2 else {
      throw SparseError(
        .invalidArgument,
        "A network needs at least 2 layer sizes, but \(layerSizes.count) were given.")
    }
    if let index = layerSizes.firstIndex(where: { $0 < 1 }) {
      throw SparseError(
        .invalidArgument, "Layer \(index) has size \(layerSizes[index]); sizes are 1 or more.")
    }
    let families = try oneEach(families, "pattern families")
    var recipes: [PatternRecipe] = []
    var roundings: [String] = []
    for junction in 0..<junctionCount {
      let inputs = layerSizes[junction]
      let outputs = layerSizes[junction + 1]
      do {
        switch connectivity {
        case .outDegrees(let degrees):
          let degree = try oneEach(degrees, "out-degrees", allowsOne: false)[junction]
          recipes.append(
            try .exact(
              family: families[junction], inputs: inputs, outputs: outputs, outDegree: degree,
              seed: seed, junction: junction))
        case .densities(let densities):
          let density = try junctionDensities(densities)[junction]
          let nearest = try PatternRecipe.nearest(
            family: density == 1 ? .full : families[junction], inputs: inputs, outputs: outputs,
            density: density, seed: seed, junction: junction)
          recipes.append(nearest.recipe)
          if let rounding = nearest.rounding {
            roundings.append("junction \(junction + 1) (\(inputs)→\(outputs)): \(rounding.reason)")
          }
        }
      } catch let error as SparseError {
        throw SparseError(
          error.code, "Junction \(junction + 1) (\(inputs)→\(outputs)): \(error.message)",
          cause: error)
      }
    }
    return (recipes, roundings)
  }

  private func junctionDensities(_ densities: [Double]) throws -> [Double] {
    guard densities.count == 1, junctionCount > 1, let hidden = densities.first else {
      return try oneEach(densities, "densities")
    }
    return Array(repeating: hidden, count: junctionCount - 1) + [1]
  }

  private func oneEach<T>(_ list: [T], _ what: String, allowsOne: Bool = true) throws -> [T] {
    if allowsOne, list.count == 1 { return Array(repeating: list[0], count: junctionCount) }
    guard list.count == junctionCount else {
      throw SparseError(
        .invalidArgument,
        """
        \(list.count) \(what) for \(junctionCount) junctions; give \
        \(allowsOne ? "one, or one per junction" : "one per junction").
        """)
    }
    return list
  }

  /// Makes the network with its patterns and initial weights.
  ///
  /// - Returns: A backbone of the hidden junctions, and one branch, `output`, of the last.
  /// - Throws: As `patterns()`.
  public func makeNetwork() throws -> Network {
    let recipes = try patterns().recipes
    var junctions: [SparseLinear] = []
    for (index, recipe) in recipes.enumerated() {
      var stream = RandomStream(seed: seed, purpose: "weights", index: index)
      junctions.append(
        SparseLinear(
          pattern: try recipe.makePattern(), initializer: initializer, using: &stream))
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
