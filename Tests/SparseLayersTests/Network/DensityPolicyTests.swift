import SparseCore
import Testing

@testable import SparseLayers

@Suite("A density policy") struct DensityPolicyTests {
  private static let networks = [
    [784, 512, 256, 10], [800, 100, 10], [8, 4, 4], [784, 300, 100, 10], [16, 16, 16, 16, 16],
    [10, 1000, 10], [3072, 2048, 1024, 512, 100], [1, 1, 1],
  ]
  private static let densities = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 0.99, 1]

  private func cells(_ sizes: [Int]) -> [Double] {
    zip(sizes, sizes.dropFirst()).map { Double($0 * $1) }
  }

  private func weights(_ densities: [Double], _ sizes: [Int]) -> Double {
    zip(densities, cells(sizes)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test("keeps the weights that it is asked for, and no density above 1", arguments: networks)
  func totals(sizes: [Int]) throws {
    for density in Self.densities {
      let all = cells(sizes).reduce(0, +)
      let uniform = try DensityPolicy.uniform.densities(density, layerSizes: sizes)
      #expect(uniform == Array(repeating: density, count: sizes.count - 2) + [1])
      let erk = try DensityPolicy.erk.densities(density, layerSizes: sizes)
      #expect(abs(weights(erk, sizes) - density * all) < 1e-9 * all)
      let later = try DensityPolicy.laterDenser.densities(density, layerSizes: sizes)
      #expect(abs(weights(later, sizes) - weights(uniform, sizes)) < 1e-9 * all)
      for densities in [erk, later] {
        #expect(densities.count == sizes.count - 1)
        #expect(densities.allSatisfy { $0 > 0 && $0 <= 1 })
      }
    }
  }

  @Test("gives what is not full in proportion", arguments: networks)
  func proportions(sizes: [Int]) throws {
    for density in Self.densities {
      let erk = try DensityPolicy.erk.densities(density, layerSizes: sizes)
      let shares = zip(sizes, sizes.dropFirst()).map { Double($0 + $1) / Double($0 * $1) }
      expectProportional(erk, shares)
      let later = try DensityPolicy.laterDenser.densities(density, layerSizes: sizes)
      #expect(later.last == 1)
      #expect(zip(later, later.dropFirst()).allSatisfy { $0 <= $1 })
      let hidden = Array(later.dropLast())
      expectProportional(hidden, hidden.indices.map { Double($0 + 1) })
    }
  }

  /// Those below 1 have one factor, and those at 1 would have got 1 or more by it.
  private func expectProportional(_ densities: [Double], _ shares: [Double]) {
    let factors = zip(densities, shares).filter { $0.0 < 1 }.map { $0.0 / $0.1 }
    guard let factor = factors.first else {
      #expect(densities.allSatisfy { $0 == 1 })
      return
    }
    #expect(factors.allSatisfy { abs($0 - factor) < 1e-9 * factor })
    for (density, share) in zip(densities, shares) where density == 1 {
      #expect(share * factor > 1 - 1e-9)
    }
  }

  // Published numbers of the same rule: Evci et al., ICML 2020, appendix; computed by hand here.
  @Test("erk gives small junctions more: 784-300-100-10 at a tenth")
  func erkExample() throws {
    let densities = try DensityPolicy.erk.densities(0.1, layerSizes: [784, 300, 100, 10])
    // Budget 26,620 of 266,200; shares 1084 + 400 + 110 = 1594 cells·share: factor 16.7001.
    let factor = 26_620 / 1594.0
    let expected = [1084 / 235_200.0, 400 / 30_000.0, 110 / 1000.0].map { $0 * factor }
    // The output would get 1.837: it is full, and the others share the rest.
    #expect(expected[2] > 1)
    let rest = (26_620.0 - 1000) / (1084 + 400)
    #expect(densities[2] == 1)
    #expect(abs(densities[0] - 1084 / 235_200.0 * rest) < 1e-12)
    #expect(abs(densities[1] - 400 / 30_000.0 * rest) < 1e-12)
  }

  @Test("of a single junction is just the density")
  func single() throws {
    for policy in DensityPolicy.allCases {
      #expect(try policy.densities(0.3, layerSizes: [7, 5]) == [0.3])
    }
  }

  @Test("refuses densities out of range", arguments: [0, -0.5, 1.5, .nan, .infinity] as [Double])
  func refusals(density: Double) throws {
    for policy in DensityPolicy.allCases {
      let error = try #require(
        #expect(throws: SparseError.self) { try policy.densities(density, layerSizes: [4, 4, 2]) })
      #expect(error.message.contains("\(density)"))
    }
  }

  @Test("in a recipe decides the junctions' densities, which families then round")
  func recipe() throws {
    let recipe = NetworkRecipe(
      layerSizes: [784, 512, 256, 10], connectivity: .policy(.laterDenser, density: 0.25),
      families: [.balanced])
    let (junctions, roundings) = try recipe.patterns()
    #expect(roundings.isEmpty)
    // 0.25 of 532,480 hidden weights, the second junction twice as dense as the first.
    let factor = 133_120 / (401_408 + 2 * 131_072.0)
    #expect(
      junctions.map(\.edges) == [
        Int((401_408 * factor).rounded()), Int((131_072 * 2 * factor).rounded()), 2560,
      ])
    var rounded = recipe
    rounded.sources = [.family(.structured)]
    #expect(try rounded.patterns().roundings.count == 2)
  }
}
