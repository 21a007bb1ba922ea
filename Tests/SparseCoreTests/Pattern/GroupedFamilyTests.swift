import Foundation
import SparseCore
import Testing

@Suite("Grouped patterns") struct GroupedFamilyTests {
  static func recipe(
    _ size: Int, _ inputs: Int, _ outputs: Int, density: Double, seed: UInt64 = 1
  ) throws -> (recipe: PatternRecipe, rounding: PatternRecipe.Rounding?) {
    try PatternRecipe.nearest(
      family: .grouped(size), inputs: inputs, outputs: outputs, density: density, seed: seed,
      junction: 0)
  }

  @Test(
    "have constant degrees, and groups that share their inputs, at every admissible density",
    arguments: [4, 8, 16], [(1, 1), (12, 2), (12, 3), (30, 12), (7, 5), (784, 6)])
  func degrees(size: Int, shape: (inputs: Int, groups: Int)) throws {
    let outputs = shape.groups * size
    let densities = try #require(
      try PatternFamily.grouped(size).admissibleDensities(inputs: shape.inputs, outputs: outputs))
    let divisor = (1...shape.groups).last {
      shape.inputs.isMultiple(of: $0) && shape.groups.isMultiple(of: $0)
    }
    #expect(densities.count == divisor && densities.last == 1)
    for density in densities {
      for seed in 0..<3 as Range<UInt64> {
        let (recipe, rounding) = try Self.recipe(
          size, shape.inputs, outputs, density: density, seed: seed)
        #expect(rounding == nil, "density \(density)")
        let pattern = try recipe.makePattern()
        #expect(abs(pattern.density - density) < 1e-12)
        let inDegree = try #require(pattern.constantInDegree)
        let outDegree = try #require(pattern.constantOutDegree)
        #expect(inDegree * outputs == pattern.edgeCount)
        #expect(outDegree * shape.inputs == pattern.edgeCount)
        for row in 0..<outputs {
          #expect(columns(of: pattern, row) == columns(of: pattern, row / size * size))
        }
      }
    }
  }

  private func columns(of pattern: Pattern, _ row: Int) -> ArraySlice<UInt32> {
    pattern.columns[pattern.rowOffsets[row]..<pattern.rowOffsets[row + 1]]
  }

  @Test("are the structured pattern of the groups, each row repeated")
  func repeatsStructured() throws {
    let grouped = try PatternRecipe(
      family: .grouped(4), inputs: 24, outputs: 32, edges: 192, seed: 3, junction: 1
    ).makePattern()
    let groups = try PatternRecipe(
      family: .structured, inputs: 24, outputs: 8, edges: 48, seed: 3, junction: 1
    ).makePattern()
    for row in 0..<32 {
      #expect(Array(columns(of: grouped, row)) == Array(columns(of: groups, row / 4)))
    }
  }

  // Computed by an independent Python program from the documented procedures.
  @Test(
    "are always the same for a recipe",
    arguments: [
      (
        4, 800, 100, 16000, 0, 0,
        "04230c66965e8e40df83b7556fe0104354a15bd03939d4278061477fc4f27a7c"
      ),
      (8, 48, 32, 384, 7, 2, "d91d1acbb3ee7edde77437dbbf918886372467353a5a7860d580165889439dcd"),
      (
        16, 784, 1024, 200704, 3, 1,
        "51034baefa5ac35cd85b745b0e063523128bd88f8cea2d9600df6d86d1110737"
      ),
    ] as [(Int, Int, Int, Int, UInt64, Int, String)])
  func golden(
    size: Int, inputs: Int, outputs: Int, edges: Int, seed: UInt64, junction: Int, expected: String
  ) throws {
    let recipe = try PatternRecipe(
      family: .grouped(size), inputs: inputs, outputs: outputs, edges: edges, seed: seed,
      junction: junction)
    #expect(try recipe.makePattern().sha256 == expected)
  }

  @Test("take the nearest density k/gcd(inputs, groups), and say so in terms of the neurons")
  func rounding() throws {
    // 12 inputs and 3 groups of 8: densities k/3.
    for (density, edges) in [(0.01, 96), (0.4, 96), (0.55, 192), (0.9, 288)] {
      let (recipe, rounding) = try Self.recipe(8, 12, 24, density: density)
      #expect(recipe.edges == edges)
      let text = try #require(rounding).reason
      for part in [
        "grouped:8", "12 inputs and 24 outputs", "k/3", "\(edges / 96)/3 is the nearest",
        "out-degree \(edges / 12), in-degree \(edges / 24)",
      ] { #expect(text.contains(part), "\(text)") }
    }
  }

  @Test("are refused where groups are not whole, with the nearest sizes and out-degrees")
  func refusals() throws {
    func message(_ size: Int, _ inputs: Int, _ outputs: Int, outDegree: Int) throws -> String {
      let error = try #require(
        #expect(throws: SparseError.self) {
          try PatternRecipe.exact(
            family: .grouped(size), inputs: inputs, outputs: outputs, outDegree: outDegree, seed: 0,
            junction: 0)
        })
      #expect(error.code == .invalidPattern)
      return error.message
    }
    for (size, inputs, outputs, outDegree, part) in [
      (4, 12, 10, 4, "Use 8 or 12 outputs, or the family 'structured'"),
      (16, 12, 10, 4, "Use 16 outputs, or"),
      (4, 800, 120, 28, "out-degree 28"),
      (4, 800, 120, 28, "Nearest admissible: 24 and 36."),
      (4, 800, 100, 6, "Nearest admissible: 4 and 8."),
      (8, 800, 240, 9, "Nearest admissible: 24."),
    ] {
      let found = try message(size, inputs, outputs, outDegree: outDegree)
      #expect(found.contains(part), "\(found)")
    }
    // Every out-degree that a message names is one that the family has.
    for outDegree in [24, 36] {
      _ = try PatternRecipe.exact(
        family: .grouped(4), inputs: 800, outputs: 120, outDegree: outDegree, seed: 0, junction: 0)
    }
    let uneven = try #require(
      #expect(throws: SparseError.self) {
        try PatternRecipe(
          family: .grouped(4), inputs: 8, outputs: 8, edges: 36, seed: 0, junction: 0)
      })
    #expect(uneven.message.contains("a multiple of 32"), "\(uneven.message)")
    // A density cannot be had either, and the reason is the same.
    let density = try #require(
      #expect(throws: SparseError.self) { try Self.recipe(4, 12, 10, density: 0.5) })
    #expect(density.message.contains("10 outputs are not whole groups of 4"))
    #expect(try PatternFamily.grouped(4).admissibleDensities(inputs: 12, outputs: 10) == [])
  }

  @Test(
    "need the size of their groups: 4, 8 or 16",
    arguments: [
      "grouped", "grouped:", "grouped:3", "grouped:0", "grouped:-4", "grouped:x", "grouped:4.0",
      "grouped:4:4", "grouped: 4", "grouped:32", "grouped:99999999999999999999",
    ])
  func arguments(text: String) throws {
    let error = try #require(
      #expect(throws: SparseError.self) { try PatternFamily(parsing: text) })
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("grouped:4"), "\(error.message)")
  }

  @Test("are written as they are read", arguments: [4, 8, 16])
  func text(size: Int) throws {
    let family = try PatternFamily.grouped(size)
    #expect(family.description == "grouped:\(size)")
    #expect(try PatternFamily(parsing: "grouped:\(size)") == family)
    let recipe = try Self.recipe(size, 24, 4 * size, density: 0.5, seed: .max).recipe
    let decoded = try JSONDecoder().decode(
      PatternRecipe.self, from: JSONEncoder().encode(recipe))
    #expect(decoded == recipe)
    #expect(try decoded.makePattern() == recipe.makePattern())
  }

  @Test(
    "are refused in a recipe that was tampered with",
    arguments: [
      #"{"family":"grouped","inputs":8,"outputs":8,"edges":32,"seed":0,"junction":0}"#,
      #"{"family":"grouped:5","inputs":8,"outputs":10,"edges":40,"seed":0,"junction":0}"#,
      #"{"family":"grouped:4","inputs":8,"outputs":9,"edges":36,"seed":0,"junction":0}"#,
      #"{"family":"grouped:4","inputs":8,"outputs":8,"edges":33,"seed":0,"junction":0}"#,
      #"{"family":"grouped:4","inputs":8,"outputs":8,"edges":16,"seed":0,"junction":0}"#,
      #"{"family":"grouped:16","inputs":16777216,"outputs":16777216,"edges":2147483648,"seed":0,"junction":0}"#,
    ])
  func tampered(json: String) {
    #expect(throws: SparseError.self) {
      try JSONDecoder().decode(PatternRecipe.self, from: Data(json.utf8))
    }
  }
}
