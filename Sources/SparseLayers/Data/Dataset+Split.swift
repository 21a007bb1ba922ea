import SparseCore

extension Dataset {
  /// Chooses samples for validation, without copying any.
  ///
  /// The same seed chooses the same samples on every platform.
  ///
  /// - Parameters:
  ///   - fraction: The part to choose, 0 up to but not including 1. A fraction above 0 chooses at
  ///     least one sample; at least one is always left for training.
  ///   - seed: The seed of the run.
  /// - Returns: The indices of the samples of both parts: disjoint, in rising order, together all.
  /// - Throws: `SparseError` with code `.invalidArgument` for a fraction outside that range, or when
  ///   a single sample would have to be split.
  public func validationSplit(
    fraction: Double,
    seed: UInt64
  ) throws -> (training: [Int], validation: [Int]) {
    guard fraction >= 0, fraction < 1 else {
      throw SparseError(
        .invalidArgument,
        "the validation part is \(fraction) of the samples; it must be at least 0 and less than 1."
      )
    }
    return try split(fraction: fraction, seed: seed, purpose: "validation split")
  }

  /// Chooses a part of the samples by seed.
  ///
  /// - Precondition: `fraction` is in 0..<1.
  func split(
    fraction: Double,
    seed: UInt64,
    purpose: String
  ) throws -> (training: [Int], validation: [Int]) {
    guard fraction > 0 else { return (Array(0..<sampleCount), []) }
    guard sampleCount > 1 else {
      throw SparseError(
        .invalidArgument,
        "1 sample cannot be split into two parts. Supply more samples or a part of their own."
      )
    }
    let wanted = Int((fraction * Double(sampleCount)).rounded())
    let count = min(max(wanted, 1), sampleCount - 1)
    var order = Array(0..<sampleCount)
    var random = RandomStream(seed: seed, purpose: purpose)
    random.shuffle(&order)
    return (order[count...].sorted(), order[..<count].sorted())
  }

  /// Returns a data set of some of the samples, copied.
  ///
  /// - Parameter samples: Indices of samples, at least one, in the order wanted.
  /// - Returns: The chosen samples with their labels and all class names.
  /// - Precondition: Every index is in `0..<sampleCount`.
  /// - Throws: `SparseError` with code `.invalidArgument` when no sample is chosen.
  public func selecting(_ samples: [Int]) throws -> Dataset {
    let selected: Features =
      switch features {
      case .bytes(let values): .bytes(rows(samples, of: values))
      case .floats(let values): .floats(rows(samples, of: values))
      }
    return try Dataset(
      features: selected,
      featureCount: featureCount,
      featureNames: featureNames,
      imageShape: imageShape,
      targets: targets.map { target in
        Target(
          name: target.name,
          classNames: target.classNames,
          labels: samples.map { target.labels[$0] }
        )
      }
    )
  }

  private func rows<Value>(_ samples: [Int], of values: [Value]) -> [Value] {
    var result: [Value] = []
    result.reserveCapacity(samples.count * featureCount)
    for sample in samples {
      result += values[sample * featureCount..<(sample + 1) * featureCount]
    }
    return result
  }
}
