/// A pattern seen from afar: the density of each cell of a grid laid over its matrix.
///
/// Cells differ by at most one row and one column in size, and each density is relative to its own
/// cell, so that an even pattern gives an even grid. Where the pattern fits the grid, a cell is one
/// possible connection, and its density 0 or 1.
public struct DensityGrid: Sendable {
  /// The rows of cells; the outputs, or fewer.
  public let rows: Int

  /// The columns of cells; the inputs, or fewer.
  public let columns: Int

  /// The density of each cell, row-major: `[rows × columns]`.
  public let densities: [Double]

  /// The density of the densest cell.
  public let maximum: Double

  /// Lays a grid over a pattern.
  ///
  /// - Parameters:
  ///   - pattern: What to look at.
  ///   - maximumRows: The most rows of cells, at least 1.
  ///   - maximumColumns: The most columns of cells, at least 1.
  /// - Precondition: `maximumRows * maximumColumns` numbers fit the memory.
  /// - Complexity: O(*edges* + *rows* · *columns*).
  public init(_ pattern: Pattern, maximumRows: Int, maximumColumns: Int) {
    precondition(
      maximumRows >= 1 && maximumColumns >= 1, "\(maximumRows)×\(maximumColumns) cells show nothing"
    )
    rows = min(maximumRows, pattern.outputs)
    columns = min(maximumColumns, pattern.inputs)
    var counts = [Int](repeating: 0, count: rows * columns)
    for output in 0..<pattern.outputs {
      let start = output * rows / pattern.outputs * columns
      for edge in pattern.edges(ofRow: output) {
        counts[start + Int(pattern.columns[edge]) * columns / pattern.inputs] += 1
      }
    }
    let heights = Self.sizes(of: rows, over: pattern.outputs)
    let widths = Self.sizes(of: columns, over: pattern.inputs)
    let width = columns
    densities = counts.enumerated().map { cell, count in
      Double(count) / Double(heights[cell / width] * widths[cell % width])
    }
    maximum = densities.max() ?? 0
  }

  /// How many neurons each of some cells has: those whose index times `cells / neurons` lies in it.
  private static func sizes(of cells: Int, over neurons: Int) -> [Int] {
    func start(_ cell: Int) -> Int { (cell * neurons + cells - 1) / cells }
    return (0..<cells).map { start($0 + 1) - start($0) }
  }

  /// The density of a cell.
  ///
  /// - Parameters:
  ///   - row: A row of cells, in `0..<rows`.
  ///   - column: A column of cells, in `0..<columns`.
  public subscript(row: Int, column: Int) -> Double { densities[row * columns + column] }
}
