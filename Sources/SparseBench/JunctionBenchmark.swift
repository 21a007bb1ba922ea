public import SparseCore

/// The three products of a junction.
public enum Product: String, CaseIterable, Codable, Sendable {
  /// Y = b + W·X.
  case forward
  /// dX = Wᵀ·dY.
  case inputGradient = "input_gradient"
  /// dW = P ⊙ (dY·Xᵀ).
  case weightGradient = "weight_gradient"
}

/// One junction, planned for a backend and filled with numbers, whose products can be timed.
///
/// The same seed fills the benchmarks of all backends with the same numbers.
public final class JunctionBenchmark {
  /// The engine that was asked for.
  public let backend: Backend
  /// What executes the products; its engine differs from `backend` where that is `auto`.
  public let plan: any JunctionPlan
  /// The samples of the batch.
  public let samples: Int

  private let weights: JunctionWeights
  private let bias: FloatBuffer
  private let shape: Tiles.Shape
  private let input: Tiles
  private let output: Tiles
  private let inputGradient: Tiles
  private let outputGradient: Tiles
  private let weightGradient: FloatBuffer
  private let values: JunctionValues
  private let pool: WorkerPool
  private var product = Product.forward

  /// Plans the junction and fills its buffers.
  ///
  /// - Parameters:
  ///   - pattern: The connections.
  ///   - backend: The engine.
  ///   - samples: The samples of the batch, at least 1.
  ///   - threads: The threads among which a product is divided, by tiles or by the engine itself.
  ///   - seed: Decides the numbers.
  /// - Throws: `SparseError.Code.backend` when the engine cannot be started or has no memory.
  public init(
    _ pattern: Pattern, backend: Backend, samples: Int, threads: Int = 1, seed: UInt64 = 0
  ) throws {
    precondition(samples >= 1, "a batch of \(samples) samples")
    plan = try backend.plan(pattern, threads: threads, samples: samples)
    pool = WorkerPool(threads: backend.threadsOverTiles(threads))
    self.backend = backend
    self.samples = samples
    values = JunctionValues(pattern, samples: samples, seed: seed)
    shape = Tiles.Shape(samples: samples, width: plan.tileWidth(samples: samples) ?? samples)
    input = Tiles(features: pattern.inputs, capacity: shape.lanes)
    output = Tiles(features: pattern.outputs, capacity: shape.lanes)
    inputGradient = Tiles(features: pattern.inputs, capacity: shape.lanes)
    outputGradient = Tiles(features: pattern.outputs, capacity: shape.lanes)
    weightGradient = FloatBuffer(count: pattern.edgeCount)
    weights = JunctionWeights(csrValues: values.weights, for: plan)
    bias = FloatBuffer(values.bias)
    input.load(values.input, shape: shape)
    outputGradient.load(values.outputGradient, shape: shape)
  }

  /// The multiplications and additions that one product cannot do without: 2·edges·samples.
  public var operations: Double { 2 * Double(plan.pattern.edgeCount) * Double(samples) }

  /// Computes a product once.
  ///
  /// - Parameter product: Which one.
  /// - Throws: What the engine throws.
  public func run(_ product: Product) throws {
    self.product = product
    switch product {
    case .forward:
      try pool.run(self, count: shape.count)
      blackHole(output.buffer)
    case .inputGradient:
      try pool.run(self, count: shape.count)
      blackHole(inputGradient.buffer)
    case .weightGradient:
      try pool.run(self, count: plan.weightGradientParts.count)
      blackHole(weightGradient)
    }
  }

  /// Computes a product once and compares it with the reference engine's.
  ///
  /// - Parameter product: Which one.
  /// - Throws: `SparseError.Code.backend` naming the first number that is further off than
  ///   rounding explains, or what the engine throws.
  public func check(_ product: Product) throws {
    try run(product)
    let result: [Float] =
      switch product {
      case .forward: output.values(shape: shape)
      case .inputGradient: inputGradient.values(shape: shape)
      case .weightGradient: plan.layout.csrOrder(of: weightGradient.values)
      }
    let expected = try values.expected(product, plan.pattern, samples: samples)
    for (index, (actual, expected)) in zip(result, expected).enumerated()
    where !(abs(actual - expected.value) <= expected.bound) {
      throw SparseError(
        .backend,
        """
        \(plan.backend.rawValue), \(product.rawValue), \(plan.pattern.inputs)→\
        \(plan.pattern.outputs), \(samples) samples: number \(index) is \(actual), but the \
        reference engine has \(expected.value) ± \(expected.bound).
        """)
    }
  }
}

// MARK: - Jobs

extension JunctionBenchmark: ParallelWork {
  /// Computes one tile of an activation product, or one part of the weight gradient.
  package func perform(_ index: Int) throws {
    switch product {
    case .forward:
      try plan.forward(
        weights, bias: bias, input: input.tile(index, of: shape),
        output: output.tile(index, of: shape))
    case .inputGradient:
      try plan.inputGradient(
        weights, outputGradient: outputGradient.tile(index, of: shape),
        inputGradient: inputGradient.tile(index, of: shape), accumulating: false)
    case .weightGradient:
      try plan.weightGradient(
        part: index, outputGradient: outputGradient, input: input, shape: shape,
        gradient: weightGradient)
    }
  }
}
