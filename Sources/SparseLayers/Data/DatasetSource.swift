import SparseCore

/// A kind of data this package reads.
public enum DatasetSource: String, CaseIterable, Sendable {
  /// Zalando's Fashion-MNIST as IDX files; without a path, Debian's package of it.
  case fashionMNIST = "fashion-mnist"
  /// MNIST's handwritten digits, or other data of ten classes, as IDX files.
  case mnist
  /// One NPZ file with the arrays `xtr`, `ytr`, `xte`, `yte` and perhaps `xva`, `yva`; instead of
  /// `ytr` one array `ytr_NAME` for each task, or one column of class numbers for each.
  case npz
  /// A directory with `train.csv` and `test.csv`, or one CSV file.
  case csv

  /// Reads the data.
  ///
  /// - Parameters:
  ///   - path: A directory for IDX files, a file for NPZ, either for CSV. Only Fashion-MNIST does
  ///     without: it then looks where Debian's package `dataset-fashion-mnist` puts it.
  ///   - labelColumns: The columns of a CSV file that hold labels, each by its name or its index
  ///     from 0; the first is the default task. Empty means the column `label`, else the last one.
  ///   - seed: Splits a test part off where the source, a single CSV file, has none.
  /// - Returns: The parts of the data, checked.
  /// - Throws: `SparseError` that names the file, the place in it, the value and the remedy.
  public func load(
    path: String? = nil,
    labelColumns: [String] = [],
    seed: UInt64 = 0
  ) throws -> DatasetParts {
    guard self == .csv || labelColumns.isEmpty else {
      throw SparseError(
        .invalidArgument,
        "label columns (\(labelColumns.joined(separator: ", "))) are a matter of CSV files; the "
          + "data are '\(rawValue)'. Leave them out."
      )
    }
    switch self {
    case .fashionMNIST:
      return try MNISTDirectory(path: path ?? Self.installedFashionMNIST, isInstalled: path == nil)
        .load(classNames: Self.fashionClassNames)
    case .mnist:
      return try MNISTDirectory(path: required(path, "the directory of its four IDX files"))
        .load(classNames: (0..<10).map(String.init))
    case .npz:
      return try NPZDataset.load(path: required(path, "the NPZ file"))
    case .csv:
      return try CSVDataset.load(
        path: required(path, "a CSV file, or a directory with train.csv and test.csv"),
        labelColumns: labelColumns,
        seed: seed
      )
    }
  }

  private func required(_ path: String?, _ what: String) throws -> String {
    guard let path else {
      throw SparseError(
        .invalidArgument,
        "'\(rawValue)' data need a path: \(what). Give its path."
      )
    }
    return path
  }

  /// Where Debian's package `dataset-fashion-mnist` puts its files.
  package static let installedFashionMNIST = "/usr/share/datasets/fashion-mnist"

  private static let fashionClassNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]
}
