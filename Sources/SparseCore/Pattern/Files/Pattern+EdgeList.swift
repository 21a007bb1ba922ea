// MARK: - Comma-separated edges

extension Pattern {
  /// Returns the pattern as comma-separated values, a line `input,output` for each edge.
  ///
  /// Both are counted from 0; edges come in row order. A comment with the sizes stands first, so that
  /// layers whose last neurons have no edge are read back as they were, then the heading. NumPy's
  /// `loadtxt(file, delimiter=",", skiprows=2)` and pandas' `read_csv(file, comment="#")` read it.
  ///
  /// - Returns: The whole file.
  /// - Complexity: O(*outputs* + *edges*).
  public func edgeListText() -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(80 + 14 * edgeCount)
    bytes += Array(
      "\(EdgeListReader.comment(for: storage.shape))\n\(EdgeListReader.heading)\n".utf8)
    for row in 0..<outputs {
      for edge in edges(ofRow: row) {
        bytes.append(decimal: Int(columns[edge]))
        bytes.append(UInt8(ascii: ","))
        bytes.append(decimal: row)
        bytes.append(UInt8(ascii: "\n"))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Creates a pattern from comma-separated edges.
  ///
  /// - Parameters:
  ///   - bytes: The whole file, in the form of `edgeListText()`; the edges in any order, each once.
  ///     Without the comment that says the sizes, the largest numbers decide.
  ///   - source: What to call the file in messages, such as its path.
  /// - Throws: `SparseError` naming the line that breaks the format.
  /// - Complexity: O(*bytes* + *outputs*), and sorting the rows whose edges are unsorted.
  public init(edgeListBytes bytes: [UInt8], source: String) throws {
    try self.init(readingEdges: { try EdgeListReader(bytes, source: source) })
  }
}
