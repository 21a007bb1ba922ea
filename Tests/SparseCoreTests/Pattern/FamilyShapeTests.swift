import SparseCore
import Testing

/// What each family promises of its connections, read off the finished patterns.
@Suite("The families' shapes") struct FamilyShapeTests {
  private static let shapes = [
    (1, 1), (1, 7), (7, 1), (3, 5), (13, 8), (8, 13), (64, 63), (100, 7), (784, 10), (48, 96),
  ]
  private static let densities = [1e-9, 0.01, 0.1, 1 / 3.0, 0.5, 0.77, 0.99, 1]

  private func pattern(
    _ family: PatternFamily, _ shape: (Int, Int), _ density: Double, seed: UInt64 = 1
  ) throws -> Pattern {
    try PatternRecipe.nearest(
      family: family, inputs: shape.0, outputs: shape.1, density: density, seed: seed, junction: 0
    ).recipe.makePattern()
  }

  private func rows(_ pattern: Pattern) -> [[Int]] {
    (0..<pattern.outputs).map { row in pattern.edges(ofRow: row).map { Int(pattern.columns[$0]) } }
  }

  private func spread(_ degrees: [Int]) -> Int { (degrees.max() ?? 0) - (degrees.min() ?? 0) }

  @Test("banded rows are runs that move from the first input to the last", arguments: shapes)
  func banded(shape: (Int, Int)) throws {
    for density in Self.densities {
      let pattern = try pattern(.banded, shape, density)
      #expect(pattern.edgeCount == max(1, Int((density * Double(shape.0 * shape.1)).rounded())))
      #expect(spread(pattern.inDegrees) <= 1)
      let rows = rows(pattern).filter { !$0.isEmpty }
      for row in rows { #expect(row == Array(row[0]..<row[0] + row.count)) }
      for (row, next) in zip(rows, rows.dropFirst()) {
        // Where in-degrees differ by one, so may the ends.
        let slack = row.count == next.count ? 0 : 1
        #expect(row[0] <= next[0] + slack && row[row.count - 1] <= next[next.count - 1] + slack)
      }
      guard shape.1 > 1, rows.count == shape.1 else { continue }
      #expect(rows.first?.first == 0 && rows.last?.last == shape.0 - 1)
    }
  }

  @Test("small worlds keep their in-degrees, and rewire the fraction asked for", arguments: shapes)
  func smallWorld(shape: (Int, Int)) throws {
    for density in Self.densities {
      let ring = try pattern(.smallWorld(rewiring: 0), shape, density)
      for rewiring in [0, 0.1, 0.5, 1] {
        for seed in 0..<3 as Range<UInt64> {
          let pattern = try pattern(.smallWorld(rewiring: rewiring), shape, density, seed: seed)
          #expect(pattern.inDegrees == ring.inDegrees && spread(pattern.inDegrees) <= 1)
          for (row, neighbours) in zip(rows(pattern), rows(ring)) {
            let moved = Set(row).subtracting(neighbours).count
            if rewiring == 0 { #expect(moved == 0) }
            // Everything moves, as far as there is room.
            if rewiring == 1 { #expect(moved == min(row.count, shape.0 - row.count)) }
          }
        }
      }
    }
  }

  @Test("the neighbours of a small world lie around the output's place on the ring")
  func ring() throws {
    // 8 outputs on 16 inputs: output r at 2r, with one neighbour before it, itself and one after.
    let pattern = try PatternRecipe(
      family: .smallWorld(rewiring: 0), inputs: 16, outputs: 8, edges: 24, seed: 0, junction: 0
    ).makePattern()
    for (output, row) in rows(pattern).enumerated() {
      #expect(Set(row) == Set([15, 16, 17].map { ($0 + 2 * output) % 16 }))
    }
  }

  @Test("a small world rewires about the fraction asked for, to inputs that are equally likely")
  func rewiredFraction() throws {
    let ring = try pattern(.smallWorld(rewiring: 0), (100, 100), 0.1)
    let world = try pattern(.smallWorld(rewiring: 0.3), (100, 100), 0.1)
    let moved = zip(rows(world), rows(ring)).reduce(0) { $0 + Set($1.0).subtracting($1.1).count }
    // 1000 coins of 0.3: within 5 standard deviations.
    #expect(abs(Double(moved) - 300) < 5 * (1000 * 0.3 * 0.7).squareRoot())
    var counts = [Int](repeating: 0, count: 9)
    for seed in 0..<9000 as Range<UInt64> {
      let pattern = try PatternRecipe(
        family: .smallWorld(rewiring: 1), inputs: 10, outputs: 1, edges: 1, seed: seed, junction: 0
      ).makePattern()
      counts[Int(pattern.columns[0]) - 1] += 1
    }
    #expect(counts.allSatisfy { abs(Double($0) - 1000) < 5 * 1000.0.squareRoot() })
  }

  @Test(
    "N:M patterns keep N inputs in every aligned block of M, any N of them",
    arguments: [(1, 1), (1, 2), (2, 4), (3, 4), (4, 4), (4, 8), (1, 16), (5, 7), (1, 80), (79, 80)])
  func nm(kept: Int, block: Int) throws {
    let family = try PatternFamily.nm(kept, of: block)
    for (blocks, outputs) in [(1, 1), (1, 9), (7, 1), (3, 20)] {
      for seed in 0..<3 as Range<UInt64> {
        let pattern = try pattern(
          family, (blocks * block, outputs), Double(kept) / Double(block), seed: seed)
        #expect(pattern.constantInDegree == kept * blocks)
        for row in rows(pattern) {
          #expect((0..<blocks).allSatisfy { b in row.filter { $0 / block == b }.count == kept })
        }
      }
    }
    #expect(
      try family.admissibleDensities(inputs: 3 * block, outputs: 2) == [
        Double(kept) / Double(block)
      ])
  }

  @Test("N:M blocks draw every choice equally often")
  func nmIsUniform() throws {
    var counts: [[UInt32]: Int] = [:]
    for seed in 0..<2400 as Range<UInt64> {
      let pattern = try PatternRecipe(
        family: .nm(2, of: 4), inputs: 4, outputs: 1, edges: 2, seed: seed, junction: 3
      ).makePattern()
      counts[pattern.columns, default: 0] += 1
    }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs(Double($0) - 400) < 5 * 400.0.squareRoot() })
  }

