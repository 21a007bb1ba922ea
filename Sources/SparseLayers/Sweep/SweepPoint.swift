package import SparseCore

/// One network of a sweep, apart from the seed.
package struct SweepPoint: Sendable {
  /// The network's recipe; its seed is that of no run.
  package let recipe: NetworkRecipe
  /// The junctions' patterns, as the recipe works out with seed 0.
  package let patterns: [PatternRecipe]
  /// What had to be rounded.
  package let roundings: [String]

  /// Works out the patterns.
  ///
  /// - Parameter recipe: The network's recipe.
  /// - Throws: `SparseError` naming the junction when there is no such pattern.
  package init(_ recipe: NetworkRecipe) throws {
    var recipe = recipe
    recipe.seed = 0
    self.recipe = recipe
    (patterns, roundings) = try recipe.patterns()
  }

  /// The recipe of one run.
  ///
  /// - Parameter seed: The run's seed.
  /// - Returns: The recipe with that seed.
  package func recipe(seed: UInt64) -> NetworkRecipe {
    var recipe = recipe
    recipe.seed = seed
    return recipe
  }

  /// What tells two networks of a grid apart.
  struct Identity: Hashable {
    let sizes: [Int]
    let patterns: [PatternRecipe]
  }

  var identity: Identity { Identity(sizes: recipe.layerSizes, patterns: patterns) }

  /// The families, such as `structured`; several, where the hidden junctions differ, as
  /// `structured+grouped:4`. A network with all connections is `full`.
  package var family: String {
    let hidden = patterns.dropLast()
    let names = (hidden.isEmpty ? patterns[...] : hidden).map(\.family.description)
    return Set(names).count == 1 ? names[0] : names.joined(separator: "+")
  }

  /// The weights of all junctions.
  package var weights: Int { patterns.reduce(0) { $0 + $1.edges } }
}
