internal import SparseCore

/// Samples as a network sees them: scaled, padded with zeros, laid into tiles.
public struct Samples: Sendable {
  /// Where the samples are.
  public let dataset: Dataset
  /// The samples that take part, by index.
  public let indices: [Int]

  /// Matches samples with a network.
  ///
  /// - Parameters:
  ///   - dataset: Where the samples are.
  ///   - indices: The samples that take part; all when nil.
  ///   - network: The network that will see them. Samples with fewer features are padded with zeros.
  /// - Throws: `SparseError.Code.shapeMismatch` when a sample has more features than the network.
  public init(_ dataset: Dataset, indices: [Int]? = nil, for network: Network) throws {
    guard dataset.featureCount <= network.inputSize else {
      throw SparseError(
        .shapeMismatch,
        """
        The samples have \(dataset.featureCount) features, but the network takes only \
        \(network.inputSize).
        """)
    }
    self.dataset = dataset
    self.indices = indices ?? Array(0..<dataset.sampleCount)
  }

  /// Lays samples into the input of a network.
  ///
  /// - Parameters:
  ///   - chosen: Indices of samples, as many as the shape has.
  ///   - tiles: The network's input.
  ///   - shape: How the batch is laid out. Padding lanes become 0.
  func pack(_ chosen: ArraySlice<Int>, into tiles: Tiles, shape: Tiles.Shape) {
    precondition(chosen.count == shape.samples, "\(chosen.count) of \(shape.samples) samples")
    for index in 0..<shape.count {
      let start = chosen.startIndex + index * shape.width
      let lanes = chosen[start..<min(start + shape.width, chosen.endIndex)]
      let tile = tiles.tile(index, of: shape)
      switch dataset.features {
      case .bytes(let bytes): pack(bytes, lanes, into: tile) { Self.scaled[Int($0)] }
      case .floats(let floats): pack(floats, lanes, into: tile) { $0 }
      }
    }
  }

  /// b / 255 for every byte b.
  private static let scaled: [Float] = (0...255).map { Float($0) / 255 }

  /// Samples side by side, sixteen at a time, so that each group of stores fills a cache line.
  private func pack<Element>(
    _ features: [Element], _ lanes: ArraySlice<Int>, into tile: Tile, _ value: (Element) -> Float
  ) {
    let count = dataset.featureCount
    let width = tile.width
    precondition(tile.features >= count, "\(count) features into \(tile.features)")
    tile.buffer.fill(tile.offset + count * width..<tile.range.upperBound, with: 0)
    tile.buffer.withMutableSpan(tile.range) { span in
      for block in stride(from: 0, to: width, by: 16) {
        for lane in block..<min(block + 16, width) where lane >= lanes.count {
          for feature in 0..<count { span[feature * width + lane] = 0 }
        }
        let rows = lanes.dropFirst(block).prefix(16).map { $0 * count }
        for feature in 0..<count {
          for (lane, row) in rows.enumerated() {
            span[feature * width + block + lane] = value(features[row + feature])
          }
        }
      }
    }
  }
}
