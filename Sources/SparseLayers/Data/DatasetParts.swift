import SparseCore

/// The parts of a data set that fit each other: same features, same targets, same classes.
public struct DatasetParts: Sendable {
  /// The samples to train on.
  public let training: Dataset

  /// The samples to choose settings by, where the source has a part of its own for that.
  public let validation: Dataset?

  /// The samples for the one test at the end.
  public let test: Dataset

  /// Puts parts together.
  ///
  /// - Parameters:
  ///   - training: The samples to train on.
  ///   - validation: The samples to choose settings by, if the source has any.
  ///   - test: The samples for the test at the end.
  /// - Throws: `SparseError` with code `.shapeMismatch` when the parts differ in the kind or number
  ///   of their features, in their image shape, or in the names of their targets and classes.
  public init(training: Dataset, validation: Dataset? = nil, test: Dataset) throws {
    try Self.check("test", test, fits: training)
    if let validation { try Self.check("validation", validation, fits: training) }
    self.training = training
    self.validation = validation
    self.test = test
  }

  private static func check(_ part: String, _ other: Dataset, fits training: Dataset) throws {
    func mismatch(_ what: String, _ left: String, _ right: String) -> SparseError {
      SparseError(
        .shapeMismatch,
        "the training and the \(part) part differ in their \(what): \(left) and \(right). "
          + "Prepare both in the same way."
      )
    }
    guard other.featureCount == training.featureCount else {
      throw mismatch(
        "features a sample",
        "\(training.featureCount)",
        "\(other.featureCount)"
      )
    }
    guard other.imageShape == training.imageShape else {
      func text(_ shape: ImageShape?) -> String { shape?.description ?? "none" }
      throw mismatch("image shape", text(training.imageShape), text(other.imageShape))
    }
    switch (training.features, other.features) {
    case (.bytes, .bytes), (.floats, .floats): break
    case (.bytes, .floats): throw mismatch("numbers", "bytes (b means b/255)", "floats")
    case (.floats, .bytes): throw mismatch("numbers", "floats", "bytes (b means b/255)")
    }
    let names = training.targets.map(\.name)
    guard other.targets.map(\.name) == names else {
      throw mismatch("targets", "\(names)", "\(other.targets.map(\.name))")
    }
    for (left, right) in zip(training.targets, other.targets)
    where left.classNames != right.classNames {
      throw mismatch(
        "classes of '\(left.name)'",
        "\(left.classCount) classes",
        "\(right.classCount) others"
      )
    }
  }
}
