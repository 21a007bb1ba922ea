public import SparseCore

/// Reads and writes files that hold the pattern of one junction.
///
///     let pattern = try PatternFile.read("pattern.mtx", as: .matrixMarket)
///     try PatternFile.write(pattern, to: "pattern.npz", as: .npz)
public enum PatternFile {
  /// The form of a file.
  public enum Format: String, CaseIterable, Sendable {
    /// Matrix Market: `coordinate pattern general`, rows are outputs.
    case matrixMarket = "mtx"
    /// What `scipy.sparse.save_npz` writes and `load_npz` reads, rows are outputs.
    case npz
    /// Comma-separated edges: `input,output`, counted from 0.
    case edgeList = "csv"

    /// The format that a file's name stands for.
    ///
    /// - Parameter path: A name that should end in `.mtx`, `.npz` or `.csv`, in letters of any case.
    public init?(path: String) {
      guard let dot = path.lastIndex(of: ".") else { return nil }
      self.init(rawValue: path[path.index(after: dot)...].lowercased())
    }
  }

  /// Finds out the form of a file by its name, or else by how it begins.
  ///
  /// - Parameter path: The file.
  /// - Returns: The form, or `nil` when this is no pattern file; it may then be a model.
  /// - Throws: `SparseError.Code.fileSystem` when a file without a telling name cannot be read.
  public static func format(of path: String) throws -> Format? {
    if let format = Format(path: path) { return format }
    let file = try BoundedFile(path: path, maximumBytes: DataLimits.fileBytes)
    return switch try file.bytes(in: 0..<min(2, file.byteCount)) {
    case Array("%%".utf8): .matrixMarket
    case Array("PK".utf8): .npz
    default: nil
    }
  }

  /// Reads a pattern.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - format: Its form.
  /// - Returns: The pattern, without a recipe.
  /// - Throws: `SparseError.Code.corruptFile` or `invalidPattern` naming the place when the file holds
  ///   no pattern, `unsupported` when it is of another kind, `fileSystem` when it cannot be read.
  public static func read(_ path: String, as format: Format) throws -> Pattern {
    switch format {
    case .matrixMarket: try Pattern(matrixMarketBytes: bytes(of: path), source: path)
    case .npz: try SciPyMatrix(path: path).pattern()
    case .edgeList: try Pattern(edgeListBytes: bytes(of: path), source: path)
    }
  }

  /// Lists what is wrong with a file that cannot be read.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - format: Its form.
  ///   - error: What `read(_:as:)` threw.
  /// - Returns: All faults of a text file; of an NPZ file the one that was thrown.
  /// - Throws: `SparseError.Code.fileSystem` when the file cannot be read again.
  package static func faults(
    of path: String, as format: Format, after error: SparseError
  ) throws -> PatternFaults {
    let faults: PatternFaults
    switch format {
    case .matrixMarket: faults = PatternFaults(matrixMarketBytes: try bytes(of: path), source: path)
    case .npz: return PatternFaults(error)
    case .edgeList: faults = PatternFaults(edgeListBytes: try bytes(of: path), source: path)
    }
    // A file that was corrected meanwhile has none.
    return faults.count == 0 ? PatternFaults(error) : faults
  }

  /// Writes a pattern; a previous file stays whole until the new one is complete.
  ///
  /// - Parameters:
  ///   - pattern: What to write.
  ///   - path: Where to.
  ///   - format: The form.
  /// - Throws: `SparseError.Code.fileSystem` when the file cannot be written.
  public static func write(_ pattern: Pattern, to path: String, as format: Format) throws {
    let bytes =
      switch format {
      case .matrixMarket: Array(pattern.matrixMarketText().utf8)
      case .npz: try pattern.npzBytes()
      case .edgeList: Array(pattern.edgeListText().utf8)
      }
    try AtomicFile.write(to: path, expectedBytes: bytes.count) { try $0.write(bytes) }
  }

  private static func bytes(of path: String) throws -> [UInt8] {
    try BoundedFile.read(path: path, maximumBytes: DataLimits.patternTextBytes)
  }
}
