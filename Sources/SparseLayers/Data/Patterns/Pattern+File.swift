public import SparseCore

extension Pattern {
  /// Reads a pattern from a Matrix Market file, an NPZ file of `scipy.sparse.save_npz`, or a CSV file
  /// of edges.
  ///
  /// Rows are outputs (right neurons), columns are inputs (left neurons). Values are ignored: a stored
  /// entry is an edge. SciPy's formats csr, csc and coo are read.
  ///
  /// - Parameter path: The file; what it is shows by its name, or else by its first bytes.
  /// - Throws: `SparseError` naming the file and what is wrong with it: `.corruptFile` for entries that
  ///   are given twice, unsorted where their format wants order, or out of range; `.unsupported` for
  ///   other formats and files that are too large; `.fileSystem` when it cannot be read.
  public init(contentsOf path: String) throws {
    self = try PatternFile.read(path, as: PatternFile.format(of: path) ?? .matrixMarket)
  }
}
