import SparseCore
import Testing

@Suite("Connectivity") struct ConnectivityTests {
  /// What a chain should say, by counting paths in dense matrices.
  private func expectAgreement(_ patterns: [Pattern]) throws {
    let found = try PatternChain(patterns).connectivity
    let paths = IntegerMatrix(pathsOf: patterns)
    let zeros = paths.elements.filter { $0 == 0 }.count
    #expect(found.pairs == paths.elements.count && found.unconnectedPairs == zeros)
    #expect(found.isComplete == (zeros == 0))
    let columns = paths.transposed
    func lost(_ matrix: IntegerMatrix) -> Int {
      (0..<matrix.rows).filter { row in
        (0..<matrix.columns).allSatisfy { matrix[row, $0] == 0 }
      }.count
    }
    #expect(found.unreachedOutputs == lost(paths) && found.lostInputs == lost(columns))
    let first = (0..<paths.columns).first { input in
      (0..<paths.rows).contains { paths[$0, input] == 0 }
    }
    #expect(found.example?.input == first)
    if let example = found.example { #expect(paths[example.output, example.input] == 0) }
  }

  @Test("agrees with counting paths in dense matrices", arguments: 0..<12 as Range<UInt64>)
  func brute(seed: UInt64) throws {
    var random = RandomStream(seed: seed, purpose: "shapes")
    let sizes = (0...1 + random.below(3)).map { _ in 1 + random.below(24) }
    try expectAgreement(
      zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
        try drawnPattern(
          inputs: size.0, outputs: size.1, density: [0.05, 0.2, 0.6][Int(seed % 3)],
          seed: seed * 7 + UInt64(index))
      })
  }

  @Test("agrees where inputs fill several blocks of 512, and where they just fill one")
  func blocks() throws {
    for inputs in [511, 512, 513, 1030] {
      let patterns = [
        try drawnPattern(inputs: inputs, outputs: 12, density: 0.25, seed: 3),
        try drawnPattern(inputs: 12, outputs: 6, density: 0.4, seed: 4),
      ]
      try expectAgreement(patterns)
    }
  }

  @Test("a chain of two halves that never meet lacks half of the pairs")
  func halves() throws {
    let half = try pattern(inputs: 4, [[0, 1], [0, 1], [2, 3], [2, 3]])
    let found = try PatternChain([half, half, half]).connectivity
    #expect(found.pairs == 16 && found.unconnectedPairs == 8)
    #expect(found.example?.input == 0 && found.example?.output == 2)
    #expect(found.lostInputs == 0 && found.unreachedOutputs == 0)
  }

  @Test("a junction by itself lacks what it does not have; a full one nothing")
  func single() throws {
    let sparse = try drawnPattern(inputs: 20, outputs: 9, density: 0.3, seed: 5)
    #expect(try PatternChain([sparse]).connectivity.unconnectedPairs == 180 - sparse.edgeCount)
    let full = try PatternCase(family: .full, inputs: 600, outputs: 3, density: 1).make()
    #expect(try PatternChain([full]).connectivity.isComplete)
  }

  @Test("patterns that do not fit each other make no chain")
  func mismatch() throws {
    let pattern = try drawnPattern(inputs: 4, outputs: 3, density: 0.5, seed: 6)
    let error = #expect(throws: SparseError.self) { try PatternChain([pattern, pattern]) }
    #expect(error?.code == .shapeMismatch)
    #expect(error?.message.contains("3 outputs, but pattern 2 takes 4") == true)
    #expect(throws: SparseError.self) { try PatternChain([]) }
  }

  @Test(
    "two junctions of 1024×1024 take seconds even without optimisation", .timeLimit(.minutes(1)))
  func large() throws {
    let large = try PatternCase(family: .random, inputs: 1024, outputs: 1024, density: 0.2).make()
    #expect(try PatternChain([large, large]).connectivity.isComplete)
  }
}
