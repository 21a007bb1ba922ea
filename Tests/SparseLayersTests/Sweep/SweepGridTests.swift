import SparseCore
import Testing

@testable import SparseLayers

@Suite("Sweep grid")
struct SweepGridTests {
  private func grid(
    hidden: [[Int]] = [[8]], _ connectivities: [NetworkRecipe.Connectivity],
    _ families: [[String]] = [["structured"]], budget: Int? = nil
  ) throws -> SweepGrid {
    SweepGrid(
      common: NetworkRecipe(layerSizes: [16, 4], connectivity: .densities([1])), hidden: hidden,
      connectivities: connectivities,
      sources: try families.map { try $0.map { .family(try PatternFamily(parsing: $0)) } },
      budget: budget)
  }

  @Test("has every combination of sizes, densities and families once")
  func combinations() throws {
    let (points, notes) = try grid(
      hidden: [[8], [8, 4], []], [.densities([0.25]), .densities([0.5])],
      [["structured"], ["random"], ["balanced"]]
    ).points()
    let found = points.map { "\($0.recipe.layerSizes) \($0.family) \($0.patterns.map(\.edges))" }
    var expected: [String] = []
    for (sizes, quarter, half) in [
      ([16, 8, 4], [32, 32], [64, 32]), ([16, 8, 4, 4], [32, 8, 16], [64, 16, 16]),
    ] {
      for edges in [quarter, half] {
        expected += ["structured", "random", "balanced"].map { "\(sizes) \($0) \(edges)" }
      }
    }
    // A network without hidden layers has an output junction only, and a density is for that one.
    for edges in [16, 32] {
      expected += ["structured", "random", "balanced"].map { "[16, 4] \($0) [\(edges)]" }
    }
    #expect(found == expected)
    #expect(notes == [])
  }

  @Test("gives lists to the networks with as many junctions")
  func lists() throws {
    let points = try grid(
      hidden: [[8], [8, 4]],
      [.outDegrees([2, 4]), .outDegrees([2, 1, 2]), .densities([0.5, 0.5, 1])]
    ).points().points
    #expect(
      points.map { $0.patterns.map(\.edges) } == [[32, 32], [32, 8, 8], [64, 16, 16]])
  }

  @Test("leaves out networks that rounding makes equal, and says so")
  func equal() throws {
    let (points, notes) = try grid(
      [.densities([0.25]), .densities([0.26]), .densities([1])], [["structured"], ["grouped:4"]]
    ).points()
    // 8 outputs are 2 groups of 4, so that grouped:4 has the densities 1/2 and 1.
    #expect(points.map(\.weights) == [64, 96, 160])
    #expect(points.map(\.family) == ["structured", "grouped:4", "full"])
    let equal = notes.filter { $0.contains("same network") }
    #expect(equal.count == 2)
    #expect(
      equal[0]
        == "16-8-4, structured, density 0.26 is the same network as 16-8-4, structured, density 0.25."
    )
  }

  @Test("notes name the network that a budget has made of the proportions")
  func budgetNames() throws {
    // 16 hidden neurons have 64 + 64 weights at a quarter, which is the step nearest to 0.26, too.
    let (points, notes) = try grid(
      hidden: [[8]], [.densities([0.25]), .densities([0.26])], budget: 128
    ).points()
    #expect(points.map(\.recipe.layerSizes) == [[16, 16, 4]])
    let equal = notes.filter { $0.contains("same network") }
    #expect(
      equal == [
        "16-16-4, structured, density 0.26 is the same network as 16-16-4, structured, density 0.25."
      ])
    #expect(notes.allSatisfy { !$0.contains("16-8-4") })
  }

  @Test("leaves out what no pattern has, with the reason, and throws that when nothing is left")
  func impossible() throws {
    let degrees: [NetworkRecipe.Connectivity] = [.outDegrees([9, 4]), .outDegrees([2, 4])]
    let (points, notes) = try grid(degrees).points()
    #expect(points.count == 1)
    #expect(
      notes.count == 1 && notes[0].hasPrefix("left out 16-8-4, structured, out-degrees 9+4: "))
    expectError(.invalidArgument, "between 1 and 8") {
      _ = try grid([degrees[0]]).points()
    }
    expectError(.invalidArgument, "no networks") { _ = try grid([.outDegrees([2])]).points() }
  }

  @Test("a reference comes first, full and whatever the budget, and once")
  func reference() throws {
    var grid = try grid([.densities([0.5])], budget: 120)
    grid.reference = [32]
    #expect(try grid.points().points.map(\.weights) == [640, 120])
    grid = try self.grid([.densities([0.5]), .densities([1])])
    grid.reference = [8]
    let points = try grid.points().points
    #expect(points.map(\.family) == ["full", "structured"])
  }

  @Test("a network is named by the families of its hidden junctions")
  func names() throws {
    let points = try grid(
      hidden: [[8, 8]], [.densities([0.5])],
      [["structured"], ["structured", "random", "full"], ["structured", "structured", "random"]]
    ).points().points
    #expect(points.map(\.family) == ["structured", "structured+random"])
  }

  @Test("a user's own pattern is named by its file")
  func given() throws {
    let recipe = try PatternRecipe.exact(
      family: .structured, inputs: 16, outputs: 8, outDegree: 2, seed: 3, junction: 0)
    var grid = try grid([.densest])
    grid.sources = [
      [.given(try GivenPattern(recipe.makePattern(), source: "some/links.mtx")), .family(.full)]
    ]
    let points = try grid.points().points
    #expect(points.map(\.family) == ["links.mtx"])
    #expect(points.map(\.weights) == [64])
  }
}
