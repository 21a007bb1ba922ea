import SparseCore
import Testing
import _SparseTestSupport

@Suite("The engine 'auto'") struct AdmissionTests {
  @Test("takes the native kernels on every family and shape edge", arguments: Engine.kernelSets)
  func admits(kernels: String) throws {
    let set = try #require(KernelSet.named(kernels))
    for junction in try JunctionCase.all() {
      let plan = try Backend.auto.plan(junction.pattern, kernels: set)
      #expect(plan.backend == .native && plan.warning == nil, "\(junction)")
    }
  }

  @Test(
    "refuses kernels with a fault, on the junctions that use them, and says which and in what",
    arguments: KernelFault.allCases)
  func refuses(fault: KernelFault) throws {
    for junction in try Self.junctions() {
      let plan = try Backend.auto.plan(junction.pattern, kernels: fault.kernels)
      let isHarmless = fault.isInInputGradient && !junction.description.contains("grouped")
      #expect(plan.backend == (isHarmless ? .native : .suiteSparse), "\(junction), \(fault)")
      guard !isHarmless else { continue }
      let warning = try #require(plan.warning)
      for part in [
        "plain kernels", fault.product, "SuiteSparse",
        "\(junction.pattern.inputs) inputs and \(junction.pattern.outputs) outputs",
      ] {
        #expect(warning.contains(part), "\(junction), \(fault): \(warning)")
      }
    }
  }

  @Test(
    "plans for inference hold no transposed copy, compute the same, and are tried too")
  func inference() throws {
    for junction in try Self.junctions() {
      let pattern = junction.pattern
      let values = randomFloats(pattern.edgeCount, seed: 3, "inference")
      let x = randomFloats(70 * pattern.inputs, seed: 4, "inference")
      for backend in Backend.allCases {
        let (training, plan) = (
          try backend.plan(pattern), try backend.plan(pattern, isTraining: false)
        )
        #expect(plan.backend == training.backend && plan.layout.transposedPositions == nil)
        #expect(
          plan.indexBytes <= training.indexBytes
            && (plan.indexBytes < training.indexBytes
              || training.layout.transposedPositions == nil)
        )
        let matrix = try SparseMatrix(pattern: pattern, values: values)
        let expected = try EngineProducts(
          Engine(backend), pattern, values: values, samples: 70
        ).forward(x, bias: [Float](repeating: 0, count: pattern.outputs))
        #expect(try matrix.multiplied(by: x, samples: 70, backend: backend) == expected)
      }
      for fault in KernelFault.allCases {
        let plan = try Backend.auto.plan(pattern, isTraining: false, kernels: fault.kernels)
        let isSeen = fault.product.contains("forward")
        #expect(plan.backend == (isSeen ? .suiteSparse : .native), "\(junction), \(fault)")
      }
    }
  }

  @Test("leaves a junction whose trial would fill the memory to SuiteSparse, and says so")
  func tooLarge() throws {
    let inputs = 1 << 22
    let pattern = try Pattern(inputs: inputs, outputs: 1, rowOffsets: [0, 1], columns: [7])
    let kernels = try #require(KernelSet.named("plain"))
    let plan = try Backend.auto.plan(pattern, kernels: kernels)
    #expect(plan.backend == .suiteSparse)
    #expect(plan.warning?.contains("\(inputs) inputs") == true)
  }

  /// Long rows, where one slightly wrong weight is a small part of a sum; groups, whose input gradient
  /// has a kernel of its own; and a single edge.
  static func junctions() throws -> [JunctionCase] {
    func pattern(
      _ family: PatternFamily, _ inputs: Int, _ outputs: Int, _ density: Double
    ) throws
      -> JunctionCase
    {
      let recipe = try PatternRecipe.nearest(
        family: family, inputs: inputs, outputs: outputs, density: density, seed: 1, junction: 0
      ).recipe
      return JunctionCase("\(family) \(inputs)→\(outputs)", try recipe.makePattern())
    }
    return try [
      pattern(.balanced, 1024, 24, 0.5), pattern(.grouped(4), 512, 16, 0.5),
      pattern(.random, 1, 1, 1),
    ]
  }
}
