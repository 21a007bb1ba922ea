extension Pattern {
  /// The positions, in CSR order, of the edges that lead to one output.
  ///
  /// - Parameter row: The output, in `0..<outputs`.
  /// - Returns: The positions; empty when the output has no connection.
  public func edges(ofRow row: Int) -> Range<Int> { rowOffsets[row]..<rowOffsets[row + 1] }
}
