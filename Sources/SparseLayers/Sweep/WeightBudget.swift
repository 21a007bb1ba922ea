internal import SparseCore

/// Networks of equal weight count: wide and sparse, or narrow and dense.
///
/// Dey et al. (arXiv:1812.01164) compare networks so: at equal weights, the larger and sparser one is
/// better.
package struct WeightBudget: Sendable {
  /// The most weights of a network; biases do not count.
  package let weights: Int

  /// Creates a budget.
  ///
  /// - Parameter weights: The most weights of a network; biases do not count.
  package init(weights: Int) { self.weights = weights }

  /// How far a junction's density may be from the wanted one when widths are chosen.
  static let tolerance = 0.1
  /// The most widths that are tried.
  static let maximumWidth = 1 << 20
}

// MARK: - The density of given sizes

extension WeightBudget {
  /// Finds the densities that use the budget in a network of given sizes.
  ///
  /// All hidden junctions get the largest density that one number can give them; the output
  /// junction stays full. What a family's steps then leave over goes to the hidden junctions from
  /// the last to the first, since later junctions gain more from connections (Dey et al., section V).
  ///
  /// - Parameter recipe: The network; its connectivity is ignored.
  /// - Returns: The recipe with one density per junction; no junction could have more connections
  ///   within the budget.
  /// - Throws: `SparseError.Code.invalidArgument` when the smallest network is above the budget, or
  ///   none uses nine tenths of it; both would be compared with others unfairly.
  package func density(of recipe: NetworkRecipe) throws -> NetworkRecipe {
    let junctions = try Junction.all(of: recipe)
    let full = junctions.reduce(0) { $0 + $1.cells }
    guard Double(full) >= (1 - Self.tolerance) * Double(weights) else {
      throw SparseError(
        .invalidArgument,
        """
        Even with all connections it has \(full) weights, far below the budget of \(weights). Make \
        its hidden layers wider.
        """)
    }
    let hidden = junctions.dropLast()
    var edges: [Int] = []
    let output = junctions.last?.cells ?? 0
    // The cells of the largest hidden junction number all steps of a density that matter.
    let steps = hidden.map(\.cells).max() ?? 0
    func uniform(_ step: Int) throws -> [Int] {
      try hidden.map { try $0.edges(density: Double(step) / Double(steps)) } + [output]
    }
    let step = try Self.largest(upTo: steps) { try uniform($0).reduce(0, +) <= weights }
    edges = try uniform(max(step, 1))
    let total = edges.reduce(0, +)
    guard total <= weights else {
      throw SparseError(
        .invalidArgument,
        """
        Its smallest pattern already has \(total) weights, above the budget of \(weights). Make its \
        hidden layers narrower, or take a family that admits lower densities.
        """)
    }
    try fill(&edges, junctions)
    try requireUse(edges.reduce(0, +), "density")
    var result = recipe
    result.connectivity = .densities(
      zip(edges, junctions).map { Double($0) / Double($1.cells) })
    return result
  }

  /// Gives what is left over to the hidden junctions, the last first.
  private func fill(_ edges: inout [Int], _ junctions: [Junction]) throws {
    for index in edges.indices.dropLast().reversed() {
      let others = edges.reduce(0, +) - edges[index]
      let junction = junctions[index]
      let wanted = try Self.largest(upTo: junction.cells) {
        try others + junction.edges(density: Double($0) / Double(junction.cells)) <= weights
      }
      guard wanted > 0 else { continue }
      let density = Double(wanted) / Double(junction.cells)
      edges[index] = max(edges[index], try junction.edges(density: density))
    }
  }

