public import SparseCore

extension Pattern {
  /// Reads a pattern from a Matrix Market file, or from an NPZ file of `scipy.sparse.save_npz`.
  ///
  /// Rows are outputs (right neurons), columns are inputs (left neurons). Values are ignored: a stored
  /// entry is an edge. SciPy's formats csr, csc and coo are read.
  ///
  /// - Parameter path: The file; what it is shows by its first bytes.
  /// - Throws: `SparseError` naming the file and what is wrong with it: `.corruptFile` for entries that
  ///   are given twice, unsorted where their format wants order, or out of range; `.unsupported` for
  ///   other formats and files that are too large; `.fileSystem` when it cannot be read.
  public init(contentsOf path: String) throws {
    let start = try BoundedFile(path: path, maximumBytes: DataLimits.fileBytes).firstBytes(2)
    if start == Array("PK".utf8) || path.lowercased().hasSuffix(".npz") {
      self = try SciPyMatrix(path: path).pattern()
    } else {
      let bytes = try BoundedFile.read(path: path, maximumBytes: DataLimits.patternTextBytes)
      try self.init(matrixMarketBytes: bytes, source: path)
    }
  }
}

extension BoundedFile {
  /// The first bytes of the file, fewer when it is shorter.
  fileprivate func firstBytes(_ count: Int) throws -> [UInt8] {
    try bytes(in: 0..<min(count, byteCount))
  }
}
