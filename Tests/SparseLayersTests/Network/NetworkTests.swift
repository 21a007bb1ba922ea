import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("A network") struct NetworkTests {
  private func branch(
    _ name: String = "output", _ layers: [any Layer]? = nil, at position: Int = 1,
    weight: Float = 1
  ) throws -> Branch {
    Branch(
      name: name, position: position, layers: try layers ?? [junction(4, 2)], lossWeight: weight)
  }

  @Test("lists its layers in the order in which they run")
  func places() throws {
    let network = try Network(
      inputSize: 3, backbone: [junction(3, 4), Activation(.relu, size: 4)],
      branches: [
        branch("a"), branch("b", [Activation(.tanh, size: 4), junction(4, 2)]),
        branch(at: 2),
      ])
    #expect(
      network.places.map(network.name(of:)) == [
        "backbone.0", "a.0", "b.0", "b.1", "backbone.1", "output.0",
      ])
    #expect(network.junctions.map(\.name) == ["backbone.0", "a.0", "b.1", "output.0"])
    #expect((0...2).map(network.backboneSize(at:)) == [3, 4, 4])
  }

  @Test("refuses layers and branches that do not fit, and says which")
  func refuses() throws {
    let backbone: [any Layer] = [try junction(3, 4)]
    let fitting = try branch()
    let cases: [(Int, [any Layer], [Branch], SparseError.Code, String)] = [
      (0, [], [], .invalidArgument, "not 0"),
      (-5, [], [], .invalidArgument, "not -5"),
      (Int.max, [], [], .invalidArgument, "\(Int.max)"),
      (5, backbone, [fitting], .shapeMismatch, "backbone.0 takes 3 features, but 5"),
      (3, backbone, [], .invalidArgument, "last branch"),
      (3, backbone, [try branch(at: 0)], .invalidArgument, "last branch"),
      (3, backbone, [try branch(at: 2)], .invalidArgument, "last branch"),
      (3, backbone, [fitting, fitting], .invalidArgument, "different names"),
      (3, backbone, [try branch("a", at: -1), fitting], .invalidArgument, "leaves at -1"),
      (
        3, backbone, [try branch("a"), try branch("b", at: 0), fitting], .invalidArgument,
        "leaves at 0"
      ),
      (3, backbone, [try branch("")], .invalidArgument, "''"),
      (3, backbone, [try branch("backbone")], .invalidArgument, "'backbone'"),
      (3, backbone, [try branch("a.b")], .invalidArgument, "'a.b'"),
      (3, backbone, [try branch("output", [])], .invalidArgument, "at least one layer"),
      (3, backbone, [try branch(weight: -1)], .invalidArgument, "-1.0"),
      (3, backbone, [try branch(weight: .nan)], .invalidArgument, "nan"),
      (
        3, backbone, [try branch("output", [Activation(.relu, size: 9)])], .shapeMismatch,
        "output.0 takes 9 features, but 4"
      ),
    ]
    for (inputs, backbone, branches, code, part) in cases {
      let error = #expect(throws: SparseError.self, "\(part)") {
        try Network(inputSize: inputs, backbone: backbone, branches: branches)
      }
      #expect(error?.code == code, "\(part)")
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
  }

  @Test("of a recipe has full output junctions unless told otherwise, and streams of its own")
  func recipe() throws {
    let short = NetworkRecipe(layerSizes: [16, 8, 4], connectivity: .densities([0.25]))
    let network = try short.makeNetwork()
    #expect(network.junctions.map(\.layer.pattern.density) == [0.25, 1])
    var longer = short
    longer.layerSizes = [16, 8, 4, 4]
    let first = try longer.makeNetwork().junctions[0].layer
    // A layer more does not reshuffle those before it.
    #expect(first.weights.values == network.junctions[0].layer.weights.values)
    #expect(first.pattern == network.junctions[0].layer.pattern)
    #expect(try short.makeNetwork().bits == network.bits)
    var other = short
    other.seed = 1
    #expect(try other.makeNetwork().bits != network.bits)
  }

  @Test("of a recipe has the layers asked for")
  func recipeLayers() throws {
    var recipe = NetworkRecipe(
      layerSizes: [8, 4, 4, 2], connectivity: .outDegrees([1, 2, 2]), families: [.balanced])
    recipe.activation = .tanh
    recipe.batchNormalization = true
    recipe.dropout = 0.1
    let kinds = try recipe.makeNetwork().backbone.map(\.description.kind)
    let block = ["linear", "batch-normalization", "activation", "dropout"]
    #expect(kinds == block + block)
  }

  @Test("of a recipe that cannot be is refused with the junction's name")
  func badRecipes() throws {
    let cases: [(NetworkRecipe, String)] = [
      (NetworkRecipe(layerSizes: [], connectivity: .densities([0.5])), "2 layer sizes"),
      (NetworkRecipe(layerSizes: [4], connectivity: .densities([0.5])), "2 layer sizes"),
      (NetworkRecipe(layerSizes: [4, 0], connectivity: .densities([1])), "Layer 1 has size 0"),
      (NetworkRecipe(layerSizes: [4, -2], connectivity: .densities([1])), "size -2"),
      (NetworkRecipe(layerSizes: [4, 4, 2], connectivity: .densities([])), "0 densities"),
      (NetworkRecipe(layerSizes: [4, 4, 2], connectivity: .densities([0])), "A density is 0.0"),
      (NetworkRecipe(layerSizes: [4, 4, 2], connectivity: .densities([1.5])), "1.5"),
      (NetworkRecipe(layerSizes: [4, 4, 2], connectivity: .densities([.nan])), "nan"),
      (NetworkRecipe(layerSizes: [4, 4, 2], connectivity: .outDegrees([1])), "1 out-degrees"),
      (NetworkRecipe(layerSizes: [4, 4, 2], connectivity: .outDegrees([5, 1])), "Junction 1"),
      (
        NetworkRecipe(
          layerSizes: [4, 4, 2], connectivity: .densities([0.5]), families: [.full, .full, .full]),
        "3 patterns"
      ),
    ]
    for (recipe, part) in cases {
      let error = #expect(throws: SparseError.self, "\(part)") { try recipe.makeNetwork() }
      #expect(error?.message.contains(part) == true, "\(part): \(error?.message ?? "")")
    }
  }
}
