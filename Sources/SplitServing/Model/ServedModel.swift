internal import SparseCore
internal import SparseLayers
internal import Synchronization

/// A network ready to answer: planned once, with buffers for its largest batch.
///
/// Every batch is laid into tiles of one width, so that a sample's outputs have the same bits
/// whatever else is in the batch, and however many threads there are.
final class ServedModel: Sendable {
  /// What the model takes and gives.
  let signature: ModelSignature
  /// The samples of the largest batch.
  let batchCapacity: Int
  /// What the engines have to tell about themselves.
  let warnings: [String]

  private let executor: Mutex<NetworkExecutor>

  /// Plans a network and allocates its buffers.
  ///
  /// - Parameters:
  ///   - network: The network with its parameters.
  ///   - name: What clients call the model.
  ///   - split: Which part of a larger network it is, when it is one.
  ///   - ranges: What its inputs range over, when that is known.
  ///   - takesBytes: Whether its inputs are those of a network that was trained on bytes.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - tileWidth: The lanes of every tile. Models of one width give the same bits.
  /// - Throws: `SparseError.Code.backend` when an engine fails, `unsupported` when the activations
  ///   would fit no memory.
  init(
    _ network: Network, name: String, split: SplitDescription? = nil,
    ranges: BoundaryRanges? = nil, takesBytes: Bool = false, backend: Backend = .auto,
    threads: Int = 1, batchCapacity: Int = 64,
    tileWidth: Int = ModelServer.defaultTileWidth
  ) throws {
    let executor = try NetworkExecutor(
      network, backend: backend, threads: threads, batchCapacity: batchCapacity,
      tileWidth: tileWidth)
    signature = ModelSignature(
      name: name, network: network, split: split, ranges: ranges, takesBytes: takesBytes)
    warnings = executor.plans.compactMap(\.warning)
    self.batchCapacity = batchCapacity
    self.executor = Mutex(executor)
  }

  /// Some samples of a batch, and the outputs that are wanted of them.
  struct Piece: Sendable {
    /// `[… × features]`, row-major: the samples of a request.
    var values: [Float]
    /// Those of them that are in the batch.
    var rows: Range<Int>
    /// The outputs, by their position in the signature.
    var heads: [Int]
  }

  /// Computes a batch.
  ///
  /// - Parameter pieces: At most `batchCapacity` samples together.
  /// - Returns: For each piece and each of its heads, `[samples × size]`, row-major.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  func run(_ pieces: [Piece]) throws -> [[[Float]]] {
    try executor.withLock { executor in
      let samples = pieces.reduce(0) { $0 + $1.rows.count }
      let shape = executor.shape(samples: samples)
      var lane = 0
      for piece in pieces {
        executor.input.values.set(piece.values, rows: piece.rows, firstLane: lane, of: shape)
        lane += piece.rows.count
      }
      executor.input.values.clearPadding(of: shape)
      try executor.forward(
        Pass(shape: shape, mode: .inference), branches: Set(pieces.flatMap(\.heads)))
      lane = 0
      return pieces.map { piece in
        defer { lane += piece.rows.count }
        return piece.heads.map { head in
          executor.outputs[head].values.rows(lane..<lane + piece.rows.count, of: shape)
        }
      }
    }
  }
}

// MARK: - Samples in tiles

extension Tiles {
  /// Lays rows of samples into lanes of a batch.
  fileprivate func set(_ values: [Float], rows: Range<Int>, firstLane: Int, of shape: Shape) {
    precondition(rows.upperBound * features <= values.count, "\(rows) of \(values.count) values")
    for (offset, row) in rows.enumerated() {
      let tile = tile((firstLane + offset) / shape.width, of: shape)
      let lane = (firstLane + offset) % shape.width
      let (features, width, start) = (features, shape.width, row * features)
      let source = values.span
      tile.buffer.withMutableSpan(tile.range) { span in
        for feature in 0..<features { span[feature * width + lane] = source[start + feature] }
      }
    }
  }

  /// Puts zeros where the last tile holds no samples: other numbers there could be slow ones.
  fileprivate func clearPadding(of shape: Shape) {
    guard shape.count > 0 else { return }
    let tile = tile(shape.count - 1, of: shape)
    guard tile.samples < tile.width else { return }
    tile.buffer.withMutableSpan(tile.range) { span in
      for feature in 0..<tile.features {
        for lane in tile.samples..<tile.width { span[feature * tile.width + lane] = 0 }
      }
    }
  }

  /// Some lanes of a batch as rows of samples.
  fileprivate func rows(_ lanes: Range<Int>, of shape: Shape) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(lanes.count * features)
    for lane in lanes {
      let tile = tile(lane / shape.width, of: shape)
      let column = lane % shape.width
      tile.buffer.withMutableSpan(tile.range) { span in
        for feature in 0..<features { values.append(span[feature * shape.width + column]) }
      }
    }
    return values
  }
}
