import SparseCore

/// A CSV file taken apart into features and labels.
struct CSVTable {
  /// The values of one label column, each distinct one stored once.
  struct Labels {
    /// The distinct values, in the order they were met.
    private(set) var values: [String] = []
    /// How often each of them was met, and on which line first.
    private(set) var counts: [Int] = []
    private(set) var firstLines: [Int] = []
    /// For each sample the index of its value.
    private(set) var indices: [Int32] = []
    private var known: [String: Int32] = [:]

    /// Adds the label of the next sample.
    mutating func append(_ value: String, line: Int) {
      let index = known[value] ?? Int32(clamping: values.count)
      if Int(index) == values.count {
        known[value] = index
        values.append(value)
        counts.append(0)
        firstLines.append(line)
      }
      counts[Int(index)] += 1
      indices.append(index)
    }
  }

  let path: String
  let layout: CSVLayout
  /// Of shape `[samples, layout.featureCount]`, all finite.
  private(set) var features: [Float] = []
  /// One per label column of the layout.
  private(set) var labels: [Labels]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: A CSV file, perhaps compressed by gzip.
  ///   - labelColumns: Label columns by name or by index from 0; empty means `label`, else the last.
  ///   - isLabeled: Whether there must be a label column; if not, empty means `label`, else none.
  ///   - chunkBytes: How much to read at once.
  /// - Throws: `SparseError` that names the file, the line, the column and the value.
  init(
    path: String, labelColumns: [String], isLabeled: Bool = true, chunkBytes: Int = 1 << 20
  ) throws {
    var reader = try CSVChunkReader(path: path, chunkBytes: chunkBytes)
    var rows: ArraySlice<(line: Int, cells: [String])> = []
    // A file may begin with lines that are empty.
    while rows.isEmpty, let chunk = try reader.next() { rows = try Self.records(of: chunk)[...] }
    guard let first = rows.first else {
      throw SparseError(.corruptFile, "\(path): is empty. Supply a row per sample.")
    }
    layout = try prefixingErrors(with: "\(path) line \(first.line)") {
      try CSVLayout(firstRow: first.cells, labels: labelColumns, isLabeled: isLabeled)
    }
    labels = layout.labelColumns.map { _ in Labels() }
    self.path = path
    if layout.header != nil { rows = rows.dropFirst() }
    try append(rows)
    while let chunk = try reader.next() { try append(Self.records(of: chunk)[...]) }
    guard !features.isEmpty else {
      throw SparseError(
        .corruptFile,
        "\(path): has a header but no samples. Supply a row per sample."
      )
    }
  }

  /// The records of a chunk without the empty lines.
  private static func records(of chunk: CSVChunk) throws -> [(line: Int, cells: [String])] {
    zip(chunk.lines, try chunk.rows()).filter { $0.1 != [""] }.map { (line: $0.0, cells: $0.1) }
  }

  private mutating func append(_ rows: ArraySlice<(line: Int, cells: [String])>) throws {
    let isLabel = (0..<layout.columnCount).map { layout.labelColumns.contains($0) }
    for (line, cells) in rows {
      guard cells.count == layout.columnCount else {
        throw SparseError(
          .corruptFile,
          "\(path) line \(line): has \(cells.count) columns, but the first row has "
            + "\(layout.columnCount). Correct the line."
        )
      }
      for (column, cell) in cells.enumerated() where !isLabel[column] {
        features.append(try number(cell, line, column))
      }
      for (index, column) in layout.labelColumns.enumerated() {
        let value = trimmed(cells[column])
        guard !value.isEmpty else {
          throw SparseError(
            .corruptFile,
            "\(path) line \(line), \(layout.describe(column: column)): the label is missing. "
              + "Supply it or remove the line."
          )
        }
        labels[index].append(value, line: line)
        guard labels[index].values.count <= DataLimits.classes else {
          throw SparseError(
            .corruptFile,
            "\(path) line \(line), \(layout.describe(column: column)): '\(value)' is label "
              + "\(labels[index].values.count); at most \(DataLimits.classes) are accepted. Check "
              + "that this column holds labels, not measurements."
          )
        }
      }
    }
  }

  private func number(_ cell: String, _ line: Int, _ column: Int) throws -> Float {
    if let value = Float(cell) ?? Float(trimmed(cell)), value.isFinite { return value }
    throw SparseError(
      .corruptFile,
      "\(path) line \(line), \(layout.describe(column: column)): '\(cell)' is no finite number in "
        + "single precision. Correct it, or remove the line or the column."
    )
  }
}
