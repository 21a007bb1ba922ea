// MARK: - Matrix Market, out

extension Pattern {
  /// Returns the pattern as a Matrix Market file, `coordinate pattern general`.
  ///
  /// Rows are outputs (right neurons), columns are inputs (left neurons), both counted from 1 as the
  /// format demands; entries come in row order. The recipe, if any, is written as a comment.
  ///
  /// - Returns: The whole file.
  /// - Complexity: O(*outputs* + *edges*).
  public func matrixMarketText() -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(160 + 14 * edgeCount)
    bytes.append(contentsOf: "%%MatrixMarket matrix coordinate pattern general\n".utf8)
    bytes.append(contentsOf: "% Rows are outputs, columns are inputs.\n".utf8)
    if let recipe {
      bytes.append(contentsOf: "% \(recipe)\n".utf8)
    }
    bytes.append(contentsOf: "\(outputs) \(inputs) \(edgeCount)\n".utf8)

    let columns = columns
    for row in 0..<outputs {
      for position in rowOffsets[row]..<rowOffsets[row + 1] {
        bytes.append(decimal: row + 1)
        bytes.append(UInt8(ascii: " "))
        bytes.append(decimal: Int(columns[position]) + 1)
        bytes.append(UInt8(ascii: "\n"))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

// MARK: - Matrix Market, in

extension Pattern {
  /// Creates a pattern from the text of a Matrix Market file.
  ///
  /// - Parameters:
  ///   - text: The whole file; see `init(matrixMarketBytes:source:)`.
  ///   - source: What to call the file in messages, such as its path.
  /// - Throws: `SparseError` naming the line that breaks the format.
  public init(matrixMarketText text: String, source: String) throws {
    try self.init(matrixMarketBytes: Array(text.utf8), source: source)
  }

  /// Creates a pattern from the bytes of a Matrix Market file.
  ///
  /// Rows are outputs, columns are inputs. Accepted is `matrix coordinate`, `general`, with field
  /// `pattern`, or `real` or `integer`, whose values are checked to be numbers and then ignored: an
  /// entry is an edge even when its value is zero. Entries may come in any order, each once.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - source: What to call the file in messages, such as its path.
  /// - Throws: `SparseError` naming the line that breaks the format, or what is not supported.
  /// - Complexity: O(*bytes* + *outputs*), and sorting the rows whose entries are unsorted.
  public init(matrixMarketBytes bytes: [UInt8], source: String) throws {
    var reader = try MatrixMarketReader(bytes, source: source)
    let shape = reader.shape
    var rows: [UInt32] = []
    var columns: [UInt32] = []
    rows.reserveCapacity(reader.plausibleEntries)
    columns.reserveCapacity(reader.plausibleEntries)
    while let entry = try reader.nextEntry() {
      rows.append(UInt32(entry.row))
      columns.append(UInt32(entry.column))
    }
    try self.init(outputs: shape.outputs, inputs: shape.inputs, rows: rows, columns: columns) {
      try Self.duplicate(row: $0, column: $1, in: bytes, source: source)
    }
  }

  /// Reads the file again to name both lines of an entry that it holds twice.
  private static func duplicate(
    row: Int,
    column: Int,
    in bytes: [UInt8],
    source: String
  ) throws -> SparseError {
    var reader = try MatrixMarketReader(bytes, source: source)
    var lines: [Int] = []
    while lines.count < 2, let entry = try reader.nextEntry() {
      if entry.row == row, entry.column == column { lines.append(reader.line) }
    }
    return reader.corrupt(
      "entry (\(row + 1), \(column + 1)) repeats the one of line \(lines.first ?? 0)"
    )
  }
}
