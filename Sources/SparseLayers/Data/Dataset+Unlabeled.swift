import SparseCore

extension Dataset {
  /// Reads samples without labels from one file.
  ///
  /// The first bytes tell the kind of file: IDX (images, or rows of bytes), NPY or NPZ (an array of
  /// the shape `[samples, features]` or `[samples, rows, columns]`), else CSV (a sample a line, with
  /// or without a header). All but NPZ may be compressed by gzip.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - array: The array of an NPZ file; without it the only one, else `xte`.
  ///   - labelColumns: Columns of a CSV file to leave out, by name or by index from 0; empty means
  ///     `label` where there is such a column.
  /// - Returns: The samples, with no targets.
  /// - Throws: `SparseError` that names the file, the place in it, the value and the remedy.
  public static func unlabeled(
    path: String,
    array: String? = nil,
    labelColumns: [String] = []
  ) throws -> Dataset {
    let start = try firstBytes(of: path)
    let isNPZ = start.starts(with: Array("PK".utf8))
    guard isNPZ || array == nil else {
      throw SparseError(
        .invalidArgument,
        "\(path): is no NPZ file, so it has no array '\(array ?? "")'. Do not name an array."
      )
    }
    if isNPZ {
      let file = try NPZFile(path: path)
      let name = try array ?? defaultArray(of: file)
      return try samples(file.array(named: name), "\(path): array '\(name)'")
    }
    if start.starts(with: [0x93]) { return try samples(NPYArray(path: path), path) }
    if start.starts(with: [0, 0]) { return try images(path, rank: start.last == 2 ? 2 : 3) }
    let table = try CSVTable(path: path, labelColumns: labelColumns, isLabeled: false)
    return try prefixingErrors(with: path) {
      try Dataset(
        unlabeled: .floats(table.features), featureCount: table.layout.featureCount,
        featureNames: table.layout.featureNames)
    }
  }

  /// The first four bytes of a file's contents, decompressed; fewer when there are not as many.
  private static func firstBytes(of path: String) throws -> [UInt8] {
    var reader = try GzipReader(path: path)
    var bytes = [UInt8](repeating: 0, count: 4)
    let count = try reader.read(into: &bytes, 0..<bytes.count)
    return Array(bytes.prefix(count))
  }

  private static func defaultArray(of file: borrowing NPZFile) throws -> String {
    if file.names.count == 1 { return file.names[0] }
    guard file.names.contains("xte") else {
      throw SparseError(
        .invalidArgument,
        "\(file.path): which of its arrays holds the samples is not clear; it has \(file.namesExcerpt). "
          + "Name one."
      )
    }
    return "xte"
  }

  private static func samples(_ array: NPYArray, _ place: String) throws -> Dataset {
    let (features, featureCount) = try NPZDataset.features(array, place)
    return try prefixingErrors(with: place) {
      try Dataset(unlabeled: features, featureCount: featureCount)
    }
  }

  private static func images(_ path: String, rank: Int) throws -> Dataset {
    let file = try IDXFile(path: path, rank: rank)
    let shape =
      rank == 3 ? ImageShape(rows: file.dimensions[1], columns: file.dimensions[2]) : nil
    return try prefixingErrors(with: path) {
      try Dataset(
        unlabeled: .bytes(file.bytes),
        featureCount: shape?.pixelCount ?? file.dimensions[1],
        imageShape: shape
      )
    }
  }
}
