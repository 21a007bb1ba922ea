import SparseCore

/// Reads the connections of a sparse matrix that `scipy.sparse.save_npz` wrote: CSR, CSC or COO.
///
/// Rows are outputs, columns are inputs. Values are not looked at: a stored entry is an edge even when
/// its value is zero, as in a Matrix Market file. Every array is bounded, by what the shape allows,
/// before it is read.
struct SciPyMatrix: ~Copyable {
  private let file: NPZFile
  private let rows: Int
  private let columns: Int

  /// The most bytes of the header of an array, and of the arrays that hold no entries.
  private static let smallBytes = 1 << 14

  /// Opens a file and reads the matrix's shape.
  ///
  /// - Parameter path: An NPZ file.
  /// - Throws: `SparseError` when it holds no matrix, or one too large for a pattern.
  init(path: String) throws {
    let file = try NPZFile(path: path)
    (rows, columns) = try Self.shape(of: file)
    self.file = file
  }

  private static func shape(of file: borrowing NPZFile) throws -> (rows: Int, columns: Int) {
    guard file.names.contains("format"), file.names.contains("shape") else {
      throw SparseError(
        .corruptFile,
        "\(file.path): holds no sparse matrix: 'format' and 'shape' are missing. Save it with "
          + "scipy.sparse.save_npz.")
    }
    let shape = try file.array(named: "shape", maximumBytes: smallBytes).integers ?? []
    let possible = 1...Int64(Pattern.maximumNeurons)
    guard shape.count == 2, possible.contains(shape[0]), possible.contains(shape[1]) else {
      throw SparseError(
        .corruptFile,
        "\(file.path): has the shape (\(shape.prefix(8).map { "\($0)" }.joined(separator: ", "))); "
          + "(rows, columns) is needed, each between 1 and \(Pattern.maximumNeurons).")
    }
    return (Int(shape[0]), Int(shape[1]))
  }

  /// Makes the pattern.
  ///
  /// - Returns: The pattern.
  /// - Throws: `SparseError` naming the file, the array and the value that breaks a rule.
  func pattern() throws -> Pattern {
    let format = try file.array(named: "format", maximumBytes: Self.smallBytes)
    guard case .strings(let names) = format.elements, names.count == 1 else {
      throw SparseError(
        .corruptFile, "\(file.path): array 'format' is no text. Save it with scipy.sparse.save_npz."
      )
    }
    switch names[0] {
    case "csr": return try compressed(rows: rows, columns: columns)
    case "csc":
      // The same arrays as those of the transposed matrix in CSR.
      let transpose = try compressed(rows: columns, columns: rows).transpose
      return try Pattern(
        inputs: columns, outputs: rows, rowOffsets: transpose.rowOffsets, columns: transpose.rows)
    case "coo": return try coordinates()
    default:
      throw SparseError(
        .unsupported,
        "\(file.path): is a matrix of format '\(names[0].prefix(20))'; csr, csc and coo are read. "
          + "Save matrix.tocsr().")
    }
  }

  private func compressed(rows: Int, columns: Int) throws -> Pattern {
    let offsets = try numbers("indptr", count: rows + 1, upTo: Pattern.maximumEdges)
    let entries = Int(offsets[rows])
    try check(entries: entries)
    let indices = try numbers("indices", count: entries, upTo: columns - 1)
    do {
      return try Pattern(
        inputs: columns, outputs: rows, rowOffsets: offsets.map { Int($0) }, columns: indices)
    } catch let error as SparseError {
      throw SparseError(
        error.code,
        "\(file.path): \(error.message) SciPy's matrix.sum_duplicates() sorts the indices and merges "
          + "those that are given twice.")
    }
  }

  private func coordinates() throws -> Pattern {
    let entryRows: [UInt32]
    let entryColumns: [UInt32]
    if file.names.contains("coords") {
      let both = try integers("coords", count: nil)
      guard both.count % 2 == 0 else {
        throw SparseError(
          .corruptFile,
          "\(file.path): array 'coords' has \(both.count) elements, which are not one row and one "
            + "column for each entry. Save it again with scipy.sparse.save_npz.")
      }
      let half = both.count / 2
      entryRows = try inRange(both[..<half], "coords", upTo: rows - 1)
      entryColumns = try inRange(both[half...], "coords", upTo: columns - 1)
    } else {
      entryRows = try numbers("row", count: nil, upTo: rows - 1)
      entryColumns = try numbers("col", count: entryRows.count, upTo: columns - 1)
    }
    try check(entries: entryRows.count)
    return try Pattern(inputs: columns, outputs: rows, rows: entryRows, columns: entryColumns) {
      SparseError(
        .corruptFile,
        "\(file.path): the entry of row \($0) and column \($1) is given twice. SciPy's "
          + "matrix.sum_duplicates() merges such entries.")
    }
  }

  private var maximumEntries: Int { min(rows * columns, Pattern.maximumEdges) }

  private func check(entries: Int) throws {
    guard entries <= maximumEntries else {
      throw SparseError(
        .corruptFile,
        "\(file.path): has \(entries) entries, but \(rows) rows and \(columns) columns have at most "
          + "\(maximumEntries). Save it again with scipy.sparse.save_npz.")
    }
  }

  /// Reads an array of whole numbers from 0 to `largest`.
  private func numbers(_ name: String, count: Int?, upTo largest: Int) throws -> [UInt32] {
    try inRange(integers(name, count: count)[...], name, upTo: largest)
  }

  private func integers(_ name: String, count: Int?) throws -> [Int64] {
    let mostElements = count ?? 2 * maximumEntries
    let array = try file.array(
      named: name, maximumBytes: min(DataLimits.arrayBytes, Self.smallBytes + 8 * mostElements))
    guard let values = array.integers else {
      throw SparseError(
        .corruptFile,
        "\(file.path): array '\(name)' holds no whole numbers. Save it with scipy.sparse.save_npz.")
    }
    guard count == nil || values.count == count else {
      throw SparseError(
        .corruptFile,
        "\(file.path): array '\(name)' has \(values.count) elements, but \(count ?? 0) are needed. "
          + "Save it again with scipy.sparse.save_npz.")
    }
    return values
  }

  private func inRange(
    _ values: ArraySlice<Int64>, _ name: String, upTo largest: Int
  ) throws -> [UInt32] {
    try values.indices.map { position in
      guard values[position] >= 0, values[position] <= largest else {
        throw SparseError(
          .corruptFile,
          "\(file.path): array '\(name)' has \(values[position]) at position \(position), outside "
            + "0...\(largest). Correct it, or save it again with scipy.sparse.save_npz.")
      }
      return UInt32(values[position])
    }
  }
}
