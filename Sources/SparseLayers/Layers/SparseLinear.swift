public import SparseCore

/// A junction: Y = b + W·X, where W has values only at the edges of a fixed pattern.
public struct SparseLinear: Layer {
  /// The name of this kind of layer in model files.
  public static let kind = "linear"

  /// W, `[outputSize × inputSize]` with the pattern's edges.
  public private(set) var weights: SparseMatrix

  /// b, one value per output.
  public private(set) var bias: [Float]

  /// The connections.
  public var pattern: Pattern { weights.pattern }
  /// The number of features that come in.
  public var inputSize: Int { pattern.inputs }
  /// The number of features that go out.
  public var outputSize: Int { pattern.outputs }

  /// Creates a junction from its values.
  ///
  /// - Parameters:
  ///   - weights: W.
  ///   - bias: One finite value per output.
  /// - Throws: `SparseError.Code.shapeMismatch` when the bias does not fit.
  public init(weights: SparseMatrix, bias: [Float]) throws {
    guard bias.count == weights.pattern.outputs else {
      throw SparseError(
        .shapeMismatch,
        "\(bias.count) biases for a junction of \(weights.pattern.outputs) outputs; give one each.")
    }
    self.weights = weights
    self.bias = bias
    try checkParameters([weights.values, bias])
  }

  /// Creates a junction with initial weights.
  ///
  /// - Parameters:
  ///   - pattern: The connections.
  ///   - initializer: How weights are drawn, and the initial bias.
  ///   - generator: The stream that the weights are drawn from.
  public init(
    pattern: Pattern, initializer: Initializer, using generator: inout RandomStream
  ) {
    weights = initializer.weights(for: pattern, using: &generator)
    bias = [Float](repeating: initializer.bias, count: pattern.outputs)
  }

  /// The arrays that training changes or keeps.
  public var parameters: [LayerParameter] {
    [
      LayerParameter(name: "values", values: weights.values),
      LayerParameter(name: "bias", values: bias),
    ]
  }

  /// What it takes, besides the parameters, to make this layer again.
  public var description: LayerDescription {
    LayerDescription(kind: Self.kind, inputSize: inputSize, outputSize: outputSize)
  }

  /// Makes the layer that a file describes.
  public init(
    description: LayerDescription, pattern: Pattern?, parameters: [String: [Float]]
  ) throws {
    guard let pattern else {
      throw SparseError(.corruptFile, "A linear layer has neither columns nor a pattern recipe.")
    }
    guard pattern.inputs == description.inputSize, pattern.outputs == description.outputSize else {
      throw SparseError(
        .corruptFile,
        """
        A linear layer from \(description.inputSize) to \(description.outputSize) comes with a \
        pattern from \(pattern.inputs) to \(pattern.outputs).
        """)
    }
    let values = try Self.array("values", count: pattern.edgeCount, from: parameters)
    let bias = try Self.array("bias", count: pattern.outputs, from: parameters)
    try self.init(weights: SparseMatrix(pattern: pattern, values: values), bias: bias)
  }

  /// Replaces the parameters after training.
  public mutating func setParameters(_ values: [[Float]]) throws {
    try checkParameters(values)
    try weights.setValues(values[0])
    bias = values[1]
  }

  /// Makes what runs this layer.
  public func makeOperator(_ context: OperatorContext) throws -> any LayerOperator {
    let plan =
      try context.plan
      ?? Backend.auto.plan(pattern, samples: context.capacity, isTraining: context.isTraining)
    return SparseLinearOperator(self, plan, context)
  }
}

/// How the weights and biases of a junction begin.
public struct Initializer: Codable, Hashable, Sendable {
  /// The distribution of the weights; `fan` counts are those of the *dense* junction or of the
  /// pattern's average, as `usesDenseFan` says.
  public enum Distribution: String, CaseIterable, Codable, Sendable {
    /// Truncated normal with variance 2 / fan-in (He, Zhang, Ren, Sun 2015), as Keras draws it:
    /// cut at two standard deviations of a normal that is widened to keep the variance.
    case heNormal = "he-normal"
    /// Uniform with variance 2 / (fan-in + fan-out) (Glorot, Bengio 2010).
    case glorotUniform = "glorot-uniform"
  }

  /// The distribution of the weights.
  public var distribution: Distribution
  /// Whether fan-in and fan-out count the dense junction's connections, as the published recipe
  /// does, or only those that exist.
  public var usesDenseFan: Bool
  /// The initial value of each bias.
  public var bias: Float

  /// He's distribution with the connections that exist, and biases of 0.
  public static var standard: Self {
    Self(distribution: .heNormal, usesDenseFan: false, bias: 0)
  }

  /// The published recipe: He's distribution with the dense fan-in, and biases of 0.1.
  public static var published: Self {
    Self(distribution: .heNormal, usesDenseFan: true, bias: 0.1)
  }

  /// Creates an initializer.
  ///
  /// - Parameters:
  ///   - distribution: The distribution of the weights.
  ///   - usesDenseFan: Whether fans count the dense junction's connections.
  ///   - bias: The initial value of each bias.
  public init(distribution: Distribution, usesDenseFan: Bool, bias: Float) {
    self.distribution = distribution
    self.usesDenseFan = usesDenseFan
    self.bias = bias
  }

  func weights(for pattern: Pattern, using generator: inout RandomStream) -> SparseMatrix {
    let kept = usesDenseFan ? 1 : pattern.density
    let fanIn = max(Double(pattern.inputs) * kept, 1)
    let fanOut = max(Double(pattern.outputs) * kept, 1)
    var values = [Float](repeating: 0, count: pattern.edgeCount)
    switch distribution {
    case .heNormal:
      // The standard deviation of a standard normal cut at ±2 is 0.8796….
      let scale = (2 / fanIn).squareRoot() / 0.879_625_661_034_239_78
      for index in values.indices { values[index] = Float(scale * generator.truncatedNormal()) }
    case .glorotUniform:
      let limit = (6 / (fanIn + fanOut)).squareRoot()
      for index in values.indices { values[index] = Float(limit * (2 * generator.uniform() - 1)) }
    }
    var matrix = SparseMatrix(zerosAt: pattern)
    matrix.replaceFiniteValues(values)
    return matrix
  }
}