  @Test(
    "blocks are whole or absent, and as balanced as their number allows",
    arguments: [(1, 1), (4, 4), (2, 8), (16, 1), (1, 5), (3, 7)])
  func block(rows: Int, columns: Int) throws {
    let family = try PatternFamily.block(rows: rows, columns: columns)
    for (across, down) in [(1, 1), (5, 1), (1, 6), (7, 4), (12, 12)] {
      let shape = (across * columns, down * rows)
      for density in Self.densities {
        for seed in 0..<2 as Range<UInt64> {
          let pattern = try pattern(family, shape, density, seed: seed)
          var edgesOfBlock: [[Int]: Int] = [:]
          for (row, inputs) in self.rows(pattern).enumerated() {
            for input in inputs { edgesOfBlock[[row / rows, input / columns], default: 0] += 1 }
          }
          #expect(edgesOfBlock.values.allSatisfy { $0 == rows * columns })
          #expect(
            edgesOfBlock.count == max(1, Int((density * Double(across * down)).rounded())))
          #expect(spread(pattern.inDegrees) <= columns && spread(pattern.outDegrees) <= rows)
        }
      }
    }
  }

  @Test(
    "local rows are equal windows, from the image's first corner to its last",
    arguments: [(1, 1), (4, 4), (5, 3), (3, 5), (28, 28), (12, 1), (1, 12)],
    [1, 2, 4, 10, 63, 100])
  func local(image: (width: Int, height: Int), outputs: Int) throws {
    let padding = 3
    let inputs = image.width * image.height + padding
    let family = try PatternFamily.local(width: image.width, height: image.height)
    let densities = try #require(try family.admissibleDensities(inputs: inputs, outputs: outputs))
    #expect(densities.count == image.width + image.height - 1)
    for density in densities {
      let pattern = try pattern(family, (inputs, outputs), density)
      #expect(abs(pattern.density - density) < 1e-12)
      let windows = rows(pattern).map { row in
        (xs: Set(row.map { $0 % image.width }), ys: Set(row.map { $0 / image.width }), row: row)
      }
      for window in windows {
        // A rectangle: as many pixels as its sides say, which are runs.
        #expect(window.row.count == window.xs.count * window.ys.count)
        #expect(isRun(window.xs) && isRun(window.ys))
        #expect((window.ys.max() ?? 0) < image.height)
        #expect(window.xs.count == windows[0].xs.count)
        // As square as the image allows.
        #expect(
          abs(window.xs.count - window.ys.count) <= 1 || window.xs.count == image.width
            || window.ys.count == image.height)
      }
      #expect(pattern.outDegrees.suffix(padding).allSatisfy { $0 == 0 })
      guard outputs >= 4, image.width == image.height else { continue }
      #expect(windows.first?.row.first == 0)
      #expect(windows.last?.row.last == image.width * image.height - 1)
    }
  }

  private func isRun(_ numbers: Set<Int>) -> Bool {
    (numbers.max() ?? 0) - (numbers.min() ?? 0) + 1 == numbers.count
  }

  @Test("windows on a fine enough grid see every pixel about equally often")
  func localCoverage() throws {
    let pattern = try pattern(.local, (784, 196), 25.0 / 784)
    #expect(pattern.constantInDegree == 25)
    #expect(pattern.outDegrees.allSatisfy { (1...25).contains($0) })
    // Inside, a step of 23/13 between windows of 5 pixels: 2 or 3 each way.
    let inside = (5..<23).flatMap { y in (5..<23).map { y * 28 + $0 } }
    #expect(inside.allSatisfy { (4...9).contains(pattern.outDegrees[$0]) })
  }

  @Test("Erdős–Rényi patterns have the nearest number of edges, and are those of 'random'")
  func erdosRenyi() throws {
    for (density, edges) in [(0.071, 7), (0.076, 8), (1e-9, 1), (1, 100)] {
      #expect(try pattern(.erdosRenyi, (10, 10), density).edgeCount == edges)
    }
    let graph = try pattern(.erdosRenyi, (30, 20), 0.25, seed: 4)
    #expect(try graph == pattern(.random, (30, 20), 0.25, seed: 4))
    #expect(graph.recipe?.family == .erdosRenyi)
  }
}
