import SparseCore

/// The classes of one label column, the same for all files of a data set.
struct CSVClasses {
  /// The names; label c means the c-th.
  let names: [String]
  private let isNumbered: Bool
  private let index: [String: Int32]

  /// Finds the classes.
  ///
  /// When all values are whole numbers from 0, a value is its own label and there is one class more
  /// than the largest. Otherwise each distinct value is a class, in the order of their texts.
  ///
  /// - Parameters:
  ///   - tables: All files of the data set.
  ///   - column: Which of their label columns.
  /// - Throws: `SparseError` when there are too many classes, or when the only value that is no number
  ///   stands in the first line and so must be the name of the column.
  init(of tables: [CSVTable], column: Int) throws {
    for table in tables {
      let labels = table.labels[column]
      for (value, line) in zip(labels.values, labels.firstLines) {
        guard let number = Int(value), number >= DataLimits.classes else { continue }
        throw SparseError(
          .corruptFile,
          "\(table.path) line \(line): the label \(value) is too large; labels that are numbers run "
            + "from 0 up to \(DataLimits.classes - 1) at most. Number the classes from 0."
        )
      }
      try Self.refuseHeader(table, labels)
    }
    let values = Set(tables.flatMap { $0.labels[column].values })
    let numbers = values.compactMap(Self.number)
    isNumbered = numbers.count == values.count
    names = isNumbered ? (0...(numbers.max() ?? 0)).map(String.init) : values.sorted()
    guard names.count <= DataLimits.classes else {
      throw SparseError(
        .corruptFile,
        "the files have \(names.count) different labels together; at most \(DataLimits.classes) "
          + "are accepted. Check that the column holds labels, not measurements."
      )
    }
    index = [String: Int32](
      uniqueKeysWithValues: isNumbered
        ? [] : names.enumerated().map { ($0.element, Int32(clamping: $0.offset)) }
    )
  }

  /// The labels of a file as class numbers.
  func encode(_ labels: CSVTable.Labels) -> [Int32] {
    let classes = labels.values.map { value in
      (isNumbered ? Self.number(value) : index[value]) ?? -1
    }
    return labels.indices.map { classes[Int($0)] }
  }

  private static func number(_ value: String) -> Int32? {
    Int32(value).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Columns called 0, 1, 2, … look like a sample whose label is the name of the label column.
  private static func refuseHeader(_ table: CSVTable, _ labels: CSVTable.Labels) throws {
    let texts = labels.values.indices.filter { number(labels.values[$0]) == nil }
    guard table.layout.header == nil, labels.values.count > 1, texts.count == 1,
      labels.counts[texts[0]] == 1, labels.firstLines[texts[0]] == 1,
      Float(labels.values[texts[0]]) == nil
    else { return }
    let name = labels.values[texts[0]]
    throw SparseError(
      .corruptFile,
      "\(table.path) line 1: '\(name)' is the only label that is no number. If the line is a "
        + "header, name '\(name)' as the label column; otherwise correct the label."
    )
  }
}
