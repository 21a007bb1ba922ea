internal import SparseCore

extension Tile {
  /// Replaces each float of `target` by a function of the floats of this tile, another and its own.
  @inline(__always)
  func mapped(
    with other: Tile, to target: Tile,
    _ function: (_ first: Float, _ second: Float, _ target: Float) -> Float
  ) {
    precondition(
      target.features == features && target.width == width && other.features == features
        && other.width == width, "tiles of different sizes")
    // SAFETY: all three tiles hold features × width floats, which the ranges were made for.
    let first = unsafe base
    let second = unsafe other.base
    let to = unsafe target.base
    for index in 0..<(features * width) {
      unsafe to[index] = function(first[index], second[index], to[index])
    }
  }
}
