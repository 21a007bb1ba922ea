import SparseCore

/// The numbers that a junction is filled with, and what its products must give.
struct JunctionValues {
  let weights: [Float]
  let bias: [Float]
  let input: [Float]
  let outputGradient: [Float]

  init(_ pattern: Pattern, samples: Int, seed: UInt64) {
    func uniform(_ count: Int, _ purpose: String) -> [Float] {
      var stream = RandomStream(seed: seed, purpose: "benchmark \(purpose)")
      return (0..<count).map { _ in 2 * stream.uniformFloat() - 1 }
    }
    weights = uniform(pattern.edgeCount, "weights")
    bias = uniform(pattern.outputs, "bias")
    input = uniform(samples * pattern.inputs, "input")
    outputGradient = uniform(samples * pattern.outputs, "output gradient")
  }

  private init(weights: [Float], bias: [Float], input: [Float], outputGradient: [Float]) {
    self.weights = weights
    self.bias = bias
    self.input = input
    self.outputGradient = outputGradient
  }

  private var magnitudes: JunctionValues {
    JunctionValues(
      weights: weights.map(abs), bias: bias.map(abs), input: input.map(abs),
      outputGradient: outputGradient.map(abs))
  }

  /// The reference engine's result, with the rounding bound of two sums in different orders:
  /// 2·n·u·Σ|aᵢbᵢ|, where u is half an ulp and Σ|aᵢbᵢ| is the product of the magnitudes.
  func expected(
    _ product: Product, _ pattern: Pattern, samples: Int
  ) throws -> [(value: Float, bound: Float)] {
    let terms =
      switch product {
      case .forward: pattern.inDegrees.max() ?? 0
      case .inputGradient: pattern.outDegrees.max() ?? 0
      case .weightGradient: samples
      }
    let factor = Float(terms + 2) * .ulpOfOne
    let values = try reference(product, pattern, samples: samples)
    let magnitudes = try magnitudes.reference(product, pattern, samples: samples)
    return zip(values, magnitudes).map { ($0, factor * $1) }
  }

  private func reference(_ product: Product, _ pattern: Pattern, samples: Int) throws -> [Float] {
    let plan = ReferencePlan(pattern)
    let shape = Tiles.Shape(samples: samples, width: samples)
    let x = Tiles(features: pattern.inputs, capacity: samples)
    let y = Tiles(features: pattern.outputs, capacity: samples)
    let junction = JunctionWeights(csrValues: weights, for: plan)
    switch product {
    case .forward:
      x.load(input, shape: shape)
      try plan.forward(
        junction, bias: FloatBuffer(bias), input: x.tile(0, of: shape), output: y.tile(0, of: shape)
      )
      return y.values(shape: shape)
    case .inputGradient:
      y.load(outputGradient, shape: shape)
      try plan.inputGradient(
        junction, outputGradient: y.tile(0, of: shape), inputGradient: x.tile(0, of: shape),
        accumulating: false)
      return x.values(shape: shape)
    case .weightGradient:
      x.load(input, shape: shape)
      y.load(outputGradient, shape: shape)
      let gradient = FloatBuffer(count: pattern.edgeCount)
      try plan.weightGradient(outputGradient: y, input: x, shape: shape, gradient: gradient)
      return gradient.values
    }
  }
}
