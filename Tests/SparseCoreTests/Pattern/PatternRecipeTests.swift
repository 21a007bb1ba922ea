import Foundation
import SparseCore
import Testing

@Suite("PatternRecipe") struct PatternRecipeTests {
  @Test("families are written as they are read, and unknown ones are refused with the known")
  func familyText() throws {
    for text in PatternFamily.usages where !text.contains(":") {
      #expect(try PatternFamily(parsing: text).description == text)
    }
    #expect(Set(PatternFamily.usages).isSuperset(of: ["structured", "balanced", "random", "full"]))
    for text in ["", ":", "Structured", "structure", "structured ", "dense:4"] {
      let error = try #require(
        #expect(throws: SparseError.self) { try PatternFamily(parsing: text) })
      #expect(error.message.contains("structured, balanced, random, full"), "\(error.message)")
    }
    let error = try #require(
      #expect(throws: SparseError.self) { try PatternFamily(parsing: "balanced:3") })
    #expect(error.message.contains("takes no argument"))
  }

  @Test("admissible densities are k/gcd for structured, 1 for full, any otherwise")
  func admissibleDensities() throws {
    #expect(
      try PatternFamily.structured.admissibleDensities(inputs: 12, outputs: 8)
        == [0.25, 0.5, 0.75, 1])
    #expect(try PatternFamily.structured.admissibleDensities(inputs: 7, outputs: 5) == [1])
    #expect(try PatternFamily.full.admissibleDensities(inputs: 7, outputs: 5) == [1])
    #expect(try PatternFamily.balanced.admissibleDensities(inputs: 7, outputs: 5) == nil)
    #expect(try PatternFamily.random.admissibleDensities(inputs: 7, outputs: 5) == nil)
    #expect(throws: SparseError.self) {
      try PatternFamily.structured.admissibleDensities(inputs: 0, outputs: 5)
    }
  }

  @Test("a structured density is rounded to the nearest k/gcd, and that is reported")
  func structuredRounding() throws {
    for (density, edges) in [(0.2, 24), (0.01, 24), (0.4, 48), (0.9, 96), (0.8, 72)] {
      let (recipe, rounding) = try PatternRecipe.nearest(
        family: .structured, inputs: 12, outputs: 8, density: density, seed: 0, junction: 0)
      #expect(recipe.edges == edges)
      let report = try #require(rounding)
      #expect(report.requested == density && report.actual == Double(edges) / 96)
      #expect(report.reason.contains("k/4") && report.reason.contains("/4 is the nearest"))
      #expect(report.description.contains("\(density) became \(recipe.density)"))
    }
    let exact = try PatternRecipe.nearest(
      family: .structured, inputs: 784, outputs: 112, density: 0.25, seed: 0, junction: 0)
    #expect(exact.rounding == nil && exact.recipe.edges == 21952)
  }

  @Test("densities that are thirds or sevenths up to rounding error are not reported as rounded")
  func roundingErrorIsNotRounding() throws {
    for divisor in 1...100 {
      for k in 1...divisor {
        let (recipe, rounding) = try PatternRecipe.nearest(
          family: .structured, inputs: 2 * divisor, outputs: divisor,
          density: Double(k) / Double(divisor), seed: 0, junction: 0)
        #expect(rounding == nil && recipe.edges == 2 * divisor * k)
      }
    }
  }

  @Test("other families report only what is more than rounding to a whole edge")
  func otherRounding() throws {
    func rounding(_ family: PatternFamily, _ density: Double) throws -> PatternRecipe.Rounding? {
      try PatternRecipe.nearest(
        family: family, inputs: 7, outputs: 5, density: density, seed: 0, junction: 0
      ).rounding
    }
    #expect(try rounding(.balanced, 0.3) == nil)
    #expect(try rounding(.balanced, 0.001)?.actual == 1.0 / 35)
    #expect(try rounding(.random, 0.001) == nil)
    #expect(try rounding(.full, 1) == nil)
    #expect(try rounding(.full, 0.5)?.actual == 1)
  }

  @Test(
    "densities outside (0, 1] are refused with their value",
    arguments: [0, -0.0, -0.5, 1.5, 1.0.nextUp, .nan, .infinity, -.infinity] as [Double])
  func invalidDensity(density: Double) throws {
    for family in [PatternFamily.structured, .balanced, .random, .full] {
      let error = try #require(
        #expect(throws: SparseError.self) {
          try PatternRecipe.nearest(
            family: family, inputs: 8, outputs: 4, density: density, seed: 0, junction: 0)
        })
      #expect(error.code == .invalidArgument && error.message.contains("\(density)"))
    }
  }

  @Test("an out-degree is taken exactly, or refused with the nearest admissible ones")
  func exactOutDegree() throws {
    func recipe(_ family: PatternFamily, _ inputs: Int, _ outputs: Int, _ outDegree: Int) throws
      -> PatternRecipe
    {
      try .exact(
        family: family, inputs: inputs, outputs: outputs, outDegree: outDegree, seed: 0,
        junction: 0)
    }
    #expect(try recipe(.structured, 800, 100, 20).edges == 16000)
    #expect(try recipe(.balanced, 7, 5, 2).edges == 14)
    #expect(try recipe(.random, 7, 5, 5).edges == 35)
    #expect(try recipe(.full, 7, 5, 5).edges == 35)
    for (family, inputs, outputs, outDegree, expected) in [
      (.structured, 800, 30, 7, "Nearest admissible: 6 and 9"),
      (.structured, 800, 30, 2, "Nearest admissible: 3."),
      (.structured, 7, 5, 4, "Nearest admissible: 5."),
      (.full, 7, 5, 4, "out-degree 5"),
      (.balanced, 7, 5, 6, "between 1 and 5"),
      (.structured, 8, 4, 0, "between 1 and 4"),
      (.structured, 8, 4, -1, "between 1 and 4"),
      (.random, 8, 4, .max, "between 1 and 4"),
      (.structured, 0, 4, 1, "inputs is 0"),
    ] as [(PatternFamily, Int, Int, Int, String)] {
      let error = try #require(
        #expect(throws: SparseError.self) { try recipe(family, inputs, outputs, outDegree) })
      #expect(error.message.contains(expected), "\(error.message)")
    }
  }

  @Test("sizes beyond the limits are refused before anything is allocated")
  func limits() throws {
    for (inputs, outputs, edges) in [
      (1 << 24 + 1, 1, 1), (.max, .max, 1), (1, .min, 1), (1 << 24, 1 << 24, 1 << 31),
      (1 << 24, 1 << 24, .max), (4, 4, 17), (4, 4, 0), (4, 4, -1),
    ] {
      #expect(throws: SparseError.self) {
        try PatternRecipe(
          family: .random, inputs: inputs, outputs: outputs, edges: edges, seed: 0, junction: 0)
      }
    }
    #expect(throws: SparseError.self) {
      try PatternRecipe.nearest(
        family: .full, inputs: 1 << 24, outputs: 1 << 24, density: 1, seed: 0, junction: 0)
    }
    #expect(throws: SparseError.self) {
      try PatternRecipe(
        family: .random, inputs: 4, outputs: 4, edges: 1, seed: 0, junction: -1)
    }
  }

  @Test("a recipe survives coding", arguments: PatternCase.all)
  func coding(testCase: PatternCase) throws {
    let recipe = try #require(try testCase.make(seed: .max).recipe)
    let data = try JSONEncoder().encode(recipe)
    let decoded = try JSONDecoder().decode(PatternRecipe.self, from: data)
    #expect(decoded == recipe && decoded.description == recipe.description)
    #expect(try decoded.makePattern() == testCase.make(seed: .max))
  }

  @Test(
    "a tampered recipe is refused",
    arguments: [
      #"{"family":"unheard","inputs":8,"outputs":4,"edges":8,"seed":0,"junction":0}"#,
      #"{"family":"structured","inputs":8,"outputs":4,"edges":9,"seed":0,"junction":0}"#,
      #"{"family":"structured","inputs":8,"outputs":3,"edges":8,"seed":0,"junction":0}"#,
      #"{"family":"full","inputs":8,"outputs":4,"edges":31,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":8,"outputs":4,"edges":33,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":0,"outputs":4,"edges":0,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":-8,"outputs":-4,"edges":8,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":9223372036854775807,"outputs":9,"edges":8,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":16777216,"outputs":16777216,"edges":2147483648,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":8,"outputs":4,"edges":8,"seed":0,"junction":-1}"#,
      #"{"family":"random","inputs":8,"outputs":4,"edges":8,"seed":-1,"junction":0}"#,
      #"{"family":"random","inputs":8,"outputs":4,"edges":8.5,"seed":0,"junction":0}"#,
      #"{"family":"random","inputs":8,"outputs":4,"seed":0,"junction":0}"#,
      #"{"family":7,"inputs":8,"outputs":4,"edges":8,"seed":0,"junction":0}"#,
      #"[]"#,
    ])
  func tampered(json: String) {
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(PatternRecipe.self, from: Data(json.utf8))
    }
  }
}
