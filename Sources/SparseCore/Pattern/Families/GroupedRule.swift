extension PatternFamily {
  /// Structured patterns in which groups of consecutive right neurons share all their left neurons.
  ///
  /// One load of an activation then serves the whole group, which makes the native kernels several
  /// times faster than on unrelated rows.
  ///
  /// - Parameter size: Right neurons in a group: 4, 8 or 16.
  /// - Returns: The family.
  /// - Throws: `SparseError` for another size.
  public static func grouped(_ size: Int) throws -> Self { Self(try GroupedRule(size: size)) }
}

/// A structured pattern from the left neurons to the *groups*.
///
/// Each of its edges stands for one edge to every right neuron of the group. Densities are
/// k/gcd(inputs, groups).
struct GroupedRule: PatternRule {
  static let name = "grouped"
  static let usage = "grouped:4|8|16"

  private let size: Int
  private let structured = StructuredRule()

  init(size: Int) throws {
    guard [4, 8, 16].contains(size) else {
      throw SparseError(
        .invalidArgument, "Groups of \(size) outputs are not among 4, 8 and 16; write grouped:4.")
    }
    self.size = size
  }

  init(argument: Substring?) throws {
    guard let argument, let size = Int(argument) else {
      throw SparseError(
        .invalidArgument,
        "The family 'grouped' needs the size of its groups, but \(found(argument)) is given. Write grouped:4, "
          + "grouped:8 or grouped:16.")
    }
    try self.init(size: size)
  }

  var description: String { "\(Self.name):\(size)" }

  /// The junction from the left neurons to the groups; nil when the outputs do not fill groups.
  private func groups(in shape: JunctionShape) -> JunctionShape? {
    guard shape.outputs % size == 0 else { return nil }
    return try? JunctionShape(inputs: shape.inputs, outputs: shape.outputs / size)
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? {
    groups(in: shape).map { structured.admissibleDensities(in: $0) ?? [] } ?? []
  }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    // Without whole groups no number of edges will do; 'check' says so.
    guard let groups = groups(in: shape) else { return (shape.cells, nil) }
    let nearest = structured.nearestEdges(to: density, in: groups)
    let edges = nearest.edges * size
    guard nearest.reason != nil else { return (edges, nil) }
    return (edges, shape.nearest(description, groups.commonDivisor, edges))
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    guard let groups = groups(in: shape) else {
      throw SparseError(
        .invalidPattern,
        "\(shape.outputs) outputs are not whole groups of \(size). Use "
          + "\(multiples(of: size, around: shape.outputs, "or")) outputs, or the family 'structured'."
      )
    }
    // Whole groups and whole in-degrees: the out-degrees are the multiples of this step.
    let step = size * (groups.outputs / groups.commonDivisor)
    guard edges % shape.inputs == 0 else {
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern of \(shape) cannot have \(edges) edges: they must be a multiple of "
          + "\(shape.inputs * step), so that all degrees are whole.")
    }
    let outDegree = edges / shape.inputs
    guard outDegree % step == 0 else {
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern of \(shape) cannot have out-degree \(outDegree): its groups must be "
          + "whole, and so must the in-degree. Nearest admissible: "
          + "\(multiples(of: step, around: outDegree, "and")). Or use 'balanced', or pad the layer sizes."
      )
    }
  }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) throws -> PatternRows {
    let groups = try JunctionShape(inputs: shape.inputs, outputs: shape.outputs / size)
    let drawn = structured.makeRows(edges: edges / size, in: groups, using: &random)
    var rows = PatternRows(outputs: shape.outputs, edges: edges)
    for (start, end) in zip(drawn.offsets, drawn.offsets.dropFirst()) {
      for _ in 0..<size {
        rows.columns += drawn.columns[start..<end]
        rows.endRow()
      }
    }
    return rows
  }
}
