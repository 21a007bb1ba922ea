/// Activations (or their gradients) of some samples side by side: feature-major, `width` samples wide.
///
/// Feature `f` of lane `l` is float `f·width + l` of the tile, so the samples of one feature are
/// contiguous: a kernel loads them as one vector, and no layer transposes anything.
public struct Tile: Sendable {
  /// Where the floats are.
  public let buffer: FloatBuffer
  /// The tile's first float in the buffer.
  public let offset: Int
  /// The number of features: rows of the tile.
  public let features: Int
  /// The number of lanes: columns of the tile.
  public let width: Int
  /// The lanes that hold a sample, from 0 up; the others are padding and hold no information.
  public let samples: Int

  /// The range of the tile's floats in its buffer.
  public var range: Range<Int> { offset..<(offset + features * width) }

  /// The tile's first float, valid while `buffer` lives.
  package var base: UnsafeMutablePointer<Float> { unsafe buffer.base + offset }
}

/// The activations of a batch, cut into tiles: `[tile][feature][lane]`.
///
/// Its memory is allocated once for a largest batch; `reshape` lays smaller batches into it.
public final class Tiles: Sendable {
  /// The number of features of each sample.
  public let features: Int
  /// The floats of all tiles.
  public let buffer: FloatBuffer

  /// How the samples of the batch at hand are laid into the buffer.
  public struct Shape: Hashable, Sendable {
    /// The samples of the batch.
    public var samples: Int
    /// The lanes of each tile.
    public var width: Int
    /// The number of tiles; the last may have padding lanes.
    public var count: Int { width == 0 ? 0 : (samples + width - 1) / width }
    /// The lanes of all tiles, padding included.
    public var lanes: Int { count * width }

    /// Creates a shape.
    ///
    /// - Parameters:
    ///   - samples: The samples of the batch.
    ///   - width: The lanes of each tile.
    public init(samples: Int, width: Int) {
      precondition(
        samples >= 0 && (width > 0 || samples == 0), "\(samples) samples, \(width) lanes")
      self.samples = samples
      self.width = width
    }
  }

  /// Allocates room for batches of up to `capacity` lanes.
  ///
  /// - Parameters:
  ///   - features: The number of features of each sample.
  ///   - capacity: The largest number of lanes, padding included.
  public init(features: Int, capacity: Int) {
    self.features = features
    buffer = FloatBuffer(count: features * capacity)
  }

  /// Allocates as much room as other tiles have.
  package init(copyingSizeOf other: Tiles) {
    features = other.features
    buffer = FloatBuffer(count: other.buffer.count)
  }

  /// One tile of a batch.
  ///
  /// - Parameters:
  ///   - index: The tile's position in `0..<shape.count`.
  ///   - shape: How the batch is laid out.
  /// - Returns: The tile, sharing this object's memory.
  public func tile(_ index: Int, of shape: Shape) -> Tile {
    precondition(index >= 0 && index < shape.count, "tile \(index) is outside 0..<\(shape.count)")
    precondition(
      features * shape.lanes <= buffer.count,
      "\(shape.lanes) lanes of \(features) features do not fit \(buffer.count) floats")
    return Tile(
      buffer: buffer, offset: index * features * shape.width, features: features,
      width: shape.width, samples: min(shape.width, shape.samples - index * shape.width))
  }

  /// Lays sample-major values into tiles.
  ///
  /// - Parameters:
  ///   - values: `[samples × features]`, row-major.
  ///   - shape: How to lay the batch out. Padding lanes become 0.
  public func load(_ values: [Float], shape: Shape) {
    precondition(
      values.count == shape.samples * features,
      "\(values.count) values for \(shape.samples) samples of \(features) features")
    for index in 0..<shape.count {
      let tile = tile(index, of: shape)
      let first = index * shape.width
      buffer.withMutableSpan(tile.range) { span in
        for feature in 0..<features {
          for lane in 0..<shape.width {
            let value = lane < tile.samples ? values[(first + lane) * features + feature] : 0
            span[feature * shape.width + lane] = value
          }
        }
      }
    }
  }

  /// The batch as sample-major values.
  ///
  /// - Parameter shape: How the batch is laid out.
  /// - Returns: `[samples × features]`, row-major.
  public func values(shape: Shape) -> [Float] {
    var values = [Float](repeating: 0, count: shape.samples * features)
    for index in 0..<shape.count {
      let tile = tile(index, of: shape)
      let first = index * shape.width
      buffer.withMutableSpan(tile.range) { span in
        for lane in 0..<tile.samples {
          for feature in 0..<features {
            values[(first + lane) * features + feature] = span[feature * shape.width + lane]
          }
        }
      }
    }
    return values
  }

  /// Lays some of a batch's samples into other tiles, side by side.
  ///
  /// - Parameters:
  ///   - lanes: The samples, by their position in the batch.
  ///   - shape: How the batch is laid out here.
  ///   - target: Other tiles of as many features.
  ///   - targetShape: How to lay the chosen samples out there. Padding lanes become 0.
  package func gather(
    _ lanes: ArraySlice<Int>, of shape: Shape, into target: Tiles, shape targetShape: Shape
  ) {
    precondition(
      lanes.count == targetShape.samples && target.features == features,
      "\(lanes.count) samples of \(features) features into \(targetShape.samples) of "
        + "\(target.features)")
    for index in 0..<targetShape.count {
      let tile = target.tile(index, of: targetShape)
      let chosen = lanes.dropFirst(index * targetShape.width).prefix(tile.samples)
      tile.buffer.withMutableSpan(tile.range) { span in
        for lane in 0..<tile.width {
          guard lane < chosen.count else {
            for feature in 0..<features { span[feature * tile.width + lane] = 0 }
            continue
          }
          let position = chosen[chosen.startIndex + lane]
          let source = self.tile(position / shape.width, of: shape)
          let column = position % shape.width
          source.buffer.withMutableSpan(source.range) { values in
            for feature in 0..<features {
              span[feature * tile.width + lane] = values[feature * shape.width + column]
            }
          }
        }
      }
    }
  }
}

extension Tile {
  /// One activation.
  ///
  /// - Parameters:
  ///   - feature: The feature, in `0..<features`.
  ///   - lane: The lane, in `0..<width`.
  public subscript(feature: Int, lane: Int) -> Float {
    get { buffer[position(feature, lane)] }
    nonmutating set { buffer[position(feature, lane)] = newValue }
  }

  private func position(_ feature: Int, _ lane: Int) -> Int {
    precondition(
      feature >= 0 && feature < features && lane >= 0 && lane < width,
      "[\(feature), \(lane)] is outside a tile of \(features)×\(width)")
    return offset + feature * width + lane
  }
}
