import SparseLayers

extension DataDescription {
  /// The bytes of a sample as it is stored: as the description says, else a byte for each pixel of
  /// images and a 32-bit float for each feature of others.
  var storedSampleBytes: Int {
    if let featureType { return featureType.byteCount * featureCount }
    return switch DatasetSource(rawValue: dataset) {
    case .mnist, .fashionMNIST: featureCount
    case .npz, .csv, nil: 4 * featureCount
    }
  }
}
