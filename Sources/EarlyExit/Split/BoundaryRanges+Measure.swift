public import SparseCore
public import SparseLayers

extension BoundaryRanges {
  /// Measures what the features at each cut range over.
  ///
  /// - Parameters:
  ///   - network: The whole network.
  ///   - samples: Samples that are neither trained nor tested on, matched with the network.
  ///   - backend: The engine of the products.
  /// - Returns: The ranges at each cut, from that before the first hidden layer, where samples cross.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public static func measured(
    _ network: Network, on samples: Samples, backend: Backend = .auto
  ) throws -> [BoundaryRanges] {
    try (0...network.hiddenLayerEnds.count).map { cut in
      let edge = try network.split(afterHiddenLayers: cut).edge
      return try measured(edge, hiddenLayers: cut, on: samples, backend)
    }
  }

  /// Measures what the first part of a network hands over when it hands over everything.
  private static func measured(
    _ edge: Network, hiddenLayers: Int, on samples: Samples, _ backend: Backend
  ) throws -> BoundaryRanges {
    let runner = try ExitRunner(
      edge, policy: .never(exits: edge.exits.count, handsOver: true), backend: backend,
      batchCapacity: 256)
    let features = edge.backboneSize(at: edge.backbone.count)
    var low = [Float](repeating: .infinity, count: features)
    var high = [Float](repeating: -.infinity, count: features)
    for start in stride(from: 0, to: samples.indices.count, by: 256) {
      _ = try runner.run(
        samples.indices[start..<min(start + 256, samples.indices.count)], of: samples)
      for (index, value) in runner.boundary().enumerated() {
        let feature = index % features
        low[feature] = min(low[feature], value)
        high[feature] = max(high[feature], value)
      }
    }
    return try BoundaryRanges(hiddenLayers: hiddenLayers, low: low, high: high)
  }
}