  /// The largest number up to a bound for which a condition holds, which holds for none above one
  /// for which it fails; 0 when it holds for none.
  private static func largest(upTo bound: Int, where holds: (Int) throws -> Bool) rethrows -> Int {
    var (low, high) = (0, bound)
    while low < high {
      let middle = low + (high - low + 1) / 2
      if try holds(middle) { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

// MARK: - The width of a given density

extension WeightBudget {
  /// Finds the hidden sizes that use the budget at a given density.
  ///
  /// - Parameter recipe: The network with its connectivity; its hidden sizes are proportions, so
  ///   that `[2, 1]` means a second layer half as wide as the first.
  /// - Returns: The recipe with the hidden sizes of the most weights within the budget, among those
  ///   whose junctions have the density to within a tenth.
  /// - Throws: `SparseError.Code.invalidArgument` when there is none that uses nine tenths of it.
  package func width(of recipe: NetworkRecipe) throws -> NetworkRecipe {
    let proportions = recipe.layerSizes.dropFirst().dropLast()
    guard let first = proportions.first, first > 0, proportions.allSatisfy({ $0 > 0 }) else {
      throw SparseError(
        .invalidArgument, "A network without hidden layers has no width that a budget could vary.")
    }
    var best: (recipe: NetworkRecipe, weights: Int)?
    for width in 1...Self.maximumWidth {
      var candidate = recipe
      let hidden = proportions.map {
        max(Int((Double($0) * Double(width) / Double(first)).rounded()), 1)
      }
      candidate.layerSizes = [recipe.layerSizes[0]] + hidden + [recipe.layerSizes.last ?? 0]
      // A network is at least as large as what its wanted densities ask for, less the tolerance.
      let (least, isNear, total) = try look(at: candidate)
      if least > Double(weights) { break }
      if isNear, total <= weights, total > best?.weights ?? 0 { best = (candidate, total) }
    }
    try requireUse(best?.weights ?? 0, "width at that density")
    return best?.recipe ?? recipe
  }

  /// Refuses a network far below the budget: it would be compared with others unfairly.
  private func requireUse(_ found: Int, _ what: String) throws {
    let least = (1 - Self.tolerance) * Double(weights)
    guard Double(found) < least else { return }
    throw SparseError(
      .invalidArgument,
      """
      No \(what) gives it between \(Int(least)) and \(weights) weights in this family; the nearest \
      has \(found). Take other numbers, or 'balanced', which admits any density.
      """)
  }

  private func look(at recipe: NetworkRecipe) throws -> (least: Double, isNear: Bool, total: Int) {
    let junctions = try Junction.all(of: recipe)
    guard case .densities(let list) = recipe.connectivity else {
      throw SparseError(
        .invalidArgument, "A budget of weights goes with densities, not with out-degrees.")
    }
    var (least, isNear, total) = (0.0, true, 0)
    for (index, junction) in junctions.enumerated() {
      let isOutput = index == junctions.count - 1
      let wanted = list.count == 1 ? (isOutput ? 1 : list[0]) : list[index]
      let ideal = wanted * Double(junction.cells)
      least += (1 - Self.tolerance) * ideal
      // Not every width suits every family: groups must be whole, for one.
      guard let edges = try? junction.edges(density: wanted) else {
        isNear = false
        continue
      }
      // A tenth, or one edge where junctions are tiny.
      isNear = isNear && abs(Double(edges) - ideal) <= max(Self.tolerance * ideal, 1)
      total += edges
    }
    return (least, isNear, total)
  }
}

// MARK: - Junctions

extension WeightBudget {
  /// What a junction's family makes of a density.
  private struct Junction {
    let family: PatternFamily
    let inputs: Int
    let outputs: Int

    /// The connections of the full junction.
    var cells: Int { inputs * outputs }

    static func all(of recipe: NetworkRecipe) throws -> [Self] {
      var full = recipe
      full.connectivity = .densities([1])
      // Refuses impossible sizes and lists of the wrong length, before anything is multiplied.
      full.sources = recipe.sources.map { _ in .family(.full) }
      _ = try full.patterns()
      return try recipe.layerSizes.indices.dropLast().map { index in
        let source = recipe.sources.count == 1 ? recipe.sources[0] : recipe.sources[index]
        guard case .family(let family) = source else {
          throw SparseError(
            .invalidArgument,
            "A budget of weights cannot change '\(source.label)'; give families only.")
        }
        return Self(
          family: family, inputs: recipe.layerSizes[index], outputs: recipe.layerSizes[index + 1])
      }
    }

    func edges(density: Double) throws -> Int {
      try PatternRecipe.nearest(
        family: density == 1 ? .full : family, inputs: inputs, outputs: outputs, density: density,
        seed: 0, junction: 0
      ).recipe.edges
    }
  }
}
