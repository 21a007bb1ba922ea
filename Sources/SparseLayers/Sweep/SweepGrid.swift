internal import Foundation
internal import SparseCore

/// The networks of a sweep: every hidden size with every density or out-degree and every family.
package struct SweepGrid: Sendable {
  /// The sizes of the hidden layers; each element is one network.
  package var hidden: [[Int]]
  /// How many connections the junctions keep.
  package var connectivities: [NetworkRecipe.Connectivity]
  /// Where connections come from; each element has one source for all junctions, or one per junction.
  package var sources: [[PatternSource]]
  /// The most weights of a network, if that is to be the same for all.
  package var budget: Int?
  /// The hidden sizes of a network with all connections that is trained, too.
  package var reference: [Int]?
  /// What all networks share: the input and output size, activation, dropout, initial weights.
  package var common: NetworkRecipe

  /// Creates a grid.
  ///
  /// - Parameters:
  ///   - common: What all networks share; its hidden layers, connectivity and sources are ignored.
  ///   - hidden: The sizes of the hidden layers of each network.
  ///   - connectivities: How many connections the junctions keep. With a budget, an empty list
  ///     leaves the densities to it.
  ///   - sources: Where connections come from.
  ///   - budget: The most weights of a network, if that is to be the same for all.
  ///   - reference: The hidden sizes of a network with all connections that is trained, too.
  package init(
    common: NetworkRecipe, hidden: [[Int]], connectivities: [NetworkRecipe.Connectivity],
    sources: [[PatternSource]], budget: Int? = nil,
    reference: [Int]? = nil
  ) {
    self.common = common
    self.hidden = hidden
    self.connectivities = connectivities
    self.sources = sources
    self.budget = budget
    self.reference = reference
  }
}

extension SweepGrid {
  /// The networks of the grid, each once.
  ///
  /// A combination that no pattern has is left out with a note; so is one that a rounded density
  /// makes equal to an earlier one.
  ///
  /// - Returns: The networks, at least one, and what there is to say about them.
  /// - Throws: `SparseError.Code.invalidArgument` when no combination is possible; the message is
  ///   that of the first.
  package func points() throws -> (points: [SweepPoint], notes: [String]) {
    var points: [SweepPoint] = []
    var notes: [String] = []
    var known: [SweepPoint.Identity: String] = [:]
    var refusals: [SparseError] = []
    for (index, recipe) in candidates.enumerated() {
      do {
        let isReference = reference != nil && index == 0
        let point = try SweepPoint(isReference ? recipe : budgeted(recipe))
        // With the sizes and densities that a budget has chosen.
        let name = Self.name(point.recipe)
        if let other = known[point.identity] {
          // That all families are full at density 1 needs no saying.
          if recipe.connectivity != .densities([1]) {
            notes.append("\(name) is the same network as \(other).")
          }
          continue
        }
        known[point.identity] = name
        points.append(point)
        notes += point.roundings.map { "\(name): \($0)" }
      } catch let error as SparseError {
        refusals.append(error)
        notes.append("left out \(Self.name(recipe)): \(error.message)")
      }
    }
    guard !points.isEmpty else {
      throw refusals.first
        ?? SparseError(
          .invalidArgument, "The sweep has no networks; give hidden sizes and densities.")
    }
    return (points, notes)
  }

  /// The reference, if there is one, and every combination whose lists are of one length.
  private var candidates: [NetworkRecipe] {
    let references = (reference.map { [$0] } ?? []).map {
      recipe($0, .densities([1]), [.family(.full)])
    }
    return references
      + hidden.flatMap { sizes in
        let connectivities = connectivities.isEmpty ? [.densities([1])] : connectivities
        return connectivities.filter { fits($0, junctions: sizes.count + 1) }.flatMap {
          connectivity in
          sources.map { sources in
            recipe(sizes, connectivity, sources)
          }
        }
      }
  }

  private func recipe(
    _ hidden: [Int], _ connectivity: NetworkRecipe.Connectivity, _ sources: [PatternSource]
  ) -> NetworkRecipe {
    var recipe = common
    recipe.layerSizes = [common.layerSizes.first ?? 0] + hidden + [common.layerSizes.last ?? 0]
    recipe.connectivity = connectivity
    recipe.sources = sources
    return recipe
  }

  private func fits(_ connectivity: NetworkRecipe.Connectivity, junctions: Int) -> Bool {
    switch connectivity {
    case .densities(let list): list.count == 1 || list.count == junctions
    case .outDegrees(let list): list.count == junctions
    case .policy, .densest: true
    }
  }

  private func budgeted(_ recipe: NetworkRecipe) throws -> NetworkRecipe {
    guard let budget else { return recipe }
    let solver = WeightBudget(weights: budget)
    return connectivities.isEmpty ? try solver.density(of: recipe) : try solver.width(of: recipe)
  }

  /// A density with as many digits as tell something.
  private static func short(_ density: Double) -> String { String(format: "%.4g", density) }

  /// A combination in words, for notes.
  private static func name(_ recipe: NetworkRecipe) -> String {
    let connectivity =
      switch recipe.connectivity {
      case .densities(let list): "density \(list.map(short).joined(separator: "+"))"
      case .policy(let policy, let density): "\(policy.rawValue) density \(short(density))"
      case .densest: "all connections"
      case .outDegrees(let list): "out-degrees \(list.map(String.init).joined(separator: "+"))"
      }
    let sources = recipe.sources.map(\.label).joined(separator: "+")
    return
      "\(recipe.layerSizes.map(String.init).joined(separator: "-")), \(sources), \(connectivity)"
  }
}
