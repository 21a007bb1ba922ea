public import SparseCore

/// A pattern to test with, and the name that a failed test shows.
public struct JunctionCase: Sendable, CustomStringConvertible {
  /// The name.
  public let description: String
  /// The connections.
  public let pattern: Pattern

  /// Names a pattern.
  ///
  /// - Parameters:
  ///   - description: The name.
  ///   - pattern: The connections.
  public init(_ description: String, _ pattern: Pattern) {
    self.description = description
    self.pattern = pattern
  }

  /// All families at awkward sizes and from a single edge to all of them, and patterns of a user's
  /// own with empty rows and columns.
  ///
  /// - Returns: The cases.
  /// - Throws: What making a pattern throws.
  public static func all() throws -> [JunctionCase] {
    let sizes = [(1, 1), (33, 1), (1, 17), (33, 17), (17, 33), (64, 48)]
    var cases: [JunctionCase] = []
    for family in ["structured", "balanced", "random", "full", "banded", "small-world:0.3"] {
      for (inputs, outputs) in sizes {
        for density in family == "full" ? [1] : [1e-6, 0.25, 1] {
          let recipe = try PatternRecipe.nearest(
            family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs,
            density: density, seed: 5, junction: 0
          ).recipe
          cases.append(
            Self("\(family) \(inputs)→\(outputs), \(density)", try recipe.makePattern()))
        }
      }
    }
    return try cases + grouped() + shaped() + own()
  }

  /// Families that want sizes of their own.
  private static func shaped() throws -> [JunctionCase] {
    try [
      ("clash-free:2,z=16", 64, 48), ("clash-free:3,z=11,dither", 33, 22), ("nm:2:4", 64, 48),
      ("nm:1:11", 33, 17), ("block:4x4", 64, 48), ("block:1x3", 33, 17), ("local", 64, 48),
      ("local:7x4", 33, 17), ("erdos-renyi", 33, 17),
    ].map { family, inputs, outputs in
      let recipe = try PatternRecipe.nearest(
        family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs, density: 0.25,
        seed: 5, junction: 0
      ).recipe
      return Self("\(family) \(inputs)→\(outputs)", try recipe.makePattern())
    }
  }

  /// Groups that share their inputs, of every size, one and more of them.
  private static func grouped() throws -> [JunctionCase] {
    try [4, 8, 16].flatMap { size in
      try [(1, 16), (33, 16), (64, 48)].map { inputs, outputs in
        let recipe = try PatternRecipe.nearest(
          family: .grouped(size), inputs: inputs, outputs: outputs, density: 0.25, seed: 5,
          junction: 0
        ).recipe
        return Self("grouped:\(size) \(inputs)→\(outputs)", try recipe.makePattern())
      }
    }
  }

  /// Patterns that no family makes.
  ///
  /// - Returns: The cases.
  /// - Throws: What making a pattern throws.
  public static func own() throws -> [JunctionCase] {
    [
      Self("no edge", try Pattern(inputs: 3, outputs: 2, rowOffsets: [0, 0, 0], columns: [])),
      Self(
        "empty first and last rows and columns",
        try Pattern(
          inputs: 7, outputs: 5, rowOffsets: [0, 0, 2, 2, 5, 5], columns: [1, 4, 1, 2, 5])),
      Self(
        "one full row",
        try Pattern(inputs: 4, outputs: 3, rowOffsets: [0, 0, 4, 4], columns: [0, 1, 2, 3])),
    ]
  }
}
