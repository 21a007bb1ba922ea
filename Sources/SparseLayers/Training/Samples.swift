internal import CSparseKernels
package import SparseCore

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
  /// - Throws: `SparseError.Code.shapeMismatch` when a sample has more features than the network,
  ///   `invalidArgument` when an index is none of a sample.
  public init(_ dataset: Dataset, indices: [Int]? = nil, for network: Network) throws {
    guard dataset.featureCount <= network.inputSize else {
      throw SparseError(
        .shapeMismatch,
        """
        The samples have \(dataset.featureCount) features, but the network takes only \
        \(network.inputSize).
        """)
    }
    if let stranger = indices?.first(where: { $0 < 0 || $0 >= dataset.sampleCount }) {
      throw SparseError(
        .invalidArgument,
        "There is no sample \(stranger): indices of these data are 0..<\(dataset.sampleCount).")
    }
    self.dataset = dataset
    self.indices = indices ?? Array(0..<dataset.sampleCount)
  }

  /// Lays the samples of one tile into the input of a network.
  ///
  /// - Parameters:
  ///   - chosen: The batch: indices of samples, as many as the shape has.
  ///   - index: The tile.
  ///   - tiles: The network's input.
  ///   - shape: How the batch is laid out. Padding lanes become 0.
  package func pack(
    _ chosen: ArraySlice<Int>, tile index: Int, into tiles: Tiles, shape: Tiles.Shape
  ) {
    precondition(chosen.count == shape.samples, "\(chosen.count) of \(shape.samples) samples")
    let first = chosen.startIndex + index * shape.width
    let lanes = chosen[first..<min(first + shape.width, chosen.endIndex)]
    let tile = tiles.tile(index, of: shape)
    let count = dataset.featureCount
    precondition(tile.features >= count, "\(count) features into \(tile.features)")
    tile.buffer.fill(tile.offset + count * tile.width..<tile.range.upperBound, with: 0)
    switch dataset.features {
    case .bytes(let bytes): pack(bytes, lanes, into: tile)
    case .floats(let floats): pack(floats, lanes, into: tile)
    }
  }

  /// b / 255 for every byte b.
  private static let scaled: [Float] = (0...255).map { Float($0) / 255 }

  private func pack(_ bytes: [UInt8], _ lanes: ArraySlice<Int>, into tile: Tile) {
    let count = dataset.featureCount
    // SAFETY: every index of 'lanes' is a sample of the data set, which has 'count' bytes each; the
    // tile has room for 'count' features and at least as many lanes.
    unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: tile.width) {
      rows in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        guard let start = bytes.baseAddress else { return }
        for (lane, sample) in lanes.enumerated() {
          precondition(sample >= 0 && (sample + 1) * count <= bytes.count, "no sample \(sample)")
          unsafe rows[lane] = start + sample * count
        }
        unsafe Self.scaled.withUnsafeBufferPointer { table in
          unsafe KernelSet.elementWise.table.pack_bytes(
            rows.baseAddress, lanes.count, count, table.baseAddress, tile.base, tile.width)
        }
      }
    }
  }

  /// Samples side by side, sixteen at a time, so that each group of stores fills a cache line.
  private func pack(_ floats: [Float], _ lanes: ArraySlice<Int>, into tile: Tile) {
    let count = dataset.featureCount
    let width = tile.width
    tile.buffer.withMutableSpan(tile.range) { span in
      for block in stride(from: 0, to: width, by: 16) {
        for feature in 0..<count {
          for lane in block..<min(block + 16, width) {
            span[feature * width + lane] =
              lane < lanes.count ? floats[lanes[lanes.startIndex + lane] * count + feature] : 0
          }
        }
      }
    }
  }
}
