import SparseCore

extension Dataset {
  /// The samples as a stream whose noise changes: shuffled, and cut into phases of equal length.
  ///
  /// Noise is normal and independent for every feature. Samples of bytes become floats.
  ///
  /// - Parameters:
  ///   - noise: Per phase, the standard deviation of the noise; 0 for none.
  ///   - seed: Decides the order and the noise.
  /// - Returns: The stream, and the samples of each phase.
  /// - Throws: `SparseError.Code.invalidArgument` when there are more phases than samples, none, or a
  ///   deviation is negative or not finite.
  public func drifting(
    noise: [Double], seed: UInt64
  ) throws -> (stream: Dataset, phases: [Range<Int>]) {
    guard !noise.isEmpty, noise.count <= sampleCount,
      noise.allSatisfy({ $0 >= 0 && $0.isFinite })
    else {
      throw SparseError(
        .invalidArgument,
        """
        A stream of \(sampleCount) samples with noise \(noise): give one standard deviation of 0 or \
        above for each phase, and no more phases than samples.
        """)
    }
    var order = Array(0..<sampleCount)
    var random = RandomStream(seed: seed, purpose: "stream order")
    random.shuffle(&order)
    let shuffled = try selecting(order)
    var values =
      switch shuffled.features {
      case .bytes(let bytes): bytes.map { Float($0) / 255 }
      case .floats(let floats): floats
      }
    let phases = noise.indices.map {
      $0 * sampleCount / noise.count..<($0 + 1) * sampleCount / noise.count
    }
    for (phase, deviation) in zip(phases, noise) where deviation > 0 {
      var random = RandomStream(seed: seed, purpose: "stream noise", index: phase.lowerBound)
      for index in phase.lowerBound * featureCount..<phase.upperBound * featureCount {
        values[index] += Float(deviation * random.normal())
      }
    }
    let stream = try Dataset(
      features: .floats(values), featureCount: featureCount, featureNames: featureNames,
      imageShape: imageShape, targets: shuffled.targets)
    return (stream, phases)
  }
}
