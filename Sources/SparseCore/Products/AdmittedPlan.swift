/// Chooses the engine of a junction for `Backend.auto`.
///
/// The native kernels are admitted when their three products agree with SuiteSparse's on the very
/// pattern, on random data, within the rounding bound n·u·Σ|aᵢbᵢ| of a sum of n products. The choice
/// follows from the CPU and the pattern, never from a stopwatch, so a run can be repeated.
enum AdmittedPlan {
  static func make(
    _ pattern: Pattern, threads: Int, kernels: KernelSet
  ) throws -> any JunctionPlan {
    let native = NativePlan(pattern, kernels: kernels)
    let record = try SuiteSparsePlan(pattern, threads: threads)
    guard let refusal = try Comparison(pattern).disagreement(of: native, with: record) else {
      return native
    }
    return try SuiteSparsePlan(
      pattern, threads: threads,
      warning: """
        The \(kernels.name) kernels disagree with SuiteSparse on \(pattern): \(refusal). \
        SuiteSparse runs instead.
        """)
  }
}

/// Random operands for one pattern, and a check of two plans on them.
private struct Comparison {
  let pattern: Pattern
  let values: [Float]
  let bias: FloatBuffer
  let input: [Float]
  let outputGradient: [Float]
  /// The widest tile of the kernels and a bit, so that full vectors, partial ones and padding occur.
  let samples = 69

  init(_ pattern: Pattern) {
    self.pattern = pattern
    var stream = RandomStream(seed: 0, purpose: "admission")
    func random(_ count: Int) -> [Float] {
      var numbers = [Float](repeating: 0, count: count)
      for index in numbers.indices { numbers[index] = 2 * stream.uniformFloat() - 1 }
      return numbers
    }
    values = random(pattern.edgeCount)
    bias = FloatBuffer(random(pattern.outputs))
    input = random(samples * pattern.inputs)
    outputGradient = random(samples * pattern.outputs)
  }

  /// The results of one plan: Y and dX sample-major, dW in CSR order.
  private struct Results {
    var output: [Float]
    var inputGradient: [Float]
    var weightGradient: [Float]
  }

  private func results(of plan: any JunctionPlan, absolute: Bool) throws -> Results {
    func operand(_ numbers: [Float]) -> [Float] { absolute ? numbers.map(abs) : numbers }
    let shape = Tiles.Shape(samples: samples, width: plan.tileWidth(samples: samples) ?? samples)
    let x = Tiles(features: pattern.inputs, capacity: shape.lanes)
    let y = Tiles(features: pattern.outputs, capacity: shape.lanes)
    let dx = Tiles(features: pattern.inputs, capacity: shape.lanes)
    let dy = Tiles(features: pattern.outputs, capacity: shape.lanes)
    x.load(operand(input), shape: shape)
    dy.load(operand(outputGradient), shape: shape)
    let weights = JunctionWeights(csrValues: operand(values), for: plan)
    let start = FloatBuffer(operand(bias.values))
    let gradient = FloatBuffer(count: pattern.edgeCount)
    for index in 0..<shape.count {
      try plan.forward(
        weights, bias: start, input: x.tile(index, of: shape), output: y.tile(index, of: shape))
      try plan.inputGradient(
        weights, outputGradient: dy.tile(index, of: shape),
        inputGradient: dx.tile(index, of: shape), accumulating: false)
    }
    try plan.weightGradient(outputGradient: dy, input: x, shape: shape, gradient: gradient)
    return Results(
      output: y.values(shape: shape), inputGradient: dx.values(shape: shape),
      weightGradient: plan.layout.csrOrder(of: gradient.values))
  }

  /// Says where two plans disagree, or nothing.
  func disagreement(of plan: any JunctionPlan, with record: any JunctionPlan) throws -> String? {
    let found = try results(of: plan, absolute: false)
    let expected = try results(of: record, absolute: false)
    // The same products of absolute values are the sums Σ|aᵢbᵢ| of the bound.
    let scale = try results(of: record, absolute: true)
    let terms = Float(max(pattern.inputs, pattern.outputs, samples) + 1)
    func first(_ name: String, _ part: KeyPath<Results, [Float]>) -> String? {
      let (found, expected, scale) = (
        found[keyPath: part], expected[keyPath: part], scale[keyPath: part]
      )
      for index in found.indices {
        // Both sides round, each within n·u·Σ|aᵢbᵢ|.
        let bound = 2 * terms * Float.ulpOfOne / 2 * scale[index]
        if !(abs(found[index] - expected[index]) <= bound) {
          return "\(name) at \(index) is \(found[index]) instead of \(expected[index])"
        }
      }
      return nil
    }
    return first("the forward product", \.output)
      ?? first("the input gradient", \.inputGradient)
      ?? first("the weight gradient", \.weightGradient)
  }
}
