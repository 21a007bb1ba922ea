import SparseCore

/// Reads the NPZ layout of the published predefined-sparsity code: `xtr ytr xva yva xte yte`.
///
/// `x…` has the shape `[samples, features]` or `[samples, rows, columns]` (a last dimension of 1 may
/// follow); bytes stay bytes, all other numbers become floats. `y…` has the shape
/// `[samples, classes]`, one-hot, or `[samples]`, class numbers. The validation part is optional.
enum NPZDataset {
  /// The labels of one part before the number of classes is known.
  private struct Labels {
    let values: [Int32]
    let oneHotClasses: Int?
    var classCount: Int { oneHotClasses ?? Int(values.max() ?? 0) + 1 }
  }

  private struct Part {
    let name: String
    let features: Dataset.Features
    let featureCount: Int
    let imageShape: ImageShape?
    let labels: Labels
  }

  /// Reads all parts of a file.
  ///
  /// - Parameter path: An NPZ file.
  /// - Returns: The parts, with classes named by their numbers.
  /// - Throws: `SparseError` that names the file, the array and what is wrong with it.
  static func load(path: String) throws -> DatasetParts {
    let file = try NPZFile(path: path)
    let training = try read("tr", from: file)
    let test = try read("te", from: file)
    let hasValidation = file.names.contains("xva") || file.names.contains("yva")
    let validation = hasValidation ? try read("va", from: file) : nil
    let parts = [training, test] + (validation.map { [$0] } ?? [])
    let classCount = parts.map(\.labels.classCount).max() ?? 0
    for part in parts {
      guard let classes = part.labels.oneHotClasses, classes != classCount else { continue }
      throw SparseError(
        .shapeMismatch,
        "\(path): array 'y\(part.name)' has \(classes) classes, but another part has "
          + "\(classCount). Encode the labels of all parts alike."
      )
    }
    let names = (0..<classCount).map(String.init)
    return try naming(path) {
      try DatasetParts(
        training: dataset(training, classNames: names),
        validation: validation.map { try dataset($0, classNames: names) },
        test: dataset(test, classNames: names)
      )
    }
  }

  private static func dataset(_ part: Part, classNames: [String]) throws -> Dataset {
    try naming("arrays 'x\(part.name)' and 'y\(part.name)'") {
      try Dataset(
        features: part.features,
        featureCount: part.featureCount,
        imageShape: part.imageShape,
        targets: [Target(name: "label", classNames: classNames, labels: part.labels.values)]
      )
    }
  }

  private static func read(_ part: String, from file: borrowing NPZFile) throws -> Part {
    let place = file.path
    let labels = try labels(file.array(named: "y\(part)"), "\(place): array 'y\(part)'")
    let array = try file.array(named: "x\(part)")
    let (features, featureCount) = try features(array, "\(place): array 'x\(part)'")
    guard array.shape[0] == labels.values.count else {
      throw SparseError(
        .shapeMismatch,
        "\(place): array 'x\(part)' has \(array.shape[0]) samples, but array 'y\(part)' has "
          + "\(labels.values.count). Save the samples and the labels of the same data."
      )
    }
    let isImage = array.shape.count == 3 || (array.shape.count == 4 && array.shape[3] == 1)
    return Part(
      name: part,
      features: features,
      featureCount: featureCount,
      imageShape: isImage ? ImageShape(rows: array.shape[1], columns: array.shape[2]) : nil,
      labels: labels
    )
  }

  /// The features that an array of samples holds.
  ///
  /// - Parameters:
  ///   - array: An array of the shape `[samples, features]` or `[samples, rows, columns]`.
  ///   - place: What errors call it.
  /// - Returns: The features, and how many each sample has.
  /// - Throws: `SparseError` when the array has another shape, holds text, or is not finite.
  static func features(
    _ array: NPYArray,
    _ place: String
  ) throws -> (Dataset.Features, featureCount: Int) {
    guard array.shape.count >= 2, !array.shape.contains(0) else {
      throw SparseError(
        .shapeMismatch,
        "\(place): has the shape \(array.shapeText); (samples, features) or (samples, rows, "
          + "columns) is needed, none of them 0. Reshape it."
      )
    }
    // No dimension is 0, so that the product of the others is a divisor of the element count.
    let featureCount = array.shape.dropFirst().reduce(1, *)
    if case .bytes(let values) = array.elements { return (.bytes(values), featureCount) }
    guard let values = array.floats else {
      throw SparseError(.unsupported, "\(place): holds text; numbers are needed.")
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw SparseError(
        .corruptFile,
        "\(place): row \(index / featureCount), column \(index % featureCount) is "
          + "\(values[index]); features must be finite in single precision. Remove or replace it."
      )
    }
    return (.floats(values), featureCount)
  }

  private static func labels(_ array: NPYArray, _ place: String) throws -> Labels {
    if array.shape.count == 2, array.shape[1] > 1 {
      return try oneHot(array, classes: array.shape[1], place)
    }
    guard array.shape.count == 1 || (array.shape.count == 2 && array.shape[1] == 1) else {
      throw SparseError(
        .shapeMismatch,
        "\(place): has the shape \(array.shapeText); (samples,) of class numbers or (samples, "
          + "classes) of one-hot rows is needed. Reshape it."
      )
    }
    guard let values = array.integers else {
      throw SparseError(
        .unsupported,
        "\(place): class numbers must be integers. Convert it with array.astype('int64')."
      )
    }
    if let row = values.firstIndex(where: { $0 < 0 || $0 >= DataLimits.classes }) {
      throw SparseError(
        .corruptFile,
        "\(place): row \(row) has the label \(values[row]); class numbers run from 0 up to "
          + "\(DataLimits.classes - 1) at most. Number the classes from 0."
      )
    }
    return Labels(values: values.map { Int32($0) }, oneHotClasses: nil)
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
            + "\(classes > 12 ? ", …" : "")]. Correct it, or save class numbers instead."
        )
      }
      return Int32(ones[0] - cells.startIndex)
    }
    return Labels(values: labels, oneHotClasses: classes)
  }
}
