import SparseCore

/// Reads labelled samples from CSV files (RFC 4180, comma-separated, UTF-8, perhaps gzip).
enum CSVDataset {
  /// Reads a directory with `train.csv`, `test.csv` and perhaps `validation.csv`, or a single file,
  /// a fifth of whose samples become the test part.
  ///
  /// - Parameters:
  ///   - path: The directory or the file.
  ///   - labelColumns: Label columns by name or by index from 0; empty means `label`, else the last.
  ///   - seed: Chooses the test samples of a single file.
  /// - Returns: The parts, with the same classes.
  /// - Throws: `SparseError` that names the file, the line, the column and the value.
  static func load(path: String, labelColumns: [String], seed: UInt64) throws -> DatasetParts {
    guard try fileKind(of: path) == .directory else {
      let table = try CSVTable(path: path, labelColumns: labelColumns)
      let whole = try datasets([table])[0]
      return try prefixingErrors(with: path) {
        let (training, test) = try whole.split(fraction: 0.2, seed: seed, purpose: "test split")
        return try DatasetParts(
          training: whole.selecting(training),
          test: whole.selecting(test)
        )
      }
    }
    let trainingPath = try required("train.csv", in: path)
    let testPath = try required("test.csv", in: path)
    var tables: [CSVTable] = []
    for file in [trainingPath, testPath, try find("validation.csv", in: path)].compactMap({ $0 }) {
      let table = try CSVTable(path: file, labelColumns: labelColumns)
      if let first = tables.first { try check(table, fits: first) }
      tables.append(table)
    }
    let parts = try datasets(tables)
    return try prefixingErrors(with: path) {
      try DatasetParts(
        training: parts[0],
        validation: parts.count > 2 ? parts[2] : nil,
        test: parts[1]
      )
    }
  }

  private static func datasets(_ tables: [CSVTable]) throws -> [Dataset] {
    let classes = try tables[0].labels.indices.map { try CSVClasses(of: tables, column: $0) }
    return try tables.map { table in
      try prefixingErrors(with: table.path) {
        try Dataset(
          features: .floats(table.features),
          featureCount: table.layout.featureCount,
          featureNames: table.layout.featureNames,
          targets: classes.indices.map { index in
            Target(
              name: table.layout.labelNames[index],
              classNames: classes[index].names,
              labels: classes[index].encode(table.labels[index])
            )
          }
        )
      }
    }
  }

  private static func check(_ table: CSVTable, fits first: CSVTable) throws {
    guard table.layout.columnCount == first.layout.columnCount else {
      throw SparseError(
        .shapeMismatch,
        "\(table.path) has \(table.layout.columnCount) columns, but \(first.path) has "
          + "\(first.layout.columnCount). Prepare both in the same way."
      )
    }
    guard table.layout == first.layout else {
      throw SparseError(
        .shapeMismatch,
        "\(table.path) and \(first.path) do not have the same header. Give both the same columns "
          + "in the same order, with a header in both or in neither."
      )
    }
  }

  private static func required(_ name: String, in directory: String) throws -> String {
    guard let file = try find(name, in: directory) else {
      throw SparseError(
        .fileSystem,
        "\(directory): has no \(name), with or without .gz. Supply train.csv and test.csv, or name "
          + "a single file."
      )
    }
    return file
  }

  private static func find(_ name: String, in directory: String) throws -> String? {
    try [name, name + ".gz"].map { "\(directory)/\($0)" }.first { try fileKind(of: $0) != nil }
  }
}
