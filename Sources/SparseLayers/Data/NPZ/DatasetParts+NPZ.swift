internal import SparseCore

extension DatasetParts {
  /// Writes the parts as an NPZ file that `DatasetSource.npz` and NumPy read.
  ///
  /// Samples are `xtr`, `xte` and, where there is a validation part, `xva`: `[samples, rows, columns]`
  /// for images of one channel, else `[samples, features]`; bytes stay bytes. The labels of a target
  /// are `ytr_NAME`, … as class numbers. Class names are not kept, and classes above the largest label
  /// of all parts are not told. The same parts make the same bytes with the same zlib.
  ///
  /// - Parameter path: The file to create or replace, at once.
  /// - Throws: `SparseError.Code.invalidArgument` when there are no targets, `backend` when libzip
  ///   refuses, `fileSystem` when the file cannot be written.
  public func writeNPZ(to path: String) throws {
    guard !training.targets.isEmpty else {
      throw SparseError(
        .invalidArgument, "\(path): the data have no labels to write; give labelled samples.")
    }
    let parts = [("tr", training), ("va", validation), ("te", test)].compactMap { name, part in
      part.map { (name, $0) }
    }
    let entries = parts.flatMap { name, part in
      [("x\(name).npy", Self.samples(part))]
        + part.targets.map { ("y\(name)_\($0.name).npy", Self.labels($0)) }
    }
    let bytes = try prefixingErrors(with: path) { try ZipWriter.archive(of: entries) }
    try AtomicFile.write(to: path, expectedBytes: bytes.count) { try $0.write(bytes) }
  }

  private static func samples(_ part: Dataset) -> [UInt8] {
    let shape =
      [part.sampleCount] + (part.imageShape.map { [$0.rows, $0.columns] } ?? [part.featureCount])
    switch part.features {
    case .bytes(let values):
      return NPYEncoder.file(type: "|u1", shape: shape, elements: values)
    case .floats(let values):
      return NPYEncoder.file(type: "<f4", shape: shape, elements: littleEndianBytes(of: values))
    }
  }

  private static func labels(_ target: Target) -> [UInt8] {
    guard target.classCount <= 256 else { return NPYEncoder.file(target.labels) }
    return NPYEncoder.file(
      type: "|u1", shape: [target.labels.count],
      elements: target.labels.map { UInt8(truncatingIfNeeded: $0) })
  }
}
