import SparseCore
import Testing

@Suite("Degree statistics and density grids") struct DegreeStatisticsTests {
  @Test("count what a small pattern shows to the eye")
  func byHand() throws {
    // 0 1 2 3 4
    // x . x . .
    // . . . . .
    // x x x . .
    let small = try pattern(inputs: 5, [[0, 2], [], [0, 1, 2]])
    let into = small.inDegreeStatistics
    #expect(into.histogram.map { [$0.degree, $0.neurons] } == [[0, 1], [2, 1], [3, 1]])
    #expect(into.minimum == 0 && into.maximum == 3 && into.dead == 1)
    #expect(abs(into.mean - 5.0 / 3) < 1e-15)
    let out = small.outDegreeStatistics
    #expect(out.histogram.map { [$0.degree, $0.neurons] } == [[0, 2], [1, 1], [2, 2]])
    #expect(out.dead == 2 && out.mean == 1)
    #expect(DegreeStatistics([]).histogram.isEmpty && DegreeStatistics([]).dead == 0)
  }

  @Test("bins cover every degree once, whatever their number", arguments: 1...12)
  func bins(count: Int) throws {
    let degrees = try drawnPattern(inputs: 40, outputs: 90, density: 0.3, seed: 1).inDegrees
    let statistics = DegreeStatistics(degrees)
    let bins = statistics.bins(atMost: count)
    #expect(bins.count <= count)
    #expect(Set(bins.map(\.degrees.count)).count == 1)
    for (left, right) in zip(bins, bins.dropFirst()) {
      #expect(left.degrees.upperBound + 1 == right.degrees.lowerBound)
    }
    for bin in bins {
      #expect(bin.neurons == degrees.filter { bin.degrees.contains($0) }.count)
    }
    #expect(bins.reduce(0) { $0 + $1.neurons } == degrees.count)
  }

  @Test(
    "a grid's cells have the density of the neurons that fall into them",
    arguments: [(7, 5), (7, 100), (100, 5), (1, 1), (30, 20), (100, 100)])
  func grid(rows: Int, columns: Int) throws {
    let large = try drawnPattern(inputs: 33, outputs: 47, density: 0.2, seed: 2)
    let grid = DensityGrid(large, maximumRows: rows, maximumColumns: columns)
    #expect(grid.rows == min(rows, 47) && grid.columns == min(columns, 33))
    let matrix = IntegerMatrix(large)
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        let outputs = (0..<47).filter { $0 * grid.rows / 47 == row }
        let inputs = (0..<33).filter { $0 * grid.columns / 33 == column }
        let edges = outputs.reduce(0) { sum, output in
          sum + inputs.reduce(0) { $0 + matrix[output, $1] }
        }
        #expect(grid[row, column] == Double(edges) / Double(outputs.count * inputs.count))
      }
    }
    #expect(grid.maximum == grid.densities.max())
  }
}
