internal import SparseCore

/// One network of a sweep, apart from the seed.
package struct SweepPoint: Sendable {
  /// The network's recipe; its seed is that of no run.
  package let recipe: NetworkRecipe
  /// The junctions' patterns, as the recipe works out with seed 0.
  package let patterns: [JunctionPattern]
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
    patterns = try Self.patterns(recipe)
    roundings = try recipe.patterns().roundings
  }

  /// A network's patterns; one with all connections is `full`, whatever family it was asked of.
  static func patterns(_ recipe: NetworkRecipe) throws -> [JunctionPattern] {
    try recipe.patterns().junctions.map { pattern in
      guard case .recipe(let recipe) = pattern, recipe.edges == recipe.inputs * recipe.outputs
      else { return pattern }
      return .recipe(
        try PatternRecipe(
          family: .full, inputs: recipe.inputs, outputs: recipe.outputs, edges: recipe.edges,
          seed: 0,
          junction: 0))
    }
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
    let patterns: [JunctionPattern]
  }

  var identity: Identity { Identity(sizes: recipe.layerSizes, patterns: patterns) }

  /// Where the hidden junctions' connections come from.
  ///
  /// Such as `structured`, or `structured+grouped:4` where they differ. A network with all
  /// connections is `full`.
  package var family: String {
    let names = patterns.enumerated().map { index, pattern in
      switch pattern {
      case .recipe(let recipe): recipe.family.description
      case .given: (recipe.sources.count == 1 ? recipe.sources[0] : recipe.sources[index]).label
      }
    }
    let hidden = names.count > 1 ? names.dropLast() : names[...]
    return Set(hidden).count == 1 ? names[0] : hidden.joined(separator: "+")
  }

  /// The weights of all junctions.
  package var weights: Int { patterns.reduce(0) { $0 + $1.edges } }
}

extension PatternSource {
  /// A short name: the family, or the name of the file.
  var label: String {
    switch self {
    case .family(let family): family.description
    case .given(let pattern): pattern.source.split(separator: "/").last.map(String.init) ?? "given"
    }
  }
}
