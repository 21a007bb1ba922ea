import SparseCore

/// Reads the NPZ layout of the published predefined-sparsity code: `xtr ytr xva yva xte yte`.
///
/// `x…` has the shape `[samples, features]` or `[samples, rows, columns]` (a last dimension of 1 may
/// follow); bytes stay bytes, all other numbers become floats. `y…` is one array of labels or one a
/// task, as `NPZTargets` says. The validation part is optional.
enum NPZDataset {
  /// Reads all parts of a file.
  ///
  /// - Parameter path: An NPZ file.
  /// - Returns: The parts, with classes named by their numbers.
  /// - Throws: `SparseError` that names the file, the array and what is wrong with it.
  static func load(path: String) throws -> DatasetParts {
    let file = try NPZFile(path: path)
    let hasValidation = file.names.contains { $0 == "xva" || $0 == "yva" || $0.hasPrefix("yva_") }
    let parts = ["tr", "te"] + (hasValidation ? ["va"] : [])
    let targets = try NPZTargets.read(parts, from: file)
    var datasets: [Dataset] = []
    for (part, targets) in zip(parts, targets) {
      datasets.append(try dataset(part, targets, from: file))
    }
    return try prefixingErrors(with: path) {
      try DatasetParts(
        training: datasets[0], validation: hasValidation ? datasets[2] : nil, test: datasets[1])
    }
  }

  private static func dataset(
    _ part: String, _ targets: [Target], from file: borrowing NPZFile
  ) throws -> Dataset {
    let place = file.path
    let array = try file.array(named: "x\(part)")
    let (features, featureCount) = try features(array, "\(place): array 'x\(part)'")
    for target in targets where target.labels.count != array.shape[0] {
      throw SparseError(
        .shapeMismatch,
        "\(place): array 'x\(part)' has \(array.shape[0]) samples, but array 'y\(part)' has "
          + "\(target.labels.count) labels of '\(target.name)'. Save the samples and the labels of "
          + "the same data."
      )
    }
    let isImage = array.shape.count == 3 || (array.shape.count == 4 && array.shape[3] == 1)
    let imageShape = isImage ? ImageShape(rows: array.shape[1], columns: array.shape[2]) : nil
    return try prefixingErrors(with: "\(place): arrays 'x\(part)' and 'y\(part)'") {
      try Dataset(
        features: features, featureCount: featureCount, imageShape: imageShape, targets: targets)
    }
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
}
