internal import SparseCore
public import SparseLayers

extension Shapes3DFile {
  /// Reads images as a data set, split by colours as MTL-Split's published code does.
  ///
  /// Images whose floor *and* wall have one of the last five hues each are test images, a quarter of
  /// all; all others are training images (Capogrosso et al., *MTL-Split*, DAC 2024,
  /// doi:10.1145/3649329.3655686; https://github.com/intelligolabs/MTL-Split, `data/shapes.py`). So
  /// the network is tested on combinations of colours that it never saw, though it saw each colour.
  /// The published code also adds salt-and-pepper noise to the images; here they stay as they are.
  ///
  /// - Parameters:
  ///   - factors: The tasks, the main one first, each once.
  ///   - limit: The most images to take, training and test images together; all when nil.
  ///   - form: What becomes of each image.
  ///   - seed: Decides which images are taken where there are more.
  ///   - progress: Called with the number of the file's images that are behind.
  /// - Returns: The training and the test part.
  /// - Throws: `SparseError.Code.invalidArgument` when a factor is repeated, there is none, or one of
  ///   the parts would be empty; else as `pixels(of:as:)`.
  public func parts(
    factors: [Shapes3DFactor], limit: Int? = nil, form: Shapes3DForm, seed: UInt64 = 0,
    progress: (Int) -> Void = { _ in }
  ) throws -> DatasetParts {
    guard !factors.isEmpty, Set(factors).count == factors.count else {
      let names = factors.map(\.rawValue).joined(separator: ", ")
      throw SparseError(
        .invalidArgument, "The factors (\(names)) must be one or more, each named once.")
    }
    let labels = try factorLabels()
    let chosen = Self.choose(limit ?? sampleCount, of: sampleCount, seed: seed)
    let heldOut = { (sample: Int) in
      [Shapes3DFactor.floorHue, .wallHue].allSatisfy { labels[$0.column][sample] >= 5 }
    }
    let test = chosen.filter(heldOut)
    let training = chosen.filter { !heldOut($0) }
    guard !test.isEmpty, !training.isEmpty else {
      throw SparseError(
        .invalidArgument,
        "Of the \(chosen.count) images \(training.count) are for training and \(test.count) for the "
          + "test, by the colours of floor and wall; both parts need some. Take more images.")
    }
    // Read in one go, so that no slice is read twice.
    let pixels = try pixels(of: chosen, as: form, progress: progress)
    let places = Dictionary(
      chosen.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    func part(_ samples: [Int]) throws -> Dataset {
      var features: [UInt8] = []
      features.reserveCapacity(samples.count * form.featureCount)
      for sample in samples {
        let start = (places[sample] ?? 0) * form.featureCount
        features += pixels[start..<start + form.featureCount]
      }
      return try Dataset(
        features: .bytes(features), featureCount: form.featureCount,
        imageShape: form.isGray ? ImageShape(rows: form.side, columns: form.side) : nil,
        targets: factors.map { factor in
          Target(
            name: factor.rawValue, classNames: (0..<factor.classCount).map(String.init),
            labels: samples.map { labels[factor.column][$0] })
        })
    }
    return try DatasetParts(training: part(training), test: part(test))
  }

  /// Some of the images, increasing.
  private static func choose(_ limit: Int, of count: Int, seed: UInt64) -> [Int] {
    guard limit < count else { return Array(0..<count) }
    var order = Array(0..<count)
    var stream = RandomStream(seed: seed, purpose: "3D Shapes images")
    stream.shuffle(&order)
    return order.prefix(max(limit, 0)).sorted()
  }
}
