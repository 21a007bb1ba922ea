import SparseCore
import Testing

@Suite("Pattern") struct PatternTests {
  /// Rows {0, 3}, {}, {1, 2, 3} of 4 inputs.
  private func sample() throws -> Pattern {
    try Pattern(inputs: 4, outputs: 3, rowOffsets: [0, 2, 2, 5], columns: [0, 3, 1, 2, 3])
  }

  @Test("keeps what it was given and counts degrees")
  func basics() throws {
    let pattern = try sample()
    #expect(pattern.outputs == 3 && pattern.inputs == 4 && pattern.edgeCount == 5)
    #expect(pattern.density == 5.0 / 12)
    #expect(pattern.rowOffsets == [0, 2, 2, 5])
    #expect(pattern.columns == [0, 3, 1, 2, 3])
    #expect(pattern.recipe == nil)
    #expect(pattern.inDegrees == [2, 0, 3])
    #expect(pattern.outDegrees == [1, 1, 1, 2])
    #expect(pattern.constantInDegree == nil && pattern.constantOutDegree == nil)
  }

  @Test("reports constant degrees only where they are constant")
  func constantDegrees() throws {
    let inOnly = try Pattern(inputs: 2, outputs: 2, rowOffsets: [0, 1, 2], columns: [0, 0])
    #expect(inOnly.constantInDegree == 1 && inOnly.constantOutDegree == nil)
    let outOnly = try Pattern(inputs: 2, outputs: 2, rowOffsets: [0, 2, 2], columns: [0, 1])
    #expect(outOnly.constantInDegree == nil && outOnly.constantOutDegree == 1)
    let none = try Pattern(inputs: 2, outputs: 2, rowOffsets: [0, 0, 0], columns: [])
    #expect(none.constantInDegree == 0 && none.constantOutDegree == 0 && none.density == 0)
  }

