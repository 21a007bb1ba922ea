/// Chooses the engine of a junction for `Backend.auto`.
///
/// The native kernels are admitted when the products that are wanted equal SuiteSparse's on the very
/// pattern. The choice follows from the CPU and the pattern, never from a stopwatch, so a run can be
/// repeated.
enum AdmittedPlan {
  static func make(
    _ pattern: Pattern, threads: Int, samples: Int, isTraining: Bool, kernels: KernelSet
  ) throws -> any JunctionPlan {
    guard Trial.isPossible(pattern, tileWidths: kernels.tileWidths) else {
      return try SuiteSparsePlan(
        pattern, threads: threads, isTraining: isTraining,
        warning: """
          A junction of \(pattern.inputs) inputs and \(pattern.outputs) outputs is too large to \
          compare the \(kernels.name) kernels with SuiteSparse on it. SuiteSparse runs instead.
          """)
    }
    let native = NativePlan(
      pattern, samples: samples, isTraining: isTraining, kernels: kernels)
    let record = try SuiteSparsePlan(pattern, threads: threads, isTraining: isTraining)
    let trial = Trial(pattern, tileWidths: kernels.tileWidths, isTraining: isTraining)
    guard let refusal = try trial.disagreement(of: native, with: record) else { return native }
    return try SuiteSparsePlan(
      pattern, threads: threads, isTraining: isTraining,
      warning: """
        The \(kernels.name) kernels disagree with SuiteSparse on a junction of \(pattern.inputs) \
        inputs and \(pattern.outputs) outputs: \(refusal). SuiteSparse runs instead.
        """)
  }
}

/// The operands of a comparison of two plans on one pattern.
///
/// All are whole numbers, small enough that no partial sum of their products exceeds 2^24: every
/// order of adding is then exact, and right kernels agree to the last bit. The rounding bound of a
/// sum of 1,000 random products, in contrast, is wider than what one slightly wrong weight does.
private struct Trial {
  let pattern: Pattern
  /// Two tiles of each of these widths are compared, one width after the other: the kernels have
  /// other code for each.
  let tileWidths: [Int]
  /// Whether the gradients are compared too.
  let isTraining: Bool
  let values: [Float]
  let bias: [Float]

  private let largest: Int

  /// The most activations of one width's trial, of which there are some copies: 256 MB each.
  private static let maximumActivations = 1 << 26

  /// Whether the activations of a trial fit the memory of an ordinary machine.
  static func isPossible(_ pattern: Pattern, tileWidths: [Int]) -> Bool {
    2 * (tileWidths.max() ?? 1) * (pattern.inputs + pattern.outputs) <= maximumActivations
  }

  init(_ pattern: Pattern, tileWidths: [Int], isTraining: Bool) {
    self.pattern = pattern
    self.tileWidths = tileWidths
    self.isTraining = isTraining
    let terms =
      max(
        pattern.inDegrees.max() ?? 0, pattern.outDegrees.max() ?? 0, 2 * (tileWidths.max() ?? 1))
      + 1
    // Input gradients are added up twice.
    largest = max(Int(Double(1 << 24 / (2 * terms)).squareRoot()), 1)
    var stream = RandomStream(seed: 0, purpose: "admission")
    values = Self.random(pattern.edgeCount, largest, &stream)
    bias = Self.random(pattern.outputs, largest, &stream)
  }

  /// Whole numbers up to `largest`, never 0, which would hide what it is multiplied with.
  private static func random(
    _ count: Int, _ largest: Int, _ stream: inout RandomStream
  ) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    for index in numbers.indices {
      let number = stream.below(2 * largest) - largest
      numbers[index] = Float(number < 0 ? number : number + 1)
    }
    return numbers
  }

  /// The activations and output gradients of one width's samples, sample-major.
  private struct Operands {
    var samples: Int
    var input: [Float]
    var outputGradient: [Float]
  }

  /// Y and dX sample-major, dW in CSR order; gradients are empty where they are not compared.
  private struct Results {
    var output: [Float]
    var activated: [Float]
    var inputGradient: [Float] = []
    var weightGradient: [Float] = []
  }

  private func results(
    of plan: any JunctionPlan, _ weights: JunctionWeights, _ operands: Operands, width: Int
  ) throws -> Results {
    let shape = Tiles.Shape(samples: operands.samples, width: width)
    // What must be overwritten must not be read.
    func tiles(_ features: Int, _ numbers: [Float]? = nil) -> Tiles {
      let tiles = Tiles(features: features, capacity: shape.lanes)
      tiles.buffer.fill(with: .nan)
      if let numbers { tiles.load(numbers, shape: shape) }
      return tiles
    }
    let start = FloatBuffer(bias)
    let x = tiles(pattern.inputs, operands.input)
    let y = tiles(pattern.outputs)
    let activated = tiles(pattern.outputs)
    for index in 0..<shape.count {
      for (slope, output) in [(nil, y), (0, activated)] as [(Float?, Tiles)] {
        try plan.forward(
          weights, bias: start, slope: slope, input: x.tile(index, of: shape),
          output: output.tile(index, of: shape))
      }
    }
    var results = Results(
      output: y.values(shape: shape), activated: activated.values(shape: shape))
    guard isTraining else { return results }
    let dx = tiles(pattern.inputs)
    let dy = tiles(pattern.outputs, operands.outputGradient)
    for index in 0..<shape.count {
      for isSecond in [false, true] {
        try plan.inputGradient(
          weights, outputGradient: dy.tile(index, of: shape),
          inputGradient: dx.tile(index, of: shape), accumulating: isSecond)
      }
    }
    let gradient = FloatBuffer(count: pattern.edgeCount, repeating: .nan)
    try plan.weightGradient(outputGradient: dy, input: x, shape: shape, gradient: gradient)
    results.inputGradient = dx.values(shape: shape)
    results.weightGradient = plan.layout.csrOrder(of: gradient.values)
    return results
  }

  /// Says where two plans disagree, or nothing.
  func disagreement(of plan: any JunctionPlan, with record: any JunctionPlan) throws -> String? {
    let weights = JunctionWeights(csrValues: values, for: plan)
    let recordWeights = JunctionWeights(csrValues: values, for: record)
    var stream = RandomStream(seed: 1, purpose: "admission")
    for width in tileWidths {
      let samples = 2 * width
      let operands = Operands(
        samples: samples,
        input: Self.random(samples * pattern.inputs, largest, &stream),
        outputGradient: isTraining
          ? Self.random(samples * pattern.outputs, largest, &stream) : [])
      let found = try results(of: plan, weights, operands, width: width)
      let expected = try results(
        of: record, recordWeights, operands, width: record.tileWidth(samples: samples) ?? samples)
      func first(_ name: String, _ part: KeyPath<Results, [Float]>) -> String? {
        let (found, expected) = (found[keyPath: part], expected[keyPath: part])
        // A NaN differs from everything.
        return found.indices.first { found[$0] != expected[$0] }.map {
          "\(name) of \(samples) samples is \(found[$0]) at \($0) instead of \(expected[$0])"
        }
      }
      let difference =
        first("the forward product", \.output)
        ?? first("the activation of the forward product", \.activated)
        ?? first("the input gradient", \.inputGradient)
        ?? first("the weight gradient", \.weightGradient)
      if let difference { return difference }
    }
    return nil
  }
}
