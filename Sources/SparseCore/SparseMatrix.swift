/// A pattern and one value for each of its edges.
///
/// The value type in which weights are made, stored and inspected. To compute with it many times,
/// plan its pattern once (`Backend.plan`) and hand the plan a `JunctionWeights`.
public struct SparseMatrix: Sendable {
  /// Where the values are: `outputs × inputs`.
  public let pattern: Pattern

  /// One value per edge, in CSR order.
  public private(set) var values: [Float]

  /// Creates a matrix.
  ///
  /// - Parameters:
  ///   - pattern: Where the values are.
  ///   - values: One finite value per edge, in CSR order.
  /// - Throws: `SparseError.Code.shapeMismatch` when the counts differ, `invalidArgument` when a
  ///   value is not finite.
  public init(pattern: Pattern, values: [Float]) throws {
    self.pattern = pattern
    self.values = []
    try setValues(values)
  }

  /// Creates a matrix whose values are all 0.
  ///
  /// - Parameter pattern: Where the values are.
  public init(zerosAt pattern: Pattern) {
    self.pattern = pattern
    values = [Float](repeating: 0, count: pattern.edgeCount)
  }

  /// Replaces the values.
  ///
  /// - Parameter newValues: One finite value per edge, in CSR order.
  /// - Throws: As `init(pattern:values:)`.
  public mutating func setValues(_ newValues: [Float]) throws {
    guard newValues.count == pattern.edgeCount else {
      throw SparseError(
        .shapeMismatch,
        "\(newValues.count) values were given for a pattern of \(pattern.edgeCount) edges; give one each."
      )
    }
    if let position = newValues.firstIndex(where: { !$0.isFinite }) {
      throw SparseError(
        .invalidArgument,
        "The value of edge \(position) is \(newValues[position]); weights must be finite.")
    }
    values = newValues
  }

  /// Replaces the values by as many that are known to be finite.
  package mutating func replaceFiniteValues(_ newValues: [Float]) {
    precondition(newValues.count == pattern.edgeCount, "one value per edge")
    values = newValues
  }

  /// The matrix with its zeros, row-major: `[outputs × inputs]`.
  public var dense: [Float] {
    var dense = [Float](repeating: 0, count: pattern.outputs * pattern.inputs)
    for row in 0..<pattern.outputs {
      for edge in pattern.edges(ofRow: row) {
        dense[row * pattern.inputs + Int(pattern.columns[edge])] = values[edge]
      }
    }
    return dense
  }

  /// Multiplies this matrix by a batch of column vectors.
  ///
  ///     y[s, r] = sum over stored (r, c) of self[r, c] * x[s, c]
  ///
  /// - Parameters:
  ///   - x: `[samples × inputs]`, row-major: one sample after the other.
  ///   - samples: The number of samples.
  ///   - backend: The engine that computes.
  /// - Returns: `[samples × outputs]`, row-major.
  /// - Throws: `SparseError.Code.shapeMismatch` when `x` does not hold `samples` inputs, or what
  ///   the engine throws.
  public func multiplied(
    by x: [Float], samples: Int, backend: Backend = .auto
  ) throws -> [Float] {
    let (needed, isTooMany) = samples.multipliedReportingOverflow(by: pattern.inputs)
    guard samples >= 0, !isTooMany, x.count == needed else {
      throw SparseError(
        .shapeMismatch,
        """
        \(x.count) numbers are not \(samples) samples of \(pattern.inputs) inputs; give \
        samples × inputs numbers, one sample after the other.
        """)
    }
    guard samples > 0 else { return [] }
    let plan = try backend.plan(pattern, samples: samples, isTraining: false)
    let shape = Tiles.Shape(samples: samples, width: plan.tileWidth(samples: samples) ?? samples)
    let input = Tiles(features: pattern.inputs, capacity: shape.lanes)
    let output = Tiles(features: pattern.outputs, capacity: shape.lanes)
    input.load(x, shape: shape)
    let weights = JunctionWeights(csrValues: values, for: plan)
    let bias = FloatBuffer(count: pattern.outputs)
    for index in 0..<shape.count {
      try plan.forward(
        weights, bias: bias, input: input.tile(index, of: shape),
        output: output.tile(index, of: shape))
    }
    return output.values(shape: shape)
  }
}
