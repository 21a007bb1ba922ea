public import SparseLayers

/// How features are sent as steps of 8 bits: x ≈ scale · (step − zero point).
///
/// Ranges are widened to hold 0, which then is sent without error: what a rectifier puts out is
/// mostly that. Every step stands for a finite number, whatever the finite ranges are.
///
/// Source: Jacob et al., *Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference*, CVPR 2018, §2.1.
public struct Quantization: Hashable, Sendable {
  /// The difference between two steps: one for all features, or one each.
  public var scale: [Float]
  /// The step that stands for 0, as `scale`.
  public var zeroPoint: [Float]

  /// Takes what a peer sends.
  init(scale: [Float], zeroPoint: [Float]) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }

  /// One scale per feature, from measured ranges.
  ///
  /// - Parameter ranges: What each feature ranges over.
  public init(_ ranges: BoundaryRanges) {
    self.init(low: ranges.low, high: ranges.high)
  }

  /// One scale for all features, from the values at hand.
  ///
  /// - Parameter values: What is to be sent, all finite.
  public init(covering values: [Float]) {
    self.init(low: [values.min() ?? 0], high: [values.max() ?? 0])
  }

  private init(low: [Float], high: [Float]) {
    scale = []
    zeroPoint = []
    for (low, high) in zip(low, high) {
      let (bottom, top) = (min(low, 0), max(high, 0))
      let step = top / 255 - bottom / 255
      // Also where the step is too small to divide by.
      guard step >= .leastNormalMagnitude else {
        scale.append(1)
        zeroPoint.append(0)
        continue
      }
      let zero = (-128 - bottom / step).rounded()
      // Every step must stand for a finite value, also the one that lies beyond the end of the range.
      let most = max(zero + 128, 127 - zero)
      scale.append(min(step, (Float.greatestFiniteMagnitude / most).nextDown))
      zeroPoint.append(zero)
    }
  }

  /// The steps nearest to values; those outside of the range become its ends.
  ///
  /// - Parameters:
  ///   - values: `[samples × features]`, row-major, all finite.
  ///   - features: The features of a sample.
  /// - Returns: The steps, in the same order.
  public func steps(_ values: [Float], features: Int) -> [Int8] {
    let (scales, zeros) = (scale.count - 1, zeroPoint.count - 1)
    return values.enumerated().map { index, value in
      let feature = index % features
      let step = (value / scale[min(feature, scales)]).rounded() + zeroPoint[min(feature, zeros)]
      return Int8(min(max(step, -128), 127))
    }
  }

  /// Turns steps into values, in place.
  ///
  /// - Parameters:
  ///   - values: Steps as numbers, `[samples × features]`, row-major.
  ///   - features: The features of a sample.
  func dequantize(_ values: inout [Float], features: Int) {
    let (scales, zeros) = (scale.count - 1, zeroPoint.count - 1)
    for row in stride(from: 0, to: values.count, by: features) {
      for feature in 0..<features {
        values[row + feature] =
          scale[min(feature, scales)] * (values[row + feature] - zeroPoint[min(feature, zeros)])
      }
    }
  }
}
