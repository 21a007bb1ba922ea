internal import CSparseKernels

extension Tile {
  /// Multiplies the negative numbers by a slope, for engines whose products cannot.
  func activate(slope: Float?) {
    guard let slope else { return }
    // SAFETY: the tile holds features × width floats.
    unsafe KernelSet.elementWise.table.relu(base, features * width, slope)
  }
}
