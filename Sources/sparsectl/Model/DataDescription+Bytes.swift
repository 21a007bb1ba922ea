import SparseLayers

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