  @Test(
    "refuses rows that break a rule, naming row, position and value",
    arguments: [
      (4, 0, [0], [], "outputs is 0"),
      (0, 1, [0, 0], [], "inputs is 0"),
      (4, -1, [0], [], "outputs is -1"),
      (1 << 24 + 1, 1, [0, 0], [], "inputs is 16777217"),
      (4, 2, [0, 1], [1], "2 row offsets are given, but 2 outputs need 3"),
      (4, 2, [], [], "0 row offsets are given"),
      (4, 2, [1, 1, 1], [1], "row 0 starts at 1"),
      (4, 2, [0, 2, 1], [1], "row 1 starts at 2, but ends at 1"),
      (4, 2, [0, -1, 1], [1], "row 0 starts at 0, but ends at -1"),
      (4, 2, [0, 1, 2], [1], "row 1 ends at 2, but 1 columns"),
      (4, 2, [0, 1, 1], [1, 2], "row 1 ends at 1, but 2 columns"),
      (4, 2, [0, 1, 2], [1, 4], "row 1, position 1: column 4 is outside 0..<4"),
      (4, 2, [0, 2, 2], [2, 1], "row 0, position 1: column 1 follows 2"),
      (4, 2, [0, 1, 3], [0, 3, 3], "row 1, position 2: column 3 appears twice"),
    ] as [(Int, Int, [Int], [UInt32], String)]
  )
  func validation(
    inputs: Int,
    outputs: Int,
    rowOffsets: [Int],
    columns: [UInt32],
    expected: String
  ) throws {
    let error = try #require(
      #expect(throws: SparseError.self) {
        try Pattern(inputs: inputs, outputs: outputs, rowOffsets: rowOffsets, columns: columns)
      }
    )
    #expect(error.message.contains(expected), "\(error.message)")
  }

  @Test("pairs of neurons in any order are the rows that they make")
  func edges() throws {
    let edges = [(3, 2), (0, 0), (1, 2), (2, 2), (3, 0)].map { (input: $0, output: $1) }
    #expect(try Pattern(inputs: 4, outputs: 3, edges: edges) == sample())
    #expect(try Pattern(inputs: 4, outputs: 3, edges: edges.reversed()) == sample())
    #expect(try Pattern(inputs: 4, outputs: 3, edges: []).rowOffsets == [0, 0, 0, 0])
  }

  @Test(
    "pairs that are no pattern are refused, naming the edge",
    arguments: [
      (4, 3, (4, 0), "edge 1 joins input 4 and output 0, but there are 4 inputs and 3 outputs"),
      (4, 3, (0, 3), "edge 1 joins input 0 and output 3"),
      (4, 3, (-1, 0), "edge 1 joins input -1 and output 0"),
      (4, 3, (0, .max), "edge 1 joins input 0 and output \(Int.max)"),
      (4, 3, (1, 2), "the edge from input 1 to output 2 is given twice"),
      (0, 3, (1, 2), "inputs is 0"),
    ] as [(Int, Int, (Int, Int), String)])
  func wrongEdges(inputs: Int, outputs: Int, edge: (Int, Int), expected: String) throws {
    let error = try #require(
      #expect(throws: SparseError.self) {
        try Pattern(inputs: inputs, outputs: outputs, edges: [(1, 2), (edge.0, edge.1)])
      })
    #expect(error.message.contains(expected), "\(error.message)")
  }

  @Test("patterns are equal when their connections are, however they were made")
  func equality() throws {
    let pattern = try sample()
    let same = try sample()
    #expect(pattern == same && pattern.hashValue == same.hashValue)
    let recipe = try PatternRecipe(
      family: .full,
      inputs: 2,
      outputs: 1,
      edges: 2,
      seed: 0,
      junction: 0
    )
    let own = try Pattern(inputs: 2, outputs: 1, rowOffsets: [0, 2], columns: [0, 1])
    #expect(try recipe.makePattern() == own)
    let others = [
      try Pattern(inputs: 5, outputs: 3, rowOffsets: [0, 2, 2, 5], columns: [0, 3, 1, 2, 3]),
      try Pattern(inputs: 4, outputs: 3, rowOffsets: [0, 1, 2, 5], columns: [0, 3, 1, 2, 3]),
      try Pattern(inputs: 4, outputs: 3, rowOffsets: [0, 2, 2, 5], columns: [0, 2, 1, 2, 3]),
    ]
    #expect(Set(others + [pattern, same]).count == 4)
  }

  @Test("the digest is that of the documented bytes")
  func digest() throws {
    // Computed by Python's hashlib and struct from the documentation.
    #expect(
      try sample().sha256 == "c8e4c2cefd0fb76caa04480a9b4645b38297d88e35f19802afaf1d928a06ecd6"
    )
    let pattern = try sample()
    #expect(try pattern.sha256 == pattern.sha256)
  }

  @Test("the transpose agrees with brute force", arguments: PatternCase.all)
  func transpose(of testCase: PatternCase) throws {
    let pattern = try testCase.make()
    let transpose = pattern.transpose
    var offsets = [0]
    var rows: [UInt32] = []
    var positions: [UInt32] = []
    for input in 0..<pattern.inputs {
      for output in 0..<pattern.outputs {
        for position in pattern.rowOffsets[output]..<pattern.rowOffsets[output + 1]
        where pattern.columns[position] == UInt32(input) {
          rows.append(UInt32(output))
          positions.append(UInt32(position))
        }
      }
      offsets.append(rows.count)
    }
    #expect(transpose.rowOffsets == offsets)
    #expect(transpose.rows == rows)
    #expect(transpose.positions == positions)
  }

  @Test("tasks that ask for the transpose and the digest together get the same ones")
  func concurrentCaches() async throws {
    let pattern = try PatternRecipe.exact(
      family: .structured,
      inputs: 64,
      outputs: 48,
      outDegree: 12,
      seed: 3,
      junction: 0
    ).makePattern()
    let results = try await withThrowingTaskGroup(of: ([UInt32], String).self) { group in
      for _ in 0..<8 {
        group.addTask { (pattern.transpose.positions, try pattern.sha256) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(results.map(\.0)).count == 1 && Set(results.map(\.1)).count == 1)
  }
}

/// A small pattern of each family, for tests that go over all of them.
struct PatternCase: Sendable, CustomTestStringConvertible {
  var family: PatternFamily
  var inputs: Int
  var outputs: Int
  var density: Double

  var testDescription: String { "\(family) \(inputs)->\(outputs) at \(density)" }

  func make(seed: UInt64 = 1) throws -> Pattern {
    try PatternRecipe.nearest(
      family: family,
      inputs: inputs,
      outputs: outputs,
      density: density,
      seed: seed,
      junction: 0
    ).recipe.makePattern()
  }

  static let all: [PatternCase] = [
    PatternCase(family: .structured, inputs: 12, outputs: 8, density: 0.25),
    PatternCase(family: .structured, inputs: 1, outputs: 1, density: 1),
    PatternCase(family: .balanced, inputs: 13, outputs: 7, density: 0.3),
    PatternCase(family: .balanced, inputs: 70, outputs: 3, density: 0.01),
    PatternCase(family: .random, inputs: 5, outputs: 9, density: 0.1),
    PatternCase(family: .random, inputs: 65, outputs: 4, density: 0.9),
    PatternCase(family: .full, inputs: 6, outputs: 5, density: 1),
  ]
}
