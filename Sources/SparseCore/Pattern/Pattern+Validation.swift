// MARK: - The rules of a pattern

extension Pattern {
  /// Checks that compressed sparse rows describe a pattern.
  ///
  /// - Throws: `SparseError` naming the row, position and value that break a rule.
  static func validate(_ shape: JunctionShape, rowOffsets: [Int], columns: [UInt32]) throws {
    guard columns.count <= maximumEdges else {
      throw broken("\(columns.count) edges are given, but at most \(maximumEdges) are possible")
    }
    try validate(rowOffsets: rowOffsets, shape: shape, edges: columns.count)

    let inputs = UInt32(shape.inputs)
    for row in 0..<shape.outputs {
      var previous: UInt32?
      for position in rowOffsets[row]..<rowOffsets[row + 1] {
        let column = columns[position]
        guard column < inputs else {
          throw broken(
            "row \(row), position \(position): column \(column) is outside 0..<\(inputs)"
          )
        }
        if let previous, column <= previous {
          let fault = column == previous ? "appears twice" : "follows \(previous)"
          throw broken(
            "row \(row), position \(position): column \(column) \(fault); columns must strictly "
              + "increase within a row"
          )
        }
        previous = column
      }
    }
  }

  private static func validate(rowOffsets: [Int], shape: JunctionShape, edges: Int) throws {
    guard rowOffsets.count == shape.outputs + 1 else {
      throw broken(
        "\(rowOffsets.count) row offsets are given, but \(shape.outputs) outputs need "
          + "\(shape.outputs + 1)"
      )
    }
    guard rowOffsets[0] == 0 else {
      throw broken("row 0 starts at \(rowOffsets[0]), but must start at 0")
    }
    for row in 0..<shape.outputs where rowOffsets[row + 1] < rowOffsets[row] {
      throw broken("row \(row) starts at \(rowOffsets[row]), but ends at \(rowOffsets[row + 1])")
    }
    guard rowOffsets[shape.outputs] == edges else {
      throw broken(
        "row \(shape.outputs - 1) ends at \(rowOffsets[shape.outputs]), but \(edges) columns "
          + "are given"
      )
    }
  }

  /// The error for what is no pattern, with the rule that it breaks.
  static func broken(_ rule: String) -> SparseError {
    SparseError(.invalidPattern, "Not a pattern: \(rule). Correct the data it is made from.")
  }
}
