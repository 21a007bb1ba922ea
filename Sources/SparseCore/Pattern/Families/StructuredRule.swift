extension PatternFamily {
  /// Every left neuron has the same out-degree, every right neuron the same in-degree.
  public static var structured: Self { Self(StructuredRule()) }
}

/// Constant degrees: |W| = inputs·d_out = outputs·d_in, hence density k/gcd(inputs, outputs).
struct StructuredRule: PatternRule {
  static let name = "structured"

  init() {}

  init(argument: Substring?) throws {
    try Self.refuse(argument)
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? {
    let divisor = shape.commonDivisor
    return (1...divisor).map { Double($0) / Double(divisor) }
  }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    let divisor = shape.commonDivisor
    let target = snappedProduct(density, divisor)
    let steps = min(max(Int(target.rounded()), 1), divisor)
    let edges = shape.cells / divisor * steps
    guard Double(steps) != target else { return (edges, nil) }
    return (edges, shape.nearest(Self.name, divisor, edges))
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    try check(edges: edges, in: shape, family: Self.name)
  }

  /// Checks for this family, or for one with the same degrees.
  func check(edges: Int, in shape: JunctionShape, family: String) throws {
    guard edges % shape.inputs == 0 else {
      throw SparseError(
        .invalidPattern,
        "A \(family) pattern of \(shape) cannot have \(edges) edges: they must be a multiple of "
          + "\(shape.cells / shape.commonDivisor), so that all degrees are whole."
      )
    }
    let outDegree = edges / shape.inputs
    // Whole in-degrees need inputs·outDegree divisible by outputs: multiples of this step.
    let step = shape.outputs / shape.commonDivisor
    guard outDegree % step == 0 else {
      throw SparseError(
        .invalidPattern,
        "A \(family) pattern of \(shape) cannot have out-degree \(outDegree): the in-degree would "
          + "be \(shape.inputs)·\(outDegree)/\(shape.outputs), which is not whole. Nearest "
          + "admissible: \(multiples(of: step, around: outDegree, "and")). Or use 'balanced', or pad the "
          + "layer sizes."
      )
    }
  }

  func makeRows(
    edges: Int,
    in shape: JunctionShape,
    using random: inout RandomStream
  ) -> PatternRows {
    RowByRowSampler(
      rowDegrees: [Int](repeating: edges / shape.outputs, count: shape.outputs),
      columnDegrees: [Int](repeating: edges / shape.inputs, count: shape.inputs)
    ).draw(using: &random)
  }
}

extension JunctionShape {
  /// Says which of the densities k/divisor was taken.
  func nearest(_ family: String, _ divisor: Int, _ edges: Int) -> String {
    "\(family) patterns of \(self) have densities k/\(divisor), and "
      + "\(edges / (cells / divisor))/\(divisor) is the nearest (out-degree \(edges / inputs), "
      + "in-degree \(edges / outputs)); balanced patterns have any"
  }
}
