import CSparseKernels
import Testing
import _SparseTestSupport

@testable import SparseCore

@Suite("A block layout") struct BlockLayoutTests {
  private func layout(_ pattern: Pattern, panelInputs: Int = 1 << 20) -> BlockLayout {
    BlockLayout(
      rowOffsets: pattern.rowOffsets, columns: pattern.columns, inputs: pattern.inputs,
      panelInputs: panelInputs)
  }

  /// A pattern in which runs of rows have the same columns; neighbouring runs differ.
  private func pattern(runs: [Int], inputs: Int = 20) throws -> Pattern {
    var offsets = [0]
    var columns: [UInt32] = []
    for (run, rows) in runs.enumerated() {
      for _ in 0..<rows {
        columns += (0..<inputs).filter { ($0 + run) % 3 != 0 }.map { UInt32($0) }
        offsets.append(columns.count)
      }
    }
    return try Pattern(
      inputs: inputs, outputs: offsets.count - 1, rowOffsets: offsets, columns: columns)
  }

  @Test(
    "finds groups of 16, 8, 4, 2 and 1 in any pattern",
    arguments: [
      ([10], [8, 2]), ([1], [1]), ([16], [16]), ([31], [16, 8, 4, 2, 1]), ([33], [16, 16, 1]),
      ([3, 4, 5, 1, 17], [2, 1, 4, 4, 1, 1, 16, 1]), ([1, 1, 1], [1, 1, 1]),
    ])
  func groups(runs: [Int], expected: [Int]) throws {
    let blocks = layout(try pattern(runs: runs)).blocks
    #expect(blocks.map { Int($0.rows) } == expected)
    #expect(blocks.allSatisfy { $0.is_first == 1 })
  }

  @Test("gives a full output junction of 10 classes groups of 8 and 2")
  func full() throws {
    let pattern = try PatternRecipe(
      family: .full, inputs: 7, outputs: 10, edges: 70, seed: 0, junction: 0
    ).makePattern()
    let layout = layout(pattern)
    #expect(layout.blocks.map(\.rows) == [8, 2])
    #expect(layout.groupedEdges == 56)
  }

  @Test("gives each group of a grouped pattern one block, or more where neighbours agree")
  func grouped() throws {
    for size in [4, 8, 16] {
      let pattern = try PatternRecipe.nearest(
        family: .grouped(size), inputs: 64, outputs: 8 * size, density: 0.25, seed: 1, junction: 0
      ).recipe.makePattern()
      let layout = layout(pattern)
      #expect(layout.blocks.allSatisfy { Int($0.rows) >= size })
      #expect(layout.groupedEdges == pattern.edgeCount)
    }
  }

  @Test(
    "holds every edge exactly once, group by group within its panel",
    arguments: [1, 7, 16, 40, 1 << 20])
  func edges(panelInputs: Int) throws {
    for junction in try JunctionCase.all() {
      let pattern = junction.pattern
      let layout = layout(pattern, panelInputs: panelInputs)
      var found: [Edge] = []
      var firstBlocks = [Int](repeating: 0, count: pattern.outputs)
      var lastBlocks = firstBlocks
      for block in layout.blocks {
        #expect(Int(block.values) == found.count, "\(junction): blocks follow one another")
        for row in block.first_row..<block.first_row + block.rows {
          firstBlocks[Int(row)] += Int(block.is_first)
          // Nothing is added once a row is complete.
          #expect(lastBlocks[Int(row)] == 0, "\(junction)")
          lastBlocks[Int(row)] += Int(block.is_last)
        }
        let columns = layout.columns[Int(block.columns)..<Int(block.columns + block.count)]
        #expect(zip(columns, columns.dropFirst()).allSatisfy { $0 < $1 }, "\(junction)")
        for column in columns {
          for row in block.first_row..<block.first_row + block.rows {
            found.append(Edge(row: Int(row), column: column))
          }
        }
      }
      let inCSR = (0..<pattern.outputs).flatMap { row in
        pattern.columns[pattern.rowOffsets[row]..<pattern.rowOffsets[row + 1]].map {
          Edge(row: row, column: $0)
        }
      }
      #expect(Set(found) == Set(inCSR) && found.count == inCSR.count, "\(junction)")
      // Each output starts from its bias once, before anything is added to it.
      #expect(firstBlocks.allSatisfy { $0 == 1 }, "\(junction)")
      #expect(lastBlocks.allSatisfy { $0 == 1 }, "\(junction)")
      let positions = layout.csrPositions.map { $0.map { Int($0) } } ?? Array(inCSR.indices)
      #expect(positions.map { inCSR[$0] } == found, "\(junction): a permutation into CSR order")
    }
  }

