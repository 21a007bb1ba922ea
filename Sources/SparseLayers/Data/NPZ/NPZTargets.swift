import SparseCore

/// Reads the label arrays of an NPZ file, all parts at once.
///
/// For the training part, and likewise `yva…` and `yte…` for the others:
///
/// | array | shape | targets |
/// |---|---|---|
/// | `ytr` | `[samples]` or `[samples, 1]`: class numbers | `label` |
/// | `ytr` | `[samples, classes]`: one-hot rows | `label` |
/// | `ytr` | `[samples, tasks]`: class numbers | `task-0`, `task-1`, … |
/// | `ytr_NAME` | class numbers or one-hot rows | `NAME`; 64 of them at most, in the file's order |
///
/// Task columns are told from one-hot rows by their numbers: an array of an integer type with more
/// than one column holds tasks when one of its numbers, in any part, is above 1. All others must be
/// one-hot, row by row. So several tasks of two classes each need arrays of their own.
enum NPZTargets {
  /// The labels of one target in one part, before the classes of all parts are known.
  private struct Labels {
    let place: String
    let values: [Int32]
    let oneHotClasses: Int?
    var classCount: Int { oneHotClasses ?? Int(values.max() ?? 0) + 1 }
  }

  /// A label array of one part.
  private struct Source {
    let array: NPYArray
    let name: String
    let place: String

    var columns: Int { array.shape.count == 2 ? array.shape[1] : 1 }
    var isAboveOne: Bool { columns > 1 && array.integers?.contains { $0 > 1 } ?? false }
  }

  /// Reads all targets.
  ///
  /// - Parameters:
  ///   - parts: The parts that the file has, such as `tr`; the training part first.
  ///   - file: The file.
  /// - Returns: Per part, in the order of `parts`, its targets; the same classes in all parts.
  /// - Throws: `SparseError` that names the file, the array and what is wrong with it.
  static func read(_ parts: [String], from file: borrowing NPZFile) throws -> [[Target]] {
    var targets = parts.map { _ in [Target]() }
    for suffix in try suffixes(parts, of: file.names, in: file.path) {
      var sources: [Source] = []
      for part in parts {
        let name = "y\(part)\(suffix)"
        sources.append(
          Source(
            array: try file.array(named: name), name: name, place: "\(file.path): array '\(name)'"))
      }
      if suffix.isEmpty, sources.contains(where: \.isAboveOne) {
        for column in 0..<(try taskCount(sources)) {
          let labels = try sources.map { source in
            try classNumbers(source, column: column, of: sources[0].columns)
          }
          try append("task-\(column)", labels, to: &targets)
        }
      } else {
        let name = suffix.isEmpty ? "label" : String(suffix.dropFirst())
        try append(name, sources.map(labels), to: &targets)
      }
    }
    return targets
  }

  /// What follows `ytr` in the names of the label arrays; empty for `ytr` itself.
  private static func suffixes(
    _ parts: [String], of names: [String], in path: String
  ) throws -> [String] {
    func named(_ part: String) -> [String] {
      names.filter { $0.hasPrefix("y\(part)_") && $0.utf8.count > 4 }
        .map { String($0.dropFirst(3)) }
    }
    let suffixes = named(parts[0])
    guard suffixes.count <= DataLimits.tasks else {
      throw SparseError(
        .unsupported,
        "\(path): has \(suffixes.count) arrays 'ytr_NAME' of labels; at most \(DataLimits.tasks) tasks "
          + "are accepted. Save fewer."
      )
    }
    for part in parts {
      if names.contains("y\(part)"), !suffixes.isEmpty {
        throw SparseError(
          .corruptFile,
          "\(path): has the array 'y\(part)' and also 'ytr\(suffixes[0])'. Name the labels of every "
            + "task, or save a single array of labels."
        )
      }
      guard let other = named(part).first(where: { !suffixes.contains($0) }) else { continue }
      throw SparseError(
        .shapeMismatch,
        "\(path): has the array 'y\(part)\(other)', but no 'ytr\(other)'. Save the labels of every "
          + "task in all parts."
      )
    }
    return suffixes.isEmpty ? [""] : suffixes
  }

