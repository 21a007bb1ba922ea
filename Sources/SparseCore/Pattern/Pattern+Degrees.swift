// MARK: - Degrees

extension Pattern {
  /// The number of edges of each right neuron, in row order.
  ///
  /// - Complexity: O(*outputs*).
  public var inDegrees: [Int] {
    (0..<outputs).map { rowOffsets[$0 + 1] - rowOffsets[$0] }
  }

  /// The number of edges of each left neuron, in column order.
  ///
  /// - Complexity: O(*inputs* + *edges*).
  public var outDegrees: [Int] {
    var degrees = [Int](repeating: 0, count: inputs)
    for column in columns { degrees[Int(column)] += 1 }
    return degrees
  }

  /// The in-degree that all right neurons share, or `nil` when they differ.
  ///
  /// - Complexity: O(*outputs*).
  public var constantInDegree: Int? {
    let degree = rowOffsets[1]
    let isConstant = (0..<outputs).allSatisfy { rowOffsets[$0 + 1] - rowOffsets[$0] == degree }
    return isConstant ? degree : nil
  }

  /// The out-degree that all left neurons share, or `nil` when they differ.
  ///
  /// - Complexity: O(*inputs* + *edges*).
  public var constantOutDegree: Int? {
    guard edgeCount % inputs == 0 else { return nil }
    let degree = edgeCount / inputs
    return outDegrees.allSatisfy { $0 == degree } ? degree : nil
  }
}
