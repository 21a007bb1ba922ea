import Testing

@testable import SparseCore

@Suite("Pattern families") struct PatternFamilyTests {
  @Test("the published example keeps 16 of 48 weights")
  func publishedExample() throws {
    let sizes = [8, 4, 4]
    let patterns = try [1, 2].enumerated().map { junction, outDegree in
      try PatternRecipe.exact(
        family: .structured,
        inputs: sizes[junction],
        outputs: sizes[junction + 1],
        outDegree: outDegree,
        seed: 0,
        junction: junction
      ).makePattern()
    }
    #expect(patterns.map(\.edgeCount) == [8, 8])
    #expect(patterns.map(\.constantOutDegree) == [1, 2])
    #expect(patterns.map(\.constantInDegree) == [2, 2])
    let cells = patterns.reduce(0) { $0 + $1.inputs * $1.outputs }
    #expect(cells == 48 && patterns.reduce(0) { $0 + $1.edgeCount } * 3 == cells)
  }

  @Test(
    "structured patterns have exact degrees at every admissible density",
    arguments: [(1, 1), (8, 4), (4, 8), (12, 12), (30, 12), (12, 30), (7, 5), (64, 48), (3, 130)]
  )
  func structuredDegrees(inputs: Int, outputs: Int) throws {
    let densities = try #require(
      try PatternFamily.structured.admissibleDensities(inputs: inputs, outputs: outputs)
    )
    #expect(densities.last == 1 && densities == densities.sorted())
    for density in densities {
      for seed in 0..<5 as Range<UInt64> {
        let (recipe, rounding) = try PatternRecipe.nearest(
          family: .structured,
          inputs: inputs,
          outputs: outputs,
          density: density,
          seed: seed,
          junction: 0
        )
        #expect(rounding == nil, "density \(density)")
        let pattern = try recipe.makePattern()
        let outDegree = try #require(pattern.constantOutDegree)
        let inDegree = try #require(pattern.constantInDegree)
        #expect(inputs * outDegree == pattern.edgeCount && outputs * inDegree == pattern.edgeCount)
        #expect(abs(pattern.density - density) < 1e-12)
      }
    }
  }

  @Test(
    "balanced patterns have degrees that differ by at most one, and the nearest whole edges",
    arguments: [(1, 1), (1, 7), (7, 1), (3, 5), (13, 8), (8, 13), (100, 7), (64, 63), (784, 10)]
  )
  func balancedDegrees(inputs: Int, outputs: Int) throws {
    let cells = inputs * outputs
    for density in [1e-9, 0.01, 0.1, 1 / 3.0, 0.5, 0.77, 0.99, 1] {
      for seed in 0..<4 as Range<UInt64> {
        let recipe = try PatternRecipe.nearest(
          family: .balanced,
          inputs: inputs,
          outputs: outputs,
          density: density,
          seed: seed,
          junction: 0
        ).recipe
        let pattern = try recipe.makePattern()
        #expect(pattern.edgeCount == max(1, Int((density * Double(cells)).rounded())))
        for degrees in [pattern.inDegrees, pattern.outDegrees] {
          #expect(try #require(degrees.max()) - #require(degrees.min()) <= 1)
          #expect(degrees.reduce(0, +) == pattern.edgeCount)
        }
      }
    }
  }

  @Test("random patterns keep the density times the cells, rounded up")
  func randomEdges() throws {
    for (inputs, outputs, density, edges) in [
      (10, 10, 0.07, 7), (10, 10, 0.071, 8), (10, 10, 0.29, 29), (3, 3, 1e-9, 1), (3, 3, 1, 9),
      (10, 10, 0.57, 57), (1000, 1000, 0.001, 1000),
    ] {
      let pattern = try PatternRecipe.nearest(
        family: .random,
        inputs: inputs,
        outputs: outputs,
        density: density,
        seed: 4,
        junction: 0
      ).recipe.makePattern()
      #expect(pattern.edgeCount == edges)
    }
  }

  @Test("full patterns hold every connection")
  func fullPattern() throws {
    let pattern = try PatternCase(family: .full, inputs: 3, outputs: 2, density: 1).make()
    #expect(pattern.rowOffsets == [0, 3, 6] && pattern.columns == [0, 1, 2, 0, 1, 2])
  }

  // Computed by an independent Python program from the documented procedures.
  @Test(
    "a recipe always gives the same pattern",
    arguments: [
      (
        "structured", 800, 100, 16000, 0, 0,
        "efdd73b754b7a3c0647ef1220633907892bd351f13645c8be9927ed47427c583"
      ),
      (
        "structured", 12, 8, 48, 7, 2,
        "835fe00acf669a7db9e6b9603392b137c74a85d117e510fae86af46b8a8e3217"
      ),
      (
        "balanced", 784, 10, 1961, 1, 1,
        "110c4a20ea403a625b35e3f628b5543bacce9d485508167c8169fbdfc78ada15"
      ),
      (
        "random", 784, 10, 100, 1, 0,
        "cf24cb3a2e4d1dfc5ad49bc63db7ed321131312dd740a3f05b7526c007004153"
      ),
      (
        "random", 30, 20, 500, 3, 1,
        "62ce0e5a0f821784f9fa610ec1d73067b87c2cccb89dca604e655707db16cc29"
      ),
      (
        "nm:2:4", 784, 100, 39200, 0, 0,
        "e2462bdb68a981640452dcda505f4df5885cc9b6873bcc575ee587f592fcf0ec"
      ),
      (
        "nm:1:16", 32, 8, 16, 5, 1,
        "9cf9a1dcfc0cda737a354695a2b589536a7b0f9d32553bfbc4d4307dda62a64e"
      ),
      (
        "nm:5:7", 14, 3, 30, 2, 0,
        "b467fc94d55d3cc4c15ec8164f9324a6be2ae977207bae94a3e650036c70072c"
      ),
      (
        "block:4x4", 784, 100, 19600, 0, 0,
        "dfd8be773a7437c84d1fbfdbacaa4df631b60922ee50700d4625565429618987"
      ),
      (
        "block:2x8", 64, 6, 96, 3, 1,
        "5485210322aeb2f0c05a49e8c714c7c2788f8f34baad8ad0f71bcf51a066ab39"
      ),
      (
        "block:1x5", 35, 7, 70, 1, 2,
        "0ed0d8fadce338f0392fff331946f8004e53a13eb2508ad00c2e809c44bcb492"
      ),
      (
        "banded", 784, 100, 19600, 0, 0,
        "180f11790649102f95847696cf3756242d899ecae42ae912090f3aff1f834baa"
      ),
      (
        "banded", 13, 5, 17, 0, 0,
        "567dbf5a59c3d13749da5a45250060a6beabeb70acdc55e1342050aaaa487b91"
      ),
      (
        "banded", 5, 13, 17, 0, 0,
        "25ac2bd82df30117f4b47a3335505c82a96cfc12fcd80c6b81371896a1b47d3a"
      ),
      (
        "local", 784, 100, 2500, 0, 0,
        "825a9858400e388f70e890d608c7918476b47081547be6db2e7fc523f4614287"
      ),
      (
        "local:28x28", 800, 100, 2500, 0, 0,
        "827cd7cc527bc98f522ebeb07c8854604b2e6e0f8acec8cf3896f59c9b5c5a09"
      ),
      (
        "local:16x32", 512, 10, 560, 0, 0,
        "4d08b1727366bca192a3f9b1d91b92ec45af8cd7d5507334ab10623602695aa6"
      ),
      (
        "local:4x3", 12, 7, 42, 0, 0,
        "00ad16d621ca267807110d5fb3dc03e5538fbe4ea5c4d7e29dc975b4f86bf75b"
      ),
      (
        "small-world:0.1", 784, 100, 19600, 0, 0,
        "d5f59490c7f89cacd4b0bf7a5b815b89af54954c28adaa53c1d8aff44132a3c4"
      ),
      (
        "small-world:1.0", 13, 5, 50, 2, 1,
        "b557a8b355bc6317d4700a381425414fa5e7960aaf5f85a0c81819b942629293"
      ),
      (
        "small-world:0.0", 10, 4, 14, 1, 0,
        "e8fbdab43c5ffc24765be285e1926de178b640391a84226ab58880f70e4cdef3"
      ),
      (
        "erdos-renyi", 784, 10, 1960, 1, 0,
        "334122c3bc59808c0413ea4d76f3d4f77aa27918663edc81790dae4995ebd189"
      ),
      (
        "erdos-renyi", 30, 20, 500, 3, 1,
        "62ce0e5a0f821784f9fa610ec1d73067b87c2cccb89dca604e655707db16cc29"
      ),
      ("full", 5, 3, 15, 9, 0, "99c2566c888260dc2043a688e660aeed9b3f83268b56a1e02cb763280f40e547"),
    ] as [(String, Int, Int, Int, UInt64, Int, String)]
  )
  func golden(
    family: String,
    inputs: Int,
    outputs: Int,
    edges: Int,
    seed: UInt64,
    junction: Int,
    expected: String
  ) throws {
    let recipe = try PatternRecipe(
      family: PatternFamily(parsing: family),
      inputs: inputs,
      outputs: outputs,
      edges: edges,
      seed: seed,
      junction: junction
    )
    #expect(recipe.family.description == family)
    #expect(try recipe.makePattern().sha256 == expected)
  }

  @Test(
    "another seed or junction gives another pattern",
    arguments: [PatternFamily.structured, .balanced, .random]
  )
  func seedsMatter(family: PatternFamily) throws {
    var digests: Set<String> = []
    for seed in 0..<5 as Range<UInt64> {
      for junction in 0..<3 {
        let recipe = try PatternRecipe(
          family: family,
          inputs: 24,
          outputs: 16,
          edges: 96,
          seed: seed,
          junction: junction
        )
        let pattern = try recipe.makePattern()
        #expect(try recipe.makePattern() == pattern && pattern.recipe == recipe)
        digests.insert(try pattern.sha256)
      }
    }
    #expect(digests.count == 15)
  }

  // MARK: - Distribution

  @Test(
    "small structured patterns are all reached, and nothing else",
    arguments: [(4, 4, 8, 90), (3, 3, 3, 6), (6, 3, 6, 90), (3, 6, 6, 90), (5, 5, 5, 120)]
  )
  func enumeration(inputs: Int, outputs: Int, edges: Int, count: Int) throws {
    let all = matrices(
      inDegree: edges / outputs,
      outDegrees: [Int](repeating: edges / inputs, count: inputs),
      rows: outputs
    )
    #expect(Set(all).count == count)
    var seen: Set<[UInt32]> = []
    for seed in 0..<6000 as Range<UInt64> where seen.count < count {
      let pattern = try PatternRecipe(
        family: .structured,
        inputs: inputs,
        outputs: outputs,
        edges: edges,
        seed: seed,
        junction: 0
      ).makePattern()
      seen.insert(pattern.columns)
    }
    #expect(seen == Set(all))
  }

  /// Every matrix with the given degrees, as its columns row after row.
  private func matrices(inDegree: Int, outDegrees: [Int], rows: Int) -> [[UInt32]] {
    guard rows > 0 else { return outDegrees.allSatisfy { $0 == 0 } ? [[]] : [] }
    return subsets(of: outDegrees.indices.filter { outDegrees[$0] > 0 }, size: inDegree)
      .flatMap { row in
        var rest = outDegrees
        for column in row { rest[column] -= 1 }
        return matrices(inDegree: inDegree, outDegrees: rest, rows: rows - 1)
          .map { row.map { UInt32($0) } + $0 }
      }
  }

  private func subsets(of elements: [Int], size: Int) -> [[Int]] {
    guard size > 0 else { return [[]] }
    guard let first = elements.first else { return [] }
    let rest = Array(elements.dropFirst())
    return subsets(of: rest, size: size - 1).map { [first] + $0 } + subsets(of: rest, size: size)
  }

  @Test("structured patterns of degree one are uniform permutations")
  func permutationsAreUniform() throws {
    var counts: [[UInt32]: Int] = [:]
    for seed in 0..<6000 as Range<UInt64> {
      let pattern = try PatternRecipe(
        family: .structured,
        inputs: 3,
        outputs: 3,
        edges: 3,
        seed: seed,
        junction: 0
      ).makePattern()
      counts[pattern.columns, default: 0] += 1
    }
    #expect(counts.count == 6 && isPlausible(counts: Array(counts.values), expected: 1000))
  }

  @Test("random patterns are uniform over all sets of edges, below and above half density")
  func randomIsUniform() throws {
    for (edges, sets) in [(2, 15), (3, 20), (4, 15)] {
      var counts: [[Int]: Int] = [:]
      for seed in 0..<UInt64(400 * sets) {
        let pattern = try PatternRecipe(
          family: .random,
          inputs: 3,
          outputs: 2,
          edges: edges,
          seed: seed,
          junction: 5
        ).makePattern()
        counts[pattern.rowOffsets + pattern.columns.map { Int($0) }, default: 0] += 1
      }
      #expect(counts.count == sets && isPlausible(counts: Array(counts.values), expected: 400))
    }
  }

  @Test(
    "every cell is an edge equally often",
    arguments: [
      PatternCase(family: .structured, inputs: 10, outputs: 6, density: 0.5),
      PatternCase(family: .balanced, inputs: 7, outputs: 5, density: 0.4),
      PatternCase(family: .random, inputs: 7, outputs: 5, density: 0.6),
    ]
  )
  func cellsAreUniform(testCase: PatternCase) throws {
    let samples = 2000
    var counts = [Int](repeating: 0, count: testCase.inputs * testCase.outputs)
    for seed in 0..<UInt64(samples) {
      let pattern = try testCase.make(seed: seed)
      for output in 0..<pattern.outputs {
        for position in pattern.rowOffsets[output]..<pattern.rowOffsets[output + 1] {
          counts[output * pattern.inputs + Int(pattern.columns[position])] += 1
        }
      }
    }
    // By symmetry each cell is a coin of the density's probability: within 5 standard deviations.
    let density = testCase.density
    let deviation = (Double(samples) * density * (1 - density)).squareRoot()
    for count in counts {
      #expect(abs(Double(count) - Double(samples) * density) < 5 * deviation)
    }
  }

  @Test(
    "random patterns do not depend on how the drawn cells are kept",
    arguments: [1, 5, 40, 200]
  )
  func randomWaysAgree(edges: Int) throws {
    let shape = try JunctionShape(inputs: 37, outputs: 11)
    for seed in 0..<20 as Range<UInt64> {
      var first = RandomStream(seed: seed, purpose: "pattern")
      var second = first
      let rule = RandomRule()
      let byBitmap = rule.makeRowsByBitmap(edges: edges, in: shape, using: &first)
      let bySorting = rule.makeRowsBySorting(edges: edges, in: shape, using: &second)
      #expect(byBitmap.columns == bySorting.columns && byBitmap.offsets == bySorting.offsets)
      #expect(first == second)
    }
  }

  @Test("wide and thin junctions take time and memory in proportion to their edges")
  func hugeSparseShapes() throws {
    for family in [
      PatternFamily.structured, .balanced, .random, .erdosRenyi, .banded, .local,
      try .smallWorld(rewiring: 0.5), try .block(rows: 2, columns: 2),
      try .clashFree(type: 2, memories: 64), try .nm(1, of: 1 << 15),
    ] {
      let pattern = try PatternRecipe(
        family: family,
        inputs: 1 << 16,
        outputs: 1 << 16,
        edges: 1 << 17,
        seed: 0,
        junction: 0
      ).makePattern()
      #expect(pattern.edgeCount == 1 << 17)
    }
  }
}
