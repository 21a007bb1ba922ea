import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("A network's patterns") struct PatternSourceTests {
  /// Eight outputs on twelve inputs, of uneven rows.
  private func pattern() throws -> Pattern {
    try PatternRecipe(
      family: .random, inputs: 12, outputs: 8, edges: 30, seed: 1, junction: 0
    ).makePattern()
  }

  private func given(_ name: String = "links.mtx") throws -> PatternSource {
    let pattern = try pattern()
    // Without its recipe, as a file gives it.
    return .given(
      try GivenPattern(
        Pattern(
          inputs: 12, outputs: 8, rowOffsets: pattern.rowOffsets, columns: pattern.columns),
        source: name))
  }

  private func recipe(
    _ sources: [PatternSource], _ connectivity: NetworkRecipe.Connectivity = .densest
  ) -> NetworkRecipe {
    NetworkRecipe(layerSizes: [12, 8, 4], connectivity: connectivity, sources: sources, seed: 3)
  }

  @Test("can be given and drawn, junction by junction")
  func mixed() throws {
    for connectivity in [.densest, .densities([30 / 96.0, 0.5])] as [NetworkRecipe.Connectivity] {
      let recipe = recipe([try given(), .family(.structured)], connectivity)
      #expect(try recipe.patterns().roundings == [])
      let junctions = try recipe.makeNetwork().junctions.map(\.layer)
      #expect(try junctions[0].pattern == pattern() && junctions[0].pattern.recipe == nil)
      #expect(junctions[1].pattern.density == (connectivity == .densest ? 1 : 0.5))
    }
    // One for all: the hidden junction, and the output is full.
    let patterns = try recipe([given()]).makeNetwork().junctions.map(\.layer.pattern)
    #expect(try patterns[0] == pattern() && patterns[1].density == 1)
  }

  @Test("that are given keep their density, and say so where another was asked for")
  func density() throws {
    let (junctions, roundings) = try recipe(
      [given(), .family(.full)], .densities([0.5, 1])
    ).patterns()
    #expect(junctions[0].edges == 30)
    #expect(
      roundings == ["junction 1 (12→8): links.mtx has the density 0.3125, which is taken"])
  }

  @Test("that are given and do not fit are refused with what they have")
  func refusals() throws {
    for (recipe, part) in [
      (recipe([.family(.full), try given()]), "Junction 2 (8→4): links.mtx: has 8 rows (outputs)"),
      (
        NetworkRecipe(layerSizes: [8, 12], connectivity: .densest, sources: [try given()]),
        "Save the transposed matrix"
      ),
      (
        recipe([try given(), .family(.full)], .outDegrees([3, 4])), "has various out-degrees, not"
      ),
    ] {
      let error = try #require(#expect(throws: SparseError.self) { try recipe.makeNetwork() })
      #expect(error.message.contains(part), "\(error.message)")
    }
  }

  @Test("of families that fix their density have it without being asked")
  func fixedDensity() throws {
    func densities(_ families: [PatternFamily], _ sizes: [Int] = [12, 8, 4]) throws -> [Double] {
      try NetworkRecipe(layerSizes: sizes, connectivity: .densest, families: families)
        .makeNetwork().junctions.map(\.layer.pattern.density)
    }
    #expect(try densities([.nm(2, of: 4)]) == [0.5, 1])
    #expect(try densities([.nm(2, of: 4)], [12, 8]) == [0.5])
    #expect(try densities([.nm(1, of: 4), .nm(2, of: 4)]) == [0.25, 0.5])
    #expect(try densities([.structured, .full]) == [1, 1])
    // The image is 9 of 12 inputs.
    #expect(try densities([.local(width: 3, height: 3), .full]) == [0.75, 1])
    let error = try #require(
      #expect(throws: SparseError.self) { try densities([.nm(2, of: 5), .full]) })
    #expect(error.message.contains("12 inputs are not whole blocks of 5"))
  }

  @Test("are read from their texts")
  func parsing() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.mtx")
    _ = try write(try pattern().matrixMarketText(), "a.mtx", in: directory)
    _ = try write(try pattern().matrixMarketText(), "b", in: directory)
    #expect(try PatternSource(parsing: path) == given())
    #expect(try PatternSource(parsing: "file:\(directory.file("b"))") == given())
    #expect(try PatternSource(parsing: "block:2x2") == .family(.block(rows: 2, columns: 2)))
    #expect(PatternSource.path(in: "x.NPZ") == "x.NPZ")
    #expect(PatternSource.path(in: "structured") == nil)
    for text in ["file:", "file:none", "none.npz", "mtx"] {
      #expect(throws: SparseError.self) { try PatternSource(parsing: text) }
    }
  }

  @Test(
    "are split at the commas between them, not at those of their arguments",
    arguments: [
      ("structured,grouped:4,full", ["structured", "grouped:4", "full"]),
      ("clash-free:1,z=3", ["clash-free:1,z=3"]),
      ("clash-free:1,z=3,dither", ["clash-free:1,z=3,dither"]),
      (
        "clash-free:1,z=3,dither,full,clash-free:2,z=8",
        ["clash-free:1,z=3,dither", "full", "clash-free:2,z=8"]
      ),
      ("full,clash-free:3,z=8,links.mtx", ["full", "clash-free:3,z=8", "links.mtx"]),
      ("clash-free:3,z=8,file:x,2:4", ["clash-free:3,z=8", "file:x", "2:4"]),
      ("structured,dither", ["structured", "dither"]), ("", [""]),
      ("full,,full", ["full", "", "full"]), ("clash-free:1,", ["clash-free:1,"]),
    ])
  func lists(text: String, parts: [String]) {
    #expect(PatternFamily.split(list: text) == parts)
  }

  @Test("survive coding: families as texts, given ones by their digest")
  func coding() throws {
    let recipe = recipe([try given(), try .family(.clashFree(type: 3, memories: 4))])
    let data = try JSONEncoder().encode(recipe)
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let families = try #require(json["families"] as? [Any])
    let sha256 = try pattern().sha256
    #expect(families[0] as? [String: String] == ["source": "links.mtx", "sha256": sha256])
    #expect(families[1] as? String == "clash-free:3,z=4")
    let decoded = try JSONDecoder().decode(NetworkRecipe.self, from: data)
    #expect(decoded == recipe)
    // Equal are equal connections, whatever the file is called, and no others.
    #expect(try self.recipe([given("moved.mtx"), recipe.sources[1]]) == recipe)
    #expect(self.recipe([.family(.full), recipe.sources[1]]) != recipe)
    let error = try #require(#expect(throws: SparseError.self) { try decoded.makeNetwork() })
    #expect(error.message.contains("not part of the recipe"), "\(error.message)")
    // What earlier versions wrote.
    let old = #"""
      {"layerSizes":[12,8,4],"connectivity":{"densities":{"_0":[0.5]}},"families":["structured"],
      "activation":"relu","dropout":0,"batchNormalization":false,"seed":3,"initializer":
      """# + String(decoding: try JSONEncoder().encode(Initializer.standard), as: UTF8.self) + "}"
    let read = try JSONDecoder().decode(NetworkRecipe.self, from: Data(old.utf8))
    #expect(read == self.recipe([.family(.structured)], .densities([0.5])))
  }

  @Test("that are given are stored in a model even when it is compact", arguments: [true, false])
  func modelFile(compact: Bool) throws {
    let recipe = recipe([try given(), .family(.structured)])
    let model = ModelFile(
      network: try recipe.makeNetwork(), recipe: recipe,
      data: DataDescription(
        dataset: "d", like: try clusters(samples: 4, features: 12, classes: 4)))
    let file = try model.safetensors(form: compact ? .recipe : .columns)
    #expect(file["backbone.0.columns"] != nil)
    #expect((file["output.0.columns"] == nil) == compact)
    let read = try ModelFile(file, source: "memory")
    #expect(read.recipe == recipe)
    #expect(read.network.bits == model.network.bits)
    #expect(try read.network.junctions[0].layer.pattern == pattern())
  }
}
