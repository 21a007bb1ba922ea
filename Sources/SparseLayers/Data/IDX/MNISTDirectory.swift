import SparseCore

/// A directory with four IDX files named like those of MNIST.
struct MNISTDirectory {
  /// The directory.
  let path: String

  /// Whether it is the place of Debian's package, which then is the remedy for missing files.
  var isInstalled = false

  /// Reads the training and the test part.
  ///
  /// - Parameter classNames: The names of the classes; labels must be less than their number.
  /// - Returns: Both parts, as bytes.
  /// - Throws: `SparseError` that names the file and what is wrong with it.
  func load(classNames: [String]) throws -> DatasetParts {
    // Labels and names first: a missing file shows before 47 MB were read.
    let files = try (
      trainingImages: find("train-images", rank: 3), trainingLabels: find("train-labels", rank: 1),
      testImages: find("t10k-images", rank: 3), testLabels: find("t10k-labels", rank: 1)
    )
    let training = try Self.read(files.trainingImages, files.trainingLabels, classNames)
    let test = try Self.read(files.testImages, files.testLabels, classNames)
    return try prefixingErrors(with: path) { try DatasetParts(training: training, test: test) }
  }

  private static func read(
    _ imagePath: String,
    _ labelPath: String,
    _ classNames: [String]
  ) throws -> Dataset {
    let labels = try IDXFile(path: labelPath, rank: 1)
    let images = try IDXFile(path: imagePath, rank: 3)
    guard images.dimensions[0] == labels.bytes.count else {
      throw SparseError(
        .shapeMismatch,
        "\(imagePath) holds \(images.dimensions[0]) images, but \(labelPath) holds "
          + "\(labels.bytes.count) labels. Take both from the same data set."
      )
    }
    if let sample = labels.bytes.firstIndex(where: { $0 >= classNames.count }) {
      throw SparseError(
        .corruptFile,
        "\(labelPath): label \(sample) is \(labels.bytes[sample]), but the \(classNames.count) "
          + "classes are 0..<\(classNames.count). Check that this is the right file."
      )
    }
    let shape = ImageShape(rows: images.dimensions[1], columns: images.dimensions[2])
    return try prefixingErrors(with: imagePath) {
      try Dataset(
        features: .bytes(images.bytes),
        featureCount: shape.pixelCount,
        imageShape: shape,
        targets: [
          Target(name: "label", classNames: classNames, labels: labels.bytes.map { Int32($0) })
        ]
      )
    }
  }

  /// Finds a file by any of the names it goes by.
  private func find(_ stem: String, rank: Int) throws -> String {
    let names = ["-", "."].flatMap { dot in
      ["", ".gz"].map { "\(stem)\(dot)idx\(rank)-ubyte\($0)" }
    }
    for name in names where try fileKind(of: "\(path)/\(name)") != nil { return "\(path)/\(name)" }
    let remedy =
      isInstalled
      ? "Install it with 'sudo apt-get install dataset-fashion-mnist', or give the directory of "
        + "the four IDX files."
      : "Give the directory of the four IDX files."
    guard let kind = try fileKind(of: path) else {
      throw SparseError(.fileSystem, "\(path): there is no such directory. \(remedy)")
    }
    guard kind == .directory else {
      throw SparseError(.fileSystem, "\(path): is a \(kind.rawValue) file, no directory. \(remedy)")
    }
    throw SparseError(
      .fileSystem,
      "\(path): has no \(names[0]), with or without .gz. \(remedy)"
    )
  }
}
