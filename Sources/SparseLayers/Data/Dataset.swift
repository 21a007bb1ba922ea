import SparseCore

/// Labelled samples, held in memory and never changed.
///
/// Samples have one row of features each, and one label for each target (task). Everything is
/// checked once, when the data set is made; whoever reads it afterwards needs no checks.
public struct Dataset: Sendable {
  /// The features of all samples, row-major: sample after sample.
  public enum Features: Sendable {
    /// Pixels as they were stored; a byte b means the number b/255.
    case bytes([UInt8])
    /// Numbers used as they are, all of them finite.
    case floats([Float])

    /// The number of stored values, all samples together.
    public var count: Int {
      switch self {
      case .bytes(let values): values.count
      case .floats(let values): values.count
      }
    }
  }

  /// The features, of shape `[sampleCount, featureCount]`.
  public let features: Features

  /// The number of features of a sample, at least 1.
  public let featureCount: Int

  /// The names of the features, where the source has names for them.
  public let featureNames: [String]?

  /// The shape of a sample when samples are images, row-major.
  public let imageShape: ImageShape?

  /// The labels, one target per task; the first is the default task.
  ///
  /// Empty where samples were made or read without labels.
  public private(set) var targets: [Target]

  /// The number of samples, at least 1.
  public let sampleCount: Int

  /// Checks samples and labels and makes a data set of them.
  ///
  /// - Parameters:
  ///   - features: The features of all samples, sample after sample.
  ///   - featureCount: The number of features of a sample.
  ///   - featureNames: One name for each feature, if they have names.
  ///   - imageShape: The shape of a sample when samples are images.
  ///   - targets: One target per task, each with a label for every sample.
  /// - Throws: `SparseError` with code `.shapeMismatch` when counts do not fit, `.invalidArgument`
  ///   when there is no sample or no target, when a feature is not finite or a label is no class.
  public init(
    features: Features,
    featureCount: Int,
    featureNames: [String]? = nil,
    imageShape: ImageShape? = nil,
    targets: [Target]
  ) throws {
    try self.init(
      unlabeled: features, featureCount: featureCount, featureNames: featureNames,
      imageShape: imageShape)
    try Self.check(targets, sampleCount: sampleCount)
    self.targets = targets
  }

  /// Checks samples without labels and makes a data set of them.
  ///
  /// - Parameters:
  ///   - features: The features of all samples, sample after sample.
  ///   - featureCount: The number of features of a sample.
  ///   - featureNames: One name for each feature, if they have names.
  ///   - imageShape: The shape of a sample when samples are images.
  /// - Throws: `SparseError` with code `.shapeMismatch` when counts do not fit, `.invalidArgument`
  ///   when there is no sample or a feature is not finite.
  public init(
    unlabeled features: Features,
    featureCount: Int,
    featureNames: [String]? = nil,
    imageShape: ImageShape? = nil
  ) throws {
    guard featureCount > 0 else {
      throw SparseError(
        .invalidArgument,
        "samples have \(featureCount) features; at least 1 is needed."
      )
    }
    guard features.count.isMultiple(of: featureCount) else {
      throw SparseError(
        .shapeMismatch,
        "\(features.count) feature values do not divide into samples of \(featureCount) features."
      )
    }
    let sampleCount = features.count / featureCount
    guard sampleCount > 0 else {
      throw SparseError(.invalidArgument, "the data hold no samples; at least 1 is needed.")
    }
    if let featureNames, featureNames.count != featureCount {
      throw SparseError(
        .shapeMismatch,
        "there are \(featureNames.count) names for samples of \(featureCount) features."
      )
    }
    if let imageShape, imageShape.pixelCount != featureCount {
      throw SparseError(
        .shapeMismatch,
        "images of \(imageShape) do not fit samples of \(featureCount) features."
      )
    }
    if case .floats(let values) = features {
      try Self.requireFinite(values, featureCount: featureCount)
    }
    self.features = features
    self.featureCount = featureCount
    self.featureNames = featureNames
    self.imageShape = imageShape
    targets = []
    self.sampleCount = sampleCount
  }

  private static func check(_ targets: [Target], sampleCount: Int) throws {
    guard !targets.isEmpty else {
      throw SparseError(.invalidArgument, "the data have no labels; at least 1 target is needed.")
    }
    guard Set(targets.map(\.name)).count == targets.count else {
      throw SparseError(
        .invalidArgument,
        "the targets \(targets.map { "'\($0.name)'" }.joined(separator: ", ")) do not all have "
          + "different names. Rename those that are equal."
      )
    }
    for target in targets {
      guard target.labels.count == sampleCount else {
        throw SparseError(
          .shapeMismatch,
          "target '\(target.name)' has \(target.labels.count) labels for \(sampleCount) samples."
        )
      }
      let classes = Int32(clamping: target.classCount)
      if let sample = target.labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
        throw SparseError(
          .invalidArgument,
          "sample \(sample) has label \(target.labels[sample]) in target '\(target.name)', but its "
            + "\(classes) classes are 0..<\(classes). Correct the label or name more classes."
        )
      }
    }
  }

  private static func requireFinite(_ values: [Float], featureCount: Int) throws {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw SparseError(
      .invalidArgument,
      "sample \(index / featureCount) has the value \(values[index]) as feature "
        + "\(index % featureCount); features must be finite. Remove or replace it."
    )
  }
}

extension Dataset {
  /// What targets there are, as the end of a message that misses one.
  var knownTargets: String {
    targets.isEmpty
      ? "the data have no labels. Give labelled samples"
      : "the data have only: \(targets.map(\.name).joined(separator: ", ")). Take one of these, "
        + "or give data with labels of that name"
  }

  /// Finds targets by their names.
  ///
  /// - Parameter names: The names of tasks; all targets, in their order, when nil.
  /// - Returns: The targets, in the order of the names.
  /// - Throws: `SparseError.Code.invalidArgument` when one is not there, or there is none at all.
  public func targets(named names: [String]?) throws -> [Target] {
    guard let names else {
      guard targets.isEmpty else { return targets }
      throw SparseError(.invalidArgument, "there is no task to learn: \(knownTargets).")
    }
    return try names.map { name in
      guard let target = targets.first(where: { $0.name == name }) else {
        throw SparseError(.invalidArgument, "there is no task '\(name)': \(knownTargets).")
      }
      return target
    }
  }
}

/// The shape of the images of a data set, of one channel.
public struct ImageShape: Hashable, Sendable, CustomStringConvertible {
  /// The number of rows of pixels.
  public let rows: Int

  /// The number of pixels in a row.
  public let columns: Int

  /// Creates a shape.
  ///
  /// - Parameters:
  ///   - rows: The number of rows of pixels.
  ///   - columns: The number of pixels in a row.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// The number of pixels; `Int.max` where it would be larger.
  public var pixelCount: Int {
    let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
    return overflow ? .max : product
  }

  /// The shape as it is written, for example "28×28".
  public var description: String { "\(rows)×\(columns)" }
}

/// The labels of all samples for one task.
public struct Target: Sendable, Hashable {
  /// The name of the task.
  public let name: String

  /// The names of the classes; label c means the c-th.
  public let classNames: [String]

  /// One label per sample.
  public let labels: [Int32]

  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// Creates a target; `Dataset` checks it.
  ///
  /// - Parameters:
  ///   - name: The name of the task.
  ///   - classNames: The names of the classes.
  ///   - labels: One label per sample, each in `0..<classNames.count`.
  public init(name: String, classNames: [String], labels: [Int32]) {
    self.name = name
    self.classNames = classNames
    self.labels = labels
  }
}
