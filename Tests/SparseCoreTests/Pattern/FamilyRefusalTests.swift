import Foundation
import SparseCore
import Testing

@Suite("What families refuse") struct FamilyRefusalTests {
  private func refusal(_ body: () throws -> some Any) throws -> SparseError {
    try #require(#expect(throws: SparseError.self) { _ = try body() })
  }

  @Test(
    "arguments that do not fit are refused with what would",
    arguments: [
      ("nm", "nm:2:4"), ("nm:", "nm:2:4"), ("nm:2", "nm:2:4"), ("nm:2:4:8", "nm:2:4"),
      ("nm:5:4", "keep 5 of every 4"), ("nm:0:4", "keep 0 of every 4"),
      ("nm:-1:4", "keep -1"), ("nm:1:99999999", "99999999 inputs"),
      ("nm:1:99999999999999999999", "nm:2:4"), ("5:4", "keep 5 of every 4"), ("2", "nm:2:4"),
      ("2:x", "nm:2:4"), ("block", "block:4x4"), ("block:4", "block:4x4"),
      ("block:4x", "block:4x4"), ("block:4x4x4", "block:4x4"), ("block:0x4", "0 outputs"),
      ("block:4x-4", "-4 inputs"), ("block:16777217x1", "16777217"),
      ("block:99999999999999999999x1", "block:4x4"), ("local:", "local:28x28"),
      ("local:28", "local:28x28"), ("local:0x3", "0 by 3"), ("local:5000x5000", "5000 by 5000"),
      ("local:9223372036854775807x2", "9223372036854775807 by 2"),
      ("small-world", "small-world:0.1"), ("small-world:", "small-world:0.1"),
      ("small-world:x", "small-world:0.1"), ("small-world:-0.1", "-0.1"),
      ("small-world:1.1", "1.1"), ("small-world:nan", "nan"), ("small-world:inf", "inf"),
      ("banded:3", "takes no argument"), ("erdos-renyi:0.5", "takes no argument"),
    ])
  func arguments(text: String, part: String) throws {
    let error = try refusal { try PatternFamily(parsing: text) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test(
    "sizes that do not fit are refused, by density and by out-degree, with the nearest that do",
    arguments: [
      ("nm:2:5", 784, 10, "784 inputs are not whole blocks of 5"),
      ("nm:2:5", 784, 10, "Use 780 or 785 inputs"), ("nm:1:16", 8, 10, "Use 16 inputs"),
      ("block:4x4", 784, 10, "784 inputs and 10 outputs are not whole blocks of 4 outputs"),
      ("block:2x5", 784, 10, "not whole blocks"),
      ("local", 800, 10, "they are no square image. Name the width and height"),
      ("local:28x29", 784, 10, "28x29 pixels needs 812 inputs"),
    ])
  func sizes(family: String, inputs: Int, outputs: Int, part: String) throws {
    let family = try PatternFamily(parsing: family)
    for error in [
      try refusal {
        try PatternRecipe.nearest(
          family: family, inputs: inputs, outputs: outputs, density: 0.5, seed: 0, junction: 0)
      },
      try refusal {
        try PatternRecipe.exact(
          family: family, inputs: inputs, outputs: outputs, outDegree: 4, seed: 0, junction: 0)
      },
    ] {
      #expect(error.code == .invalidPattern)
      #expect(error.message.contains(part), "\(error.message)")
    }
    #expect(try family.admissibleDensities(inputs: inputs, outputs: outputs) == [])
  }

  @Test(
    "out-degrees that a family cannot have are refused with what it has",
    arguments: [
      ("nm:2:4", 8, 4, 1, "has 16 edges, 4 for each output, not 8"),
      ("block:4x4", 8, 8, 3, "must be a multiple of 16"),
      ("local", 16, 5, 1, "Nearest admissible: 10 and 20 edges"),
    ])
  func outDegrees(
    family: String, inputs: Int, outputs: Int, outDegree: Int, part: String
  ) throws {
    let error = try refusal {
      try PatternRecipe.exact(
        family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs,
        outDegree: outDegree, seed: 0, junction: 0)
    }
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test("an out-degree of one is windows of two pixels, when there are half as many outputs")
  func windows() throws {
    let recipe = try PatternRecipe.exact(
      family: PatternFamily(parsing: "local"), inputs: 16, outputs: 8, outDegree: 1, seed: 0,
      junction: 0)
    #expect(recipe.edges == 16)
    #expect(try recipe.makePattern().constantInDegree == 2)
  }

  @Test("densities are moved to the nearest that a family has, and that is reported")
  func roundings() throws {
    for (family, inputs, outputs, density, edges, part) in [
      ("nm:2:4", 8, 4, 0.25, 16, "keep 2 of every 4 inputs"),
      ("block:4x4", 8, 8, 0.4, 32, "densities k/4, and 2/4 is the nearest"),
      ("block:4x4", 8, 8, 0.01, 16, "1/4 is the nearest"),
      ("local:4x4", 20, 10, 0.27, 60, "3x2 is the nearest (in-degree 6)"),
      ("local", 16, 10, 0.01, 10, "1x1 is the nearest"),
      ("clash-free:3,z=4", 12, 8, 0.2, 24, "k/4, and 1/4 is the nearest"),
    ] {
      let nearest = try PatternRecipe.nearest(
        family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs,
        density: density, seed: 0, junction: 0)
      let text = try #require(nearest.rounding, "\(family)").reason
      #expect(nearest.recipe.edges == edges, "\(family)")
      #expect(text.contains(part), "\(text)")
    }
    for (family, inputs, outputs, density) in [
      ("nm:2:4", 8, 4, 0.5), ("block:4x4", 8, 8, 0.75), ("block:1x1", 3, 3, 0.34),
      ("local", 784, 100, 25.0 / 784), ("banded", 7, 5, 0.3), ("small-world:0.1", 7, 5, 0.3),
      ("erdos-renyi", 7, 5, 0.3), ("clash-free:3,z=4", 12, 8, 0.75),
    ] {
      let nearest = try PatternRecipe.nearest(
        family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs,
        density: density, seed: 0, junction: 0)
      #expect(nearest.rounding == nil, "\(family)")
    }
  }

  @Test(
    "families are written as they are read, and recipes survive coding",
    arguments: [
      ("nm:2:4", "nm:2:4"), ("2:4", "nm:2:4"), ("block:2x4", "block:2x4"), ("banded", "banded"),
      ("local", "local"), ("local:4x2", "local:4x2"), ("small-world:0.10", "small-world:0.1"),
      ("small-world:-0", "small-world:0.0"), ("erdos-renyi", "erdos-renyi"),
      ("clash-free:2,z=4", "clash-free:2,z=4"),
      ("clash-free:3,z=2,dither", "clash-free:3,z=2,dither"),
    ])
  func text(text: String, canonical: String) throws {
    let family = try PatternFamily(parsing: text)
    #expect(family.description == canonical)
    #expect(try PatternFamily(parsing: canonical) == family)
    let recipe = try PatternRecipe.nearest(
      family: family, inputs: 16, outputs: 8, density: 0.5, seed: .max, junction: 2
    ).recipe
    let decoded = try JSONDecoder().decode(PatternRecipe.self, from: JSONEncoder().encode(recipe))
    #expect(decoded == recipe)
    #expect(try decoded.makePattern() == recipe.makePattern())
  }

  @Test(
    "recipes that were tampered with are refused before anything is allocated",
    arguments: [
      #"{"family":"nm:2:4","inputs":8,"outputs":4,"edges":12,"seed":0,"junction":0}"#,
      #"{"family":"nm:2:4","inputs":16777216,"outputs":16777216,"edges":8,"seed":0,"junction":0}"#,
      #"{"family":"nm:2:4","inputs":9,"outputs":4,"edges":16,"seed":0,"junction":0}"#,
      #"{"family":"block:4x4","inputs":8,"outputs":8,"edges":17,"seed":0,"junction":0}"#,
      #"{"family":"local","inputs":9,"outputs":2,"edges":10,"seed":0,"junction":0}"#,
      #"{"family":"local","inputs":8,"outputs":2,"edges":4,"seed":0,"junction":0}"#,
      #"{"family":"clash-free:1,z=3","inputs":8,"outputs":4,"edges":8,"seed":0,"junction":0}"#,
      #"{"family":"clash-free:1,z=2","inputs":6,"outputs":9,"edges":36,"seed":0,"junction":0}"#,
      #"{"family":"clash-free:3,z=1","inputs":16777216,"outputs":16777216,"edges":4294967296,"seed":0,"junction":0}"#,
    ])
  func tampered(json: String) {
    #expect(throws: SparseError.self) {
      try JSONDecoder().decode(PatternRecipe.self, from: Data(json.utf8))
    }
  }
}
