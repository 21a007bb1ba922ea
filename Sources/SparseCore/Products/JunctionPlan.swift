/// The three products of one junction, planned once for its pattern and then only executed.
///
/// With the weights W (`pattern.outputs × pattern.inputs`), the input X (`inputs × samples`) and the
/// gradient dY of the loss with respect to the output (`outputs × samples`):
///
/// | product | formula |
/// |---|---|
/// | forward | Y = b + W·X |
/// | input gradient | dX = Wᵀ·dY |
/// | weight gradient | dW = P ⊙ (dY·Xᵀ), one value per stored weight |
///
/// A plan decides in which order it wants its values (`layout`); `JunctionWeights` keeps them so.
public protocol JunctionPlan: AnyObject, Sendable {
  /// The connections.
  var pattern: Pattern { get }

  /// The engine that executes the products; never `auto`.
  var backend: Backend { get }

  /// The order of the values in memory.
  var layout: ValueLayout { get }

  /// What this plan has to tell people about itself, such as why it is not the one they expect.
  var warning: String? { get }

  /// The bytes of the indices that this plan keeps in memory beside those of its pattern.
  var indexBytes: Int { get }

  /// The number of lanes in which this plan wants a batch cut.
  ///
  /// - Parameter samples: The samples of the batch.
  /// - Returns: The tile width, at least 1; nil when the plan likes a batch best in one piece.
  func tileWidth(samples: Int) -> Int?

  /// The parts in which the weight gradient can be computed concurrently: ranges of the stored
  /// values, in order, together all of them. They do not depend on the number of threads.
  var weightGradientParts: [Range<Int>] { get }

  /// Computes Y = b + W·X for one tile, and an activation of it.
  ///
  /// - Parameters:
  ///   - weights: The values of W, made for this plan.
  ///   - bias: One value per output.
  ///   - slope: What negative outputs are multiplied by, 0 for max(y, 0); nil for no activation.
  ///   - input: X; `inputs` features.
  ///   - output: Y; `outputs` features, as wide as `input`. Overwritten.
  /// - Throws: `SparseError.Code.backend` when the engine fails.
  func forward(
    _ weights: JunctionWeights, bias: FloatBuffer, slope: Float?, input: Tile, output: Tile
  ) throws

  /// Computes dX = Wᵀ·dY for one tile.
  ///
  /// - Parameters:
  ///   - weights: The values of W, made for this plan, with a current transposed copy.
  ///   - outputGradient: dY; `outputs` features.
  ///   - inputGradient: dX; `inputs` features, as wide as `outputGradient`.
  ///   - accumulating: Whether the product is added to what `inputGradient` holds.
  /// - Throws: `SparseError.Code.backend` when the engine fails.
  func inputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile, accumulating: Bool
  ) throws

  /// Computes one part of dW = P ⊙ (dY·Xᵀ) over all tiles of a batch, in the order of the tiles.
  ///
  /// - Parameters:
  ///   - part: The part's position in `weightGradientParts`.
  ///   - outputGradient: dY; `outputs` features. Padding lanes hold 0.
  ///   - input: X; `inputs` features, laid out as `outputGradient`.
  ///   - shape: How the batch is laid out.
  ///   - gradient: One value per stored weight, in this plan's order. The part is overwritten.
  /// - Throws: `SparseError.Code.backend` when the engine fails.
  func weightGradient(
    part: Int, outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws
}

extension JunctionPlan {
  /// No warning.
  public var warning: String? { nil }
  /// No indices but the pattern's.
  public var indexBytes: Int { 0 }
  /// All stored values as one part.
  public var weightGradientParts: [Range<Int>] { [0..<pattern.edgeCount] }
  /// The number of lanes in which this plan wants a batch cut.
  public func tileWidth(samples: Int) -> Int? { nil }

