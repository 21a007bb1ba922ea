// MARK: - Entries in any order

extension Pattern {
  /// Creates a pattern from its edges, in any order.
  ///
  ///     let pattern = try Pattern(inputs: 3, outputs: 2, edges: [(0, 0), (2, 0), (1, 1)])
  ///
  /// - Parameters:
  ///   - inputs: Number of left neurons, at least 1.
  ///   - outputs: Number of right neurons, at least 1.
  ///   - edges: The two neurons that each edge joins, both counted from 0.
  /// - Throws: `SparseError` naming an edge that is out of range or given twice.
  /// - Complexity: O(*outputs* + *edges*), and sorting the rows whose edges are unsorted.
  public init(inputs: Int, outputs: Int, edges: [(input: Int, output: Int)]) throws {
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    for (position, edge) in edges.enumerated() {
      guard (0..<inputs).contains(edge.input), (0..<outputs).contains(edge.output) else {
        throw Self.broken(
          "edge \(position) joins input \(edge.input) and output \(edge.output), but there are "
            + "\(shape), counted from 0")
      }
    }
    try self.init(
      inputs: inputs, outputs: outputs, rows: edges.map { UInt32($0.output) },
      columns: edges.map { UInt32($0.input) }
    ) { output, input in
      Self.broken("the edge from input \(input) to output \(output) is given twice")
    }
  }

  /// Creates a pattern from entries in any order.
  ///
  /// - Parameters:
  ///   - inputs: Number of left neurons.
  ///   - outputs: Number of right neurons.
  ///   - rows: The output of each entry, in `0..<outputs`.
  ///   - columns: The input of each entry, in `0..<inputs`.
  ///   - repeated: Makes the error for an entry that is given twice.
  /// - Throws: `SparseError`, or what `repeated` makes or throws.
  /// - Precondition: There are as many rows as columns, and all are in range.
  /// - Complexity: O(*outputs* + *entries*), and sorting the rows whose entries are unsorted.
  package init(
    inputs: Int, outputs: Int, rows: [UInt32], columns: [UInt32],
    repeated: (_ row: Int, _ column: Int) throws -> SparseError
  ) throws {
    precondition(rows.count == columns.count, "\(rows.count) rows, \(columns.count) columns")
    // A counting sort by row; within a row the order of the entries remains. Many rows may have few
    // entries, so there is one array of a number for each: row r is counted at r + 2, and at r + 1
    // stands where its next entry goes, which in the end is where the next row starts.
    var offsets = [Int](repeating: 0, count: outputs + 2)
    for row in rows { offsets[Int(row) + 2] += 1 }
    for row in 0..<outputs { offsets[row + 2] += offsets[row + 1] }
    var sorted = [UInt32](repeating: 0, count: columns.count)
    for (row, column) in zip(rows, columns) {
      sorted[offsets[Int(row) + 1]] = column
      offsets[Int(row) + 1] += 1
    }
    offsets.removeLast()
    for row in 0..<outputs {
      guard let column = Self.sort(offsets[row]..<offsets[row + 1], of: &sorted) else { continue }
      throw try repeated(row, Int(column))
    }
    try self.init(inputs: inputs, outputs: outputs, rowOffsets: offsets, columns: sorted)
  }

  /// Sorts a range where it is not sorted yet, and returns a number that it holds twice, if any.
  private static func sort(_ range: Range<Int>, of columns: inout [UInt32]) -> UInt32? {
    let isIncreasing = { (columns: [UInt32]) in
      range.dropFirst().first { columns[$0 - 1] >= columns[$0] } == nil
    }
    if isIncreasing(columns) { return nil }
    columns[range].sort()
    return range.dropFirst().first { columns[$0 - 1] == columns[$0] }.map { columns[$0] }
  }
}
