import SparseCore
import Testing

@testable import SparseLayers

@Suite("Weight budget")
struct WeightBudgetTests {
  private func recipe(
    _ sizes: [Int], _ family: String, density: [Double] = [1]
  ) throws -> NetworkRecipe {
    NetworkRecipe(
      layerSizes: sizes, connectivity: .densities(density),
      families: [try PatternFamily(parsing: family)])
  }

  /// The weights of each junction.
  private func edges(_ recipe: NetworkRecipe) throws -> [Int] {
    try recipe.patterns().junctions.map(\.edges)
  }

  static let families = ["structured", "balanced", "random", "grouped:4"]

  @Test(
    "densities: no junction could have more, and none has less than one density gives to all",
    arguments: families, [[20, 12, 8, 5], [24, 8, 4], [16, 16, 16, 16, 3]])
  func densities(family: String, sizes: [Int]) throws {
    let cells = zip(sizes, sizes.dropFirst()).map { $0 * $1 }
    let full = cells.reduce(0, +)
    // Every density that one number can give to all hidden junctions.
    let steps = cells.dropLast().max() ?? 1
    let uniforms = try (1...steps).map {
      try edges(recipe(sizes, family, density: [Double($0) / Double(steps)]))
    }
    // Every number of connections that a hidden junction can have.
    let possible = try cells.indices.dropLast().map { junction in
      try (1...cells[junction]).map { count in
        try PatternRecipe.nearest(
          family: PatternFamily(parsing: family), inputs: sizes[junction],
          outputs: sizes[junction + 1], density: Double(count) / Double(cells[junction]),
          seed: 0, junction: 0
        ).recipe.edges
      }
    }
    for budget in stride(from: full / 8, through: full, by: 7) {
      let uniform = uniforms.last { $0.reduce(0, +) <= budget }
      guard let uniform else {
        expectError(.invalidArgument, "smallest pattern", "\(budget)") {
          _ = try WeightBudget(weights: budget).density(of: recipe(sizes, family))
        }
        continue
      }
      let solved: NetworkRecipe
      do {
        solved = try WeightBudget(weights: budget).density(of: recipe(sizes, family))
      } catch let error as SparseError {
        // A family of wide steps can miss nine tenths of the budget, but then one density does, too.
        #expect(error.message.contains("No density gives it between"), "\(error.message)")
        #expect(10 * uniform.reduce(0, +) < 9 * budget, "\(uniform) of \(budget)")
        continue
      }
      let found = try edges(solved)
      #expect(found.reduce(0, +) <= budget && 10 * found.reduce(0, +) >= 9 * budget)
      #expect(found.last == cells.last)
      #expect(zip(found, uniform).allSatisfy(>=), "\(found), \(uniform) of \(budget)")
      for junction in found.indices.dropLast() {
        let next = possible[junction].filter { $0 > found[junction] }.min() ?? full
        #expect(
          found[junction] == cells[junction]
            || found.reduce(0, +) - found[junction] + next > budget, "\(found) of \(budget)")
      }
    }
  }

  @Test("any density: the whole budget is used")
  func exact() throws {
    for budget in [500, 1000, 2439, 20_000, 33_000] {
      let solved = try WeightBudget(weights: budget).density(
        of: recipe([800, 40, 40, 10], "balanced"))
      #expect(try edges(solved).reduce(0, +) == max(budget, 0))
    }
  }

  @Test(
    "width: the most weights within the budget of all widths of that density",
    arguments: families, [[0.1], [0.25], [1], [0.2, 0.5, 1]])
  func width(family: String, density: [Double]) throws {
    let proportions = density.count == 3 ? [2, 1] : [1]
    let solver = WeightBudget(weights: 2000)
    var best: (weights: Int, sizes: [Int]) = (0, [])
    for width in 1...400 {
      let hidden = proportions.map {
        max(Int((Double($0 * width) / Double(proportions[0])).rounded()), 1)
      }
      let candidate = try recipe([48] + hidden + [6], family, density: density)
      let cells = zip(candidate.layerSizes, candidate.layerSizes.dropFirst()).map { $0 * $1 }
      let wanted = density.count == 3 ? density : hidden.map { _ in density[0] } + [1]
      guard let found = try? edges(candidate) else { continue }
      let isNear = zip(found, zip(wanted, cells)).allSatisfy { edges, ideal in
        let count = ideal.0 * Double(ideal.1)
        return abs(Double(edges) - count) <= max(0.1 * count, 1)
      }
      let total = found.reduce(0, +)
      if isNear, total <= 2000, total > best.weights { best = (total, candidate.layerSizes) }
    }
    let start = try recipe([48] + proportions + [6], family, density: density)
    if best.weights >= 1800 {
      #expect(try solver.width(of: start).layerSizes == best.sizes)
    } else {
      expectError(.invalidArgument, "No width", "balanced") { _ = try solver.width(of: start) }
    }
  }

  @Test("budgets that no network has are refused with the number")
  func impossible() throws {
    let wide = try recipe([800, 100, 10], "structured")
    expectError(.invalidArgument, "already has 1800 weights", "budget of 1700") {
      _ = try WeightBudget(weights: 1700).density(of: wide)
    }
    expectError(.invalidArgument, "81000 weights", "budget of 95000") {
      _ = try WeightBudget(weights: 95_000).density(of: wide)
    }
    expectError(.invalidArgument, "without hidden layers") {
      _ = try WeightBudget(weights: 95_000).width(of: recipe([800, 10], "structured"))
    }
    var degrees = wide
    degrees.connectivity = .outDegrees([20, 10])
    expectError(.invalidArgument, "not with out-degrees") {
      _ = try WeightBudget(weights: 95_000).width(of: degrees)
    }
  }
}
