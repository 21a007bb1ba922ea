public import SparseCore

/// One junction's products by an engine, from and to sample-major arrays.
public struct EngineProducts {
  /// The engine's plan.
  public let plan: any JunctionPlan
  /// How the batch is laid out.
  public let shape: Tiles.Shape
  /// The weights.
  public let weights: JunctionWeights

  private let pattern: Pattern

  /// Plans the junction.
  ///
  /// - Parameters:
  ///   - engine: The engine.
  ///   - pattern: The connections.
  ///   - values: The weights in CSR order.
  ///   - samples: The samples of the batch.
  ///   - threads: The most threads of one product.
  /// - Throws: What the engine throws.
  public init(
    _ engine: Engine, _ pattern: Pattern, values: [Float], samples: Int, threads: Int = 1
  ) throws {
    self.pattern = pattern
    plan = try engine.plan(pattern, threads: threads, samples: samples)
    shape = Tiles.Shape(
      samples: samples, width: plan.tileWidth(samples: samples) ?? max(samples, 1))
    weights = JunctionWeights(csrValues: values, for: plan)
  }

  /// Y = b + W·X.
  ///
  /// - Parameters:
  ///   - x: `[samples × inputs]`.
  ///   - bias: One value per output.
  ///   - slope: What negative outputs are multiplied by; nil for no activation.
  /// - Returns: `[samples × outputs]`.
  /// - Throws: What the engine throws.
  public func forward(_ x: [Float], bias: [Float], slope: Float? = nil) throws -> [Float] {
    let input = tiles(pattern.inputs, x)
    // Overwritten, whatever was there.
    let output = tiles(pattern.outputs, nil, filledWith: .nan)
    let bias = FloatBuffer(bias)
    for index in 0..<shape.count {
      try plan.forward(
        weights, bias: bias, slope: slope, input: input.tile(index, of: shape),
        output: output.tile(index, of: shape))
    }
    return output.values(shape: shape)
  }

  /// dX = Wᵀ·dY, added to what was there.
  ///
  /// - Parameters:
  ///   - dy: `[samples × outputs]`.
  ///   - before: `[samples × inputs]`, or nil to overwrite.
  /// - Returns: `[samples × inputs]`.
  /// - Throws: What the engine throws.
  public func inputGradient(_ dy: [Float], before: [Float]?) throws -> [Float] {
    let outputGradient = tiles(pattern.outputs, dy)
    let inputGradient = tiles(pattern.inputs, before, filledWith: .nan)
    for index in 0..<shape.count {
      try plan.inputGradient(
        weights, outputGradient: outputGradient.tile(index, of: shape),
        inputGradient: inputGradient.tile(index, of: shape), accumulating: before != nil)
    }
    return inputGradient.values(shape: shape)
  }

  /// dW = P ⊙ (dY·Xᵀ), in CSR order.
  ///
  /// - Parameters:
  ///   - dy: `[samples × outputs]`.
  ///   - x: `[samples × inputs]`.
  /// - Returns: One gradient per edge.
  /// - Throws: What the engine throws.
  public func weightGradient(_ dy: [Float], _ x: [Float]) throws -> [Float] {
    let gradient = FloatBuffer(count: pattern.edgeCount, repeating: .nan)
    try plan.weightGradient(
      outputGradient: tiles(pattern.outputs, dy), input: tiles(pattern.inputs, x), shape: shape,
      gradient: gradient)
    return plan.layout.csrOrder(of: gradient.values)
  }

  private func tiles(_ features: Int, _ values: [Float]?, filledWith filler: Float = 0) -> Tiles {
    let tiles = Tiles(features: features, capacity: shape.lanes)
    tiles.buffer.fill(with: filler)
    if let values { tiles.load(values, shape: shape) }
    return tiles
  }
}