  /// Computes Y = b + W·X for one tile.
  ///
  /// - Parameters:
  ///   - weights: The values of W, made for this plan.
  ///   - bias: One value per output.
  ///   - input: X; `inputs` features.
  ///   - output: Y; `outputs` features, as wide as `input`. Overwritten.
  /// - Throws: What the engine throws.
  public func forward(
    _ weights: JunctionWeights, bias: FloatBuffer, input: Tile, output: Tile
  ) throws {
    try forward(weights, bias: bias, slope: nil, input: input, output: output)
  }

  /// Computes dW = P ⊙ (dY·Xᵀ) over all tiles of a batch.
  ///
  /// - Parameters:
  ///   - outputGradient: dY; `outputs` features. Padding lanes hold 0.
  ///   - input: X; `inputs` features, laid out as `outputGradient`.
  ///   - shape: How the batch is laid out.
  ///   - gradient: One value per stored weight, in this plan's order. Overwritten.
  /// - Throws: What the engine throws.
  public func weightGradient(
    outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws {
    for part in weightGradientParts.indices {
      try weightGradient(
        part: part, outputGradient: outputGradient, input: input, shape: shape, gradient: gradient)
    }
  }
}

/// Where a plan keeps each value of its pattern.
public struct ValueLayout: Sendable {
  /// For each stored value its position in CSR order; nil when the two orders are the same.
  public let csrPositions: [UInt32]?

  /// For each stored value its position in the transposed copy; nil when the plan reads none.
  public let transposedPositions: [UInt32]?

  /// The bytes of the positions.
  var bytes: Int { (csrPositions?.heldBytes ?? 0) + (transposedPositions?.heldBytes ?? 0) }

  /// CSR order, without a transposed copy.
  public static var csr: Self { Self(csrPositions: nil, transposedPositions: nil) }

  /// CSR order, with a copy in the CSR order of the transposed pattern.
  ///
  /// - Parameter pattern: The pattern whose values are stored.
  /// - Returns: The layout.
  public static func csrAndTranspose(of pattern: Pattern) -> Self {
    var positions = [UInt32](repeating: 0, count: pattern.edgeCount)
    for (transposed, stored) in pattern.transpose.positions.enumerated() {
      positions[Int(stored)] = UInt32(transposed)
    }
    return Self(csrPositions: nil, transposedPositions: positions)
  }
}

extension JunctionPlan {
  func checkForward(_ weights: JunctionWeights, bias: FloatBuffer, input: Tile, output: Tile) {
    precondition(
      weights.values.count == pattern.edgeCount,
      "\(weights.values.count) values for a pattern of \(pattern.edgeCount) edges")
    precondition(
      bias.count == pattern.outputs, "\(bias.count) biases for \(pattern.outputs) outputs")
    checkTiles(inputSide: input, outputSide: output)
  }

  func checkInputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile
  ) {
    // The transposed copy is read without a look at its size.
    let transposed = layout.transposedPositions?.count ?? 0
    precondition(
      weights.values.count == pattern.edgeCount && weights.transposedValues.count == transposed,
      """
      \(weights.values.count) values and \(weights.transposedValues.count) transposed ones for a plan of \
      \(pattern.edgeCount) and \(transposed): the weights were made for another plan
      """)
    checkTiles(inputSide: inputGradient, outputSide: outputGradient)
  }

  func checkTiles(inputSide: Tile, outputSide: Tile) {
    precondition(
      inputSide.features == pattern.inputs && outputSide.features == pattern.outputs
        && inputSide.width == outputSide.width,
      """
      tiles of \(inputSide.features)×\(inputSide.width) and \(outputSide.features)×\
      \(outputSide.width) do not fit a junction from \(pattern.inputs) to \(pattern.outputs)
      """)
  }

  func checkWeightGradient(outputGradient: Tiles, input: Tiles, gradient: FloatBuffer) {
    precondition(
      outputGradient.features == pattern.outputs && input.features == pattern.inputs
        && gradient.count == pattern.edgeCount,
      """
      dY of \(outputGradient.features) features, X of \(input.features) and \(gradient.count) \
      gradients do not fit a junction from \(pattern.inputs) to \(pattern.outputs) with \
      \(pattern.edgeCount) edges
      """)
  }
}
