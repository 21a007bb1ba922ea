internal import SparseCore

/// A data set as a network sees it: which samples, and which labels each branch learns.
public struct LabeledData: Sendable {
  /// The samples and their labels.
  public let dataset: Dataset
  /// The samples that take part, by index.
  public let indices: [Int]
  /// Per branch of the network, the position of its task among the data's targets.
  let targets: [Int]

  /// Matches data with a network.
  ///
  /// - Parameters:
  ///   - dataset: The samples and their labels.
  ///   - indices: The samples that take part; all when nil.
  ///   - network: The network that will see them. Samples with fewer features are padded with zeros.
  /// - Throws: `SparseError.Code.shapeMismatch` when a sample has more features than the network,
  ///   or a task is missing or has more classes than its branch has outputs.
  public init(_ dataset: Dataset, indices: [Int]? = nil, for network: Network) throws {
    guard dataset.featureCount <= network.inputSize else {
      throw SparseError(
        .shapeMismatch,
        """
        The samples have \(dataset.featureCount) features, but the network takes \
        \(network.inputSize). Give it a first layer of \(dataset.featureCount) or more.
        """)
    }
    self.dataset = dataset
    self.indices = indices ?? Array(0..<dataset.sampleCount)
    targets = try network.branches.map { branch in
      guard let target = dataset.targets.firstIndex(where: { $0.name == branch.task }) else {
        let known = dataset.targets.map(\.name).joined(separator: ", ")
        throw SparseError(
          .shapeMismatch,
          "Branch '\(branch.name)' learns task '\(branch.task)', but the data have only: \(known).")
      }
      let outputs = branch.layers.last?.outputSize ?? 0
      let classes = dataset.targets[target].classCount
      guard classes == outputs else {
        throw SparseError(
          .shapeMismatch,
          """
          Task '\(branch.task)' has \(classes) classes, but branch '\(branch.name)' has \
          \(outputs) outputs; they must agree.
          """)
      }
      return target
    }
  }

  /// The labels of some of the samples for one branch.
  func labels(_ samples: ArraySlice<Int>, branch: Int) -> [Int32] {
    let labels = dataset.targets[targets[branch]].labels
    return samples.map { labels[$0] }
  }

  /// Lays samples into the input of a network, scaled and padded with zeros.
  func pack(_ samples: ArraySlice<Int>, into tiles: Tiles, shape: Tiles.Shape) {
    precondition(samples.count == shape.samples, "\(samples.count) of \(shape.samples) samples")
    for index in 0..<shape.count {
      let start = samples.startIndex + index * shape.width
      let end = min(start + shape.width, samples.endIndex)
      let tile = tiles.tile(index, of: shape)
      switch dataset.features {
      case .bytes(let bytes): pack(bytes, samples[start..<end], into: tile) { Self.scaled[Int($0)] }
      case .floats(let floats): pack(floats, samples[start..<end], into: tile) { $0 }
      }
    }
  }

  /// b / 255 for every byte.
  private static let scaled: [Float] = (0...255).map { Float($0) / 255 }

  /// Samples side by side: sixteen at a time, so that each store fills a cache line.
  private func pack<Element>(
    _ features: [Element], _ samples: ArraySlice<Int>, into tile: Tile,
    _ value: (Element) -> Float
  ) {
    let count = dataset.featureCount
    tile.buffer.fill(
      (tile.offset + count * tile.width)..<tile.range.upperBound, with: 0)
    tile.buffer.withMutableSpan(tile.range) { span in
      for block in stride(from: 0, to: tile.width, by: 16) {
        let lanes = block..<min(block + 16, tile.width)
        for feature in 0..<count {
          for lane in lanes {
            let isSample = lane < samples.count
            span[feature * tile.width + lane] =
              isSample ? value(features[samples[samples.startIndex + lane] * count + feature]) : 0
          }
        }
      }
    }
  }
}
