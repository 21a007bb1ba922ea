/// Chooses the engine of a junction for `Backend.auto`.
///
/// The native kernels are admitted when their three products equal SuiteSparse's on the very
/// pattern. The choice follows from the CPU and the pattern, never from a stopwatch, so a run can be
/// repeated.
enum AdmittedPlan {
  static func make(
    _ pattern: Pattern, threads: Int, samples: Int, kernels: KernelSet
  ) throws -> any JunctionPlan {
    guard Trial.isPossible(pattern, tileWidths: kernels.tileWidths) else {
      return try SuiteSparsePlan(
        pattern, threads: threads,
        warning: """
          A junction of \(pattern.inputs) inputs and \(pattern.outputs) outputs is too large to \
          compare the \(kernels.name) kernels with SuiteSparse on it. SuiteSparse runs instead.
          """)
    }
    let native = NativePlan(pattern, samples: samples, kernels: kernels)
    let record = try SuiteSparsePlan(pattern, threads: threads)
    let trial = Trial(pattern, tileWidths: kernels.tileWidths)
    guard let refusal = try trial.disagreement(of: native, with: record) else { return native }
    return try SuiteSparsePlan(
      pattern, threads: threads,
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
  /// The widths of the tiles that the kernels are run on, two of each: theirs is other code each.
  let tileWidths: [Int]
  let samples: Int
  let values: [Float]
  let bias: [Float]
  let input: [Float]
  let outputGradient: [Float]

  /// The most activations of a trial, of which there are some copies: half a gigabyte each.
  private static let maximumActivations = 1 << 27

  /// Whether the activations of a trial fit the memory of an ordinary machine.
  static func isPossible(_ pattern: Pattern, tileWidths: [Int]) -> Bool {
    2 * tileWidths.reduce(0, +) * (pattern.inputs + pattern.outputs) <= maximumActivations
  }

  init(_ pattern: Pattern, tileWidths: [Int]) {
    self.pattern = pattern
    self.tileWidths = tileWidths
    let samples = 2 * tileWidths.reduce(0, +)
    self.samples = samples
    let terms = max(pattern.inDegrees.max() ?? 0, pattern.outDegrees.max() ?? 0, samples) + 1
    // Input gradients are added up twice.
    let largest = max(Int(Double(1 << 24 / (2 * terms)).squareRoot()), 1)
    var stream = RandomStream(seed: 0, purpose: "admission")
    // Never 0, which would hide what it is multiplied with.
    func random(_ count: Int) -> [Float] {
      var numbers = [Float](repeating: 0, count: count)
      for index in numbers.indices {
        let number = stream.below(2 * largest) - largest
        numbers[index] = Float(number < 0 ? number : number + 1)
      }
      return numbers
    }
    values = random(pattern.edgeCount)
    bias = random(pattern.outputs)
    input = random(samples * pattern.inputs)
    outputGradient = random(samples * pattern.outputs)
  }

  /// Y and dX sample-major, dW in CSR order.
  private struct Results {
    var output: [Float] = []
    var activated: [Float] = []
    var inputGradient: [Float] = []
    var weightGradient: [Float]
  }

  /// The results of one plan, with the samples cut into batches, one after the other.
  private func results(of plan: any JunctionPlan, batches: [Tiles.Shape]) throws -> Results {
    let weights = JunctionWeights(csrValues: values, for: plan)
    let start = FloatBuffer(bias)
    var results = Results(weightGradient: [Float](repeating: 0, count: pattern.edgeCount))
    var first = 0
    for shape in batches {
      // What must be overwritten must not be read.
      func tiles(_ features: Int, _ numbers: [Float]?) -> Tiles {
        let tiles = Tiles(features: features, capacity: shape.lanes)
        tiles.buffer.fill(with: .nan)
        if let numbers {
          tiles.load(
            Array(numbers[first * features..<(first + shape.samples) * features]), shape: shape)
        }
        return tiles
      }
      let x = tiles(pattern.inputs, input)
      let y = tiles(pattern.outputs, nil)
      let activated = tiles(pattern.outputs, nil)
      let dx = tiles(pattern.inputs, nil)
      let dy = tiles(pattern.outputs, outputGradient)
      for index in 0..<shape.count {
        for (slope, output) in [(nil, y), (0, activated)] as [(Float?, Tiles)] {
          try plan.forward(
            weights, bias: start, slope: slope, input: x.tile(index, of: shape),
            output: output.tile(index, of: shape))
        }
        for isSecond in [false, true] {
          try plan.inputGradient(
            weights, outputGradient: dy.tile(index, of: shape),
            inputGradient: dx.tile(index, of: shape), accumulating: isSecond)
        }
      }
      let gradient = FloatBuffer(count: pattern.edgeCount, repeating: .nan)
      try plan.weightGradient(outputGradient: dy, input: x, shape: shape, gradient: gradient)
      results.output += y.values(shape: shape)
      results.activated += activated.values(shape: shape)
      results.inputGradient += dx.values(shape: shape)
      for (edge, sum) in plan.layout.csrOrder(of: gradient.values).enumerated() {
        results.weightGradient[edge] += sum
      }
      first += shape.samples
    }
    return results
  }

  /// Says where two plans disagree, or nothing.
  func disagreement(of plan: any JunctionPlan, with record: any JunctionPlan) throws -> String? {
    let found = try results(
      of: plan, batches: tileWidths.map { Tiles.Shape(samples: 2 * $0, width: $0) })
    let width = record.tileWidth(samples: samples) ?? samples
    let expected = try results(
      of: record, batches: [Tiles.Shape(samples: samples, width: width)])
    func first(_ name: String, _ part: KeyPath<Results, [Float]>) -> String? {
      let (found, expected) = (found[keyPath: part], expected[keyPath: part])
      // A NaN differs from everything.
      return found.indices.first { found[$0] != expected[$0] }.map {
        "\(name) is \(found[$0]) at \($0) instead of \(expected[$0])"
      }
    }
    return first("the forward product", \.output)
      ?? first("the activation of the forward product", \.activated)
      ?? first("the input gradient", \.inputGradient)
      ?? first("the weight gradient", \.weightGradient)
  }
}
