import SparseCore
import SparseLayers

extension ModelFile {
  /// Reads a model that answers by itself.
  ///
  /// - Parameter path: The file.
  /// - Throws: What `init(contentsOf:)` throws, and `SparseError.Code.unsupported` for the edge part of
  ///   a split model.
  init(answering path: String) throws {
    try self.init(contentsOf: path)
    guard !network.handsOver else {
      throw SparseError(
        .unsupported,
        """
        \(path): is the edge part of a model that was split, and hands over what it is not sure of. \
        Give the whole model.
        """)
    }
  }
}

extension DataDescription {
  /// The bytes of a sample as it is stored: images have one for each pixel, others a 32-bit float
  /// for each feature.
  var storedSampleBytes: Int {
    switch DatasetSource(rawValue: dataset) {
    case .mnist, .fashionMNIST: featureCount
    case .npz, .csv, nil: 4 * featureCount
    }
  }
}
