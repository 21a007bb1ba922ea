// MARK: - Entries in any order

extension Pattern {
  /// Creates a pattern from entries in any order.
  ///
  /// - Parameters:
  ///   - outputs: Number of right neurons.
  ///   - inputs: Number of left neurons.
  ///   - rows: The output of each entry, in `0..<outputs`.
  ///   - columns: The input of each entry, in `0..<inputs`.
  ///   - repeated: Makes the error for an entry that is given twice.
  /// - Throws: `SparseError`, or what `repeated` makes or throws.
  /// - Precondition: There are as many rows as columns, and all are in range.
  /// - Complexity: O(*outputs* + *entries*), and sorting the rows whose entries are unsorted.
  package init(
    outputs: Int, inputs: Int, rows: [UInt32], columns: [UInt32],
    repeated: (_ row: Int, _ column: Int) throws -> SparseError
  ) throws {
    precondition(rows.count == columns.count, "\(rows.count) rows, \(columns.count) columns")
    var offsets = [Int](repeating: 0, count: outputs + 1)
    for row in rows { offsets[Int(row) + 1] += 1 }
    for row in 0..<outputs { offsets[row + 1] += offsets[row] }

    // A counting sort by row; within a row the order of the entries remains.
    var next = offsets
    var sorted = [UInt32](repeating: 0, count: columns.count)
    for (row, column) in zip(rows, columns) {
      sorted[next[Int(row)]] = column
      next[Int(row)] += 1
    }
    for row in 0..<outputs {
      guard let column = Self.sort(offsets[row]..<offsets[row + 1], of: &sorted) else { continue }
      throw try repeated(row, Int(column))
    }
    try self.init(outputs: outputs, inputs: inputs, rowOffsets: offsets, columns: sorted)
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
