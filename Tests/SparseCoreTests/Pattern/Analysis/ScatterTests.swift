import SparseCore
import Testing

@Suite("Scatter") struct ScatterTests {
  /// The definition, word for word, on a dense matrix of path counts.
  private func scatter(_ paths: IntegerMatrix, windows: [[Int]], degree: Double) -> Double {
    var total = 0.0
    for row in 0..<paths.rows {
      for window in windows {
        let count = window.reduce(0) { $0 + paths[row, $1] }
        let ideal = Double(window.count) * degree / Double(paths.columns)
        total += min(1, Double(count) / ideal)
      }
    }
    return total / Double(paths.rows * windows.count)
  }

  private func runs(_ neurons: Int, _ size: Int, _ step: Int) -> [[Int]] {
    stride(from: 0, through: neurons - size, by: step).map { Array($0..<$0 + size) }
  }

  @Test("a small junction by hand")
  func byHand() throws {
    // In-degree 2 of 4 inputs: windows of 2 should have 1 connection to each output.
    // Outputs 0 and 1 see one window twice and the other not at all; outputs 2 and 3 see both.
    let small = try pattern(inputs: 4, [[0, 1], [2, 3], [0, 2], [1, 3]])
    let found = try PatternChain([small]).scatter()
    #expect(found.forward == 0.75)
    // Inputs 0…3 are seen by outputs {0, 2}, {0, 3}, {1, 2}, {1, 3}: one of each pair, always.
    #expect(found.backward == 1)
    #expect(found.minimum == 0.75)
  }

  @Test("a full junction is spread perfectly; one without connections not at all")
  func extremes() throws {
    let full = try PatternCase(family: .full, inputs: 12, outputs: 5, density: 1).make()
    let best = try PatternChain([full]).scatter()
    #expect(best.forward == 1 && best.backward == 1)
    let empty = try PatternChain([try pattern(inputs: 3, [[], []])]).scatter()
    #expect(empty.forward == 0 && empty.backward == 0)
  }

  @Test(
    "agrees with the definition for runs of neurons, side by side or overlapping",
    arguments: [(4, 4), (3, 3), (5, 2), (1, 1), (24, 24), (7, 9)])
  func definition(size: Int, step: Int) throws {
    let junction = try PatternCase(family: .structured, inputs: 24, outputs: 18, density: 1.0 / 3)
      .make()
    let found = try PatternChain([junction]).scatter(
      inputs: ScatterWindows(neurons: 24, size: size, step: step),
      outputs: ScatterWindows(neurons: 18, size: min(size, 18), step: step))
    let matrix = IntegerMatrix(junction)
    #expect(abs(found.forward - scatter(matrix, windows: runs(24, size, step), degree: 8)) < 1e-12)
    let back = scatter(
      matrix.transposed, windows: runs(18, min(size, 18), step), degree: 6)
    #expect(abs(found.backward - back) < 1e-12)
  }

  @Test("agrees with the definition for patches of a padded image, side by side or overlapping")
  func patches() throws {
    // An image of 5×6 in a layer of 32.
    let junction = try PatternCase(family: .structured, inputs: 32, outputs: 20, density: 0.25)
      .make()
    for step in [nil, 1, 2] as [Int?] {
      let windows = try ScatterWindows(
        imageRows: 5, imageColumns: 6, patchRows: 2, patchColumns: 3, step: step)
      let lists = stride(from: 0, through: 3, by: step ?? 2).flatMap { row in
        stride(from: 0, through: 3, by: step ?? 3).map { column in
          (0..<2).flatMap { down in (0..<3).map { (row + down) * 6 + column + $0 } }
        }
      }
      #expect(windows.count == lists.count && windows.size == 6 && windows.neurons == 30)
      let found = try PatternChain([junction]).scatter(inputs: windows).forward
      #expect(
        abs(found - scatter(IntegerMatrix(junction), windows: lists, degree: 8)) < 1e-12)
    }
  }

  @Test("several junctions are measured by their paths", arguments: 0..<6 as Range<UInt64>)
  func chains(seed: UInt64) throws {
    let sizes = [[24, 12, 6], [30, 20, 10, 5], [16, 40, 16], [9, 9, 9, 9]][Int(seed % 4)]
    let patterns = try zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
      try PatternCase(
        family: .balanced, inputs: size.0, outputs: size.1, density: 0.3
      ).make(seed: seed + UInt64(index))
    }
    let windows = try ScatterWindows(neurons: sizes[0], size: 3)
    let found = try PatternChain(patterns).scatter(
      inputs: windows, outputs: ScatterWindows(neurons: sizes[sizes.count - 1], size: 2))
    let paths = IntegerMatrix(pathsOf: patterns)
    let into = patterns.reduce(1.0) { $0 * Double($1.edgeCount) / Double($1.outputs) }
    let out = patterns.reduce(1.0) { $0 * Double($1.edgeCount) / Double($1.inputs) }
    let forward = scatter(paths, windows: runs(sizes[0], 3, 3), degree: into)
    let backward = scatter(paths.transposed, windows: runs(paths.rows, 2, 2), degree: out)
    #expect(abs(found.forward - forward) < 1e-12)
    #expect(abs(found.backward - backward) < 1e-12)
  }

  @Test("the smallest windows have a whole ideal")
  func smallest() {
    #expect(ScatterWindows.smallest(neurons: 800, degree: 160).size == 5)
    #expect(ScatterWindows.smallest(neurons: 784, degree: 196).size == 4)
    #expect(ScatterWindows.smallest(neurons: 12, degree: 8).size == 3)
    #expect(ScatterWindows.smallest(neurons: 10, degree: 40).size == 1)
    #expect(ScatterWindows.smallest(neurons: 10, degree: 2.5).size == 4)
    #expect(ScatterWindows.smallest(neurons: 10, degree: 0.01).size == 10)
    #expect(ScatterWindows.smallest(neurons: 10, degree: 0).size == 10)
  }

  @Test("windows that do not fit are refused, naming the numbers")
  func refused() throws {
    for (neurons, size, step) in [(4, 5, 1), (4, 0, 1), (4, 2, 0), (0, 1, 1), (4, -1, 1)] {
      let error = #expect(throws: SparseError.self) {
        try ScatterWindows(neurons: neurons, size: size, step: step)
      }
      #expect(error?.message.contains("\(size) at a distance of \(step)") == true)
    }
    #expect(throws: SparseError.self) {
      try ScatterWindows(
        imageRows: 1 << 40, imageColumns: 1 << 40, patchRows: 2, patchColumns: 2)
    }
    let chain = try PatternChain([try pattern(inputs: 4, [[0], [1]])])
    let error = #expect(throws: SparseError.self) {
      try chain.scatter(inputs: ScatterWindows(neurons: 5, size: 1))
    }
    #expect(error?.message.contains("5 neurons, but the layer has 4") == true)
  }
}