  private struct Edge: Hashable {
    var row: Int
    var column: UInt32
  }

  @Test("keeps blocks within panels of inputs, in the order of the panels, the short ones first")
  func panels() throws {
    let pattern = try PatternRecipe(
      family: .structured, inputs: 100, outputs: 25, edges: 1600, seed: 2, junction: 0
    ).makePattern()
    let layout = layout(pattern, panelInputs: 25)
    // 64 edges a row: four panels of 25 inputs, about sixteen edges each.
    let panels = layout.blocks.map { block in
      let columns = layout.columns[Int(block.columns)..<Int(block.columns + block.count)]
      return Set(columns.map { $0 / 25 })
    }
    #expect(panels.allSatisfy { $0.count <= 1 })
    let order = panels.compactMap(\.first)
    #expect(order == order.sorted() && Set(order) == [0, 1, 2, 3])
    let firsts = layout.blocks.map { Int($0.is_first) }
    #expect(firsts == firsts.sorted(by: >) && firsts.reduce(0, +) == 25)
    for panel in 0..<4 {
      let counts = zip(layout.blocks, order).filter { $0.1 == panel }.map { $0.0.count }
      #expect(counts.count == 25 && counts == counts.sorted())
    }
  }

  @Test("cuts no panels where rows would have so few edges that storing sums costs more")
  func shortRows() throws {
    let pattern = try PatternRecipe(
      family: .structured, inputs: 100, outputs: 50, edges: 500, seed: 2, junction: 0
    ).makePattern()
    #expect(layout(pattern, panelInputs: 25).blocks.allSatisfy { $0.is_first == 1 })
  }

  @Test("is cut into parts that are contiguous, cover all, and are no more than asked for")
  func parts() throws {
    for junction in try JunctionCase.all() {
      for panelInputs in [16, 1 << 20] {
        let layout = layout(junction.pattern, panelInputs: panelInputs)
        for count in [1, 2, 3, 16, 1000] {
          let parts = layout.parts(count)
          let name = "\(junction), \(count) parts"
          #expect(parts.count <= count && !parts.contains { $0.isEmpty }, "\(name)")
          #expect(parts.flatMap { Array($0) } == Array(layout.blocks.indices), "\(name)")
          let values = parts.map { layout.values(of: $0) }
          #expect(
            values.flatMap { Array($0) } == Array(0..<junction.pattern.edgeCount), "\(name)")
        }
      }
    }
  }

  @Test("takes the cores' work in even parts")
  func evenParts() throws {
    let pattern = try PatternRecipe(
      family: .balanced, inputs: 300, outputs: 200, edges: 15000, seed: 1, junction: 0
    ).makePattern()
    let layout = layout(pattern)
    let sizes = layout.parts(16).map { layout.values(of: $0).count }
    #expect(sizes.count >= 15 && (sizes.max() ?? 0) <= 15000 / 16 + 75)
  }
}

@Suite("A native plan") struct NativePlanTests {
  @Test("cuts batches only into tiles that its kernels were tried on", arguments: Engine.kernelSets)
  func tileWidths(kernels: String) throws {
    let set = try #require(KernelSet.named(kernels))
    #expect(set.tileWidths.first == 1 && set.tileWidths.last == KernelSet.wideTile)
    for junction in try JunctionCase.all() {
      let plan = NativePlan(junction.pattern, kernels: set)
      #expect(plan.tileWidth(samples: 0) == 1 && plan.tileWidth(samples: 1) == 1)
      for samples in 2...300 {
        let width = try #require(plan.tileWidth(samples: samples))
        #expect(set.tileWidths.contains(width) && width % set.lanes == 0)
        #expect(width >= min(samples, 64) && width < max(2 * samples, 2 * set.lanes))
      }
    }
  }

  @Test("splits the weight gradient the same way whatever runs it, over all values")
  func parts() throws {
    for junction in try JunctionCase.all() {
      let plan = NativePlan(junction.pattern, kernels: .plain)
      #expect(plan.weightGradientParts.count <= 16)
      #expect(
        plan.weightGradientParts.flatMap { Array($0) } == Array(0..<junction.pattern.edgeCount),
        "\(junction)")
    }
  }
}
