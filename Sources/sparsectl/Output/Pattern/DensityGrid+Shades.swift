import SparseCore

extension DensityGrid {
  /// How many neurons of each side a cell stands for, at most.
  ///
  /// - Parameter pattern: What the grid was laid over.
  /// - Returns: 1 of a side whose neurons have a cell each.
  func neuronsPerCell(of pattern: Pattern) -> (inputs: Int, outputs: Int) {
    ((pattern.inputs + columns - 1) / columns, (pattern.outputs + rows - 1) / rows)
  }

  /// The shade of a cell: 0 where there is no connection, the last one for the densest cell.
  ///
  /// - Parameters:
  ///   - row: The row of the cell.
  ///   - column: Its column.
  ///   - shades: How many shades there are beside 0.
  /// - Returns: A number in `0...shades`.
  func shade(_ row: Int, _ column: Int, of shades: Int) -> Int {
    let density = self[row, column]
    guard density > 0 else { return 0 }
    return Int((density / maximum * Double(shades)).rounded(.up))
  }

  /// What draws the cells of each shade but 0, as SVG paths whose unit is a cell.
  ///
  /// - Parameters:
  ///   - shades: How many shades there are beside 0.
  ///   - run: Draws neighbouring cells of a row: the row, the first column, and how many there are.
  /// - Returns: A path for each shade, the lightest first; empty for one that no cell has.
  func paths(
    shades: Int, drawing run: (_ row: Int, _ column: Int, _ length: Int) -> String
  ) -> [String] {
    var paths = [String](repeating: "", count: shades)
    for row in 0..<rows {
      var column = 0
      while column < columns {
        let (start, shade) = (column, shade(row, column, of: shades))
        while column < columns, self.shade(row, column, of: shades) == shade { column += 1 }
        if shade > 0 { paths[shade - 1] += run(row, start, column - start) }
      }
    }
    return paths
  }
}
