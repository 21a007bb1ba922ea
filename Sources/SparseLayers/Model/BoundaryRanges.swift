internal import SparseCore

/// What each feature that crosses a cut ranges over, so that it can be sent in 8 bits.
public struct BoundaryRanges: Hashable, Sendable {
  /// The hidden layers before the cut.
  public let hiddenLayers: Int
  /// Each feature's smallest value.
  public let low: [Float]
  /// Each feature's largest value.
  public let high: [Float]

  /// Puts ranges together.
  ///
  /// - Parameters:
  ///   - hiddenLayers: The hidden layers before the cut.
  ///   - low: Each feature's smallest value.
  ///   - high: Each feature's largest value.
  /// - Throws: `SparseError.Code.invalidArgument` when there are not as many of both, or a range is
  ///   not finite or empty.
  public init(hiddenLayers: Int, low: [Float], high: [Float]) throws {
    guard low.count == high.count, !low.isEmpty, hiddenLayers >= 0 else {
      throw SparseError(
        .invalidArgument,
        """
        There are \(low.count) smallest and \(high.count) largest values of features behind \
        \(hiddenLayers) hidden layers; give one of each for every feature.
        """)
    }
    if let bad = low.indices.first(where: {
      !(low[$0] <= high[$0]) || !low[$0].isFinite || !high[$0].isFinite
    }) {
      throw SparseError(
        .invalidArgument,
        "Feature \(bad) ranges from \(low[bad]) to \(high[bad]), which is no range.")
    }
    self.hiddenLayers = hiddenLayers
    self.low = low
    self.high = high
  }
}

extension BoundaryRanges {
  private static let prefix = "boundary."

  /// The arrays of a model file.
  var tensors: [Safetensors.Tensor] {
    let name = "\(Self.prefix)\(hiddenLayers)"
    return [("low", low), ("high", high)].map {
      .init(name: "\(name).\($0.0)", floats: $0.1, shape: [$0.1.count])
    }
  }

  /// All ranges in a model file, by their cuts.
  static func all(in file: Safetensors) throws -> [Self] {
    try file.tensors.compactMap { tensor -> Self? in
      guard tensor.name.hasPrefix(prefix) else { return nil }
      let words = tensor.name.split(separator: ".")
      guard words.count == 3, words[2] == "low",
        let cut = Int(words[1]), let high = file["\(prefix)\(cut).high"]
      else { return nil }
      do {
        return try Self(hiddenLayers: cut, low: tensor.floats(), high: high.floats())
      } catch let error as SparseError {
        throw SparseError(.corruptFile, "its ranges behind \(cut) hidden layers: \(error.message)")
      }
    }.sorted { $0.hiddenLayers < $1.hiddenLayers }
  }
}