  private static func append(
    _ name: String, _ labels: [Labels], to targets: inout [[Target]]
  ) throws {
    let classCount = labels.map(\.classCount).max() ?? 0
    for part in labels {
      guard let classes = part.oneHotClasses, classes != classCount else { continue }
      throw SparseError(
        .shapeMismatch,
        "\(part.place) has \(classes) classes, but another part has \(classCount). Encode the "
          + "labels of all parts alike."
      )
    }
    let names = (0..<classCount).map(String.init)
    for (part, labels) in labels.enumerated() {
      targets[part].append(Target(name: name, classNames: names, labels: labels.values))
    }
  }

  /// The columns of arrays of several tasks, the same in all parts.
  private static func taskCount(_ sources: [Source]) throws -> Int {
    let count = sources[0].columns
    if let other = sources.first(where: { $0.columns != count }) {
      throw SparseError(
        .shapeMismatch,
        "\(other.place) has \(other.columns) columns, but '\(sources[0].name)' has \(count). Save "
          + "the labels of the same tasks in all parts."
      )
    }
    guard count <= DataLimits.tasks else {
      throw SparseError(
        .corruptFile,
        "\(sources[0].place): has \(count) columns that are not one-hot; at most \(DataLimits.tasks) "
          + "tasks are accepted. Save one column of class numbers a task."
      )
    }
    return count
  }

  private static func labels(_ source: Source) throws -> Labels {
    let (array, place) = (source.array, source.place)
    if source.columns > 1 { return try oneHot(array, classes: source.columns, place) }
    guard array.shape.count == 1 || (array.shape.count == 2 && array.shape[1] == 1) else {
      throw SparseError(
        .shapeMismatch,
        "\(place): has the shape \(array.shapeText); (samples,) of class numbers or (samples, "
          + "classes) of one-hot rows is needed. Reshape it."
      )
    }
    return try classNumbers(source, column: 0, of: 1)
  }

  private static func classNumbers(_ source: Source, column: Int, of count: Int) throws -> Labels {
    guard let all = source.array.integers else {
      throw SparseError(
        .unsupported,
        "\(source.place): class numbers must be integers. Convert it with array.astype('int64')."
      )
    }
    let values = stride(from: column, to: all.count, by: count).map { all[$0] }
    if let row = values.firstIndex(where: { $0 < 0 || $0 >= DataLimits.classes }) {
      throw SparseError(
        .corruptFile,
        "\(source.place): row \(row)\(count > 1 ? ", column \(column)" : "") has the label "
          + "\(values[row]); class numbers run from 0 up to \(DataLimits.classes - 1) at most. "
          + "Number the classes from 0."
      )
    }
    return Labels(place: source.place, values: values.map { Int32($0) }, oneHotClasses: nil)
  }

  private static func oneHot(_ array: NPYArray, classes: Int, _ place: String) throws -> Labels {
    guard classes <= DataLimits.classes, let values = array.floats else {
      throw SparseError(
        .unsupported,
        "\(place): holds text or more than \(DataLimits.classes) classes; one-hot rows are needed."
      )
    }
    let labels = try (0..<array.shape[0]).map { row in
      let cells = values[row * classes..<(row + 1) * classes]
      let ones = cells.indices.filter { cells[$0] == 1 }
      guard ones.count == 1, cells.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        throw SparseError(
          .corruptFile,
          "\(place): row \(row) is not one-hot (exactly one 1, all others 0) but "
            + "[\(cells.prefix(12).map { "\($0)" }.joined(separator: ", "))"
            + "\(classes > 12 ? ", …" : "")]. Correct it, or save class numbers instead: one array "
            + "'ytr_NAME' a task."
        )
      }
      return Int32(ones[0] - cells.startIndex)
    }
    return Labels(place: place, values: labels, oneHotClasses: classes)
  }
}
