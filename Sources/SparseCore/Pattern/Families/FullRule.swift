extension PatternFamily {
  /// Every left neuron is connected to every right neuron.
  public static var full: Self { Self(FullRule()) }
}

/// All connections: the dense junction.
struct FullRule: PatternRule {
  static let name = "full"

  init() {}

  init(argument: Substring?) throws {
    try Self.refuse(argument)
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? { [1] }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    (shape.cells, density == 1 ? nil : "full patterns keep every connection")
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    guard edges == shape.cells else {
      throw SparseError(
        .invalidPattern,
        "A full pattern of \(shape) has \(shape.cells) edges (out-degree \(shape.outputs)), not "
          + "\(edges). Use another family for fewer.")
    }
  }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) -> PatternRows {
    var rows = PatternRows(outputs: shape.outputs, edges: edges)
    for _ in 0..<shape.outputs {
      rows.columns.append(contentsOf: 0..<UInt32(shape.inputs))
      rows.endRow()
    }
    return rows
  }
}
