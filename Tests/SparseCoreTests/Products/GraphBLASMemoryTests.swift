import CGraphBLASMemory
import SparseCore
import Testing
import _SparseTestSupport

// The counts of GraphBLAS's blocks and the order to fail are one per process, and other tests use
// GraphBLAS at the same time: each test here has a process of its own.

@Suite("GraphBLAS's memory") struct GraphBLASMemoryTests {
  @Test("is all given back when plans are gone")
  func noLeak() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.runAll()
      let before = csm_live_blocks()
      for _ in 0..<20 { try scene.runAll() }
      #expect(csm_live_blocks() == before)
      do {
        let other = try Scene()
        try other.runAll()
        #expect(csm_live_blocks() > before, "a plan holds descriptors")
      }
      #expect(csm_live_blocks() == before)
    }
  }

  @Test(
    "may run out at any moment: an error, no leak, and the next try is right",
    arguments: GraphBLASOperation.allCases)
  func everyAllocationFails(operation: GraphBLASOperation) async {
    await #expect(processExitsWith: .success) { [operation = operation as GraphBLASOperation] in
      let scene = try Scene()
      try scene.runAll()
      try failEveryAllocation(of: operation.rawValue) { nth in
        let error = failure(ofAllocation: nth) { try scene.run(operation) }
        try scene.run(operation)
        return error
      }
    }
  }

  @Test(
    "may run out while the library starts: an error now and ever after, or all is well",
    arguments: [1, 2, 3, 4])
  func startFails(nth: Int) async {
    await #expect(processExitsWith: .success) { [nth = nth as Int] in
      let pattern = try Scene.pattern(5, 3)
      func plan() throws { _ = try Backend.suiteSparse.plan(pattern) }
      let first = failure(ofAllocation: Int64(nth)) { try plan() }
      let second = failure(ofAllocation: 0) { try plan() }
      for error in [first, second].compactMap({ $0 }) {
        #expect((error as? SparseError)?.code == .backend, "\(error)")
      }
      // What failed before the library had started fails for good; a plan alone does not.
      if second != nil { #expect(first != nil) }
    }
  }
}

/// Everything public that goes through GraphBLAS.
enum GraphBLASOperation: String, CaseIterable, Codable, Sendable {
  case planning, admission
  case forward, activatedForward, inputGradient, addedInputGradient, weightGradient
  case matrixProduct, admittedMatrixProduct
}

/// A junction with small integers, whose products are known exactly; batches make two tiles.
private final class Scene {
  private let pattern: Pattern
  private let small: SparseMatrix
  private let products: EngineProducts
  private let x, dy, bias, before: [Float]
  private let oracle: ProductOracle
  private static let samples = 40

  static func pattern(_ inputs: Int, _ outputs: Int) throws -> Pattern {
    try PatternRecipe.nearest(
      family: .random, inputs: inputs, outputs: outputs, density: 0.3, seed: 3, junction: 0
    ).recipe.makePattern()
  }

  init() throws {
    pattern = try Self.pattern(33, 17)
    let values = smallIntegers(pattern.edgeCount, seed: 1, "weights")
    x = smallIntegers(Self.samples * 33, seed: 1, "x")
    dy = smallIntegers(Self.samples * 17, seed: 1, "dy")
    bias = smallIntegers(17, seed: 1, "bias")
    before = smallIntegers(Self.samples * 33, seed: 1, "before")
    products = try EngineProducts(
      Engine(.suiteSparse), pattern, values: values, samples: Self.samples)
    oracle = ProductOracle(pattern, values: values, samples: Self.samples)
    // A trial has hundreds of products.
    let smallPattern = try Self.pattern(5, 3)
    small = try SparseMatrix(
      pattern: smallPattern, values: smallIntegers(smallPattern.edgeCount, seed: 2, "small"))
  }

  func runAll() throws {
    for operation in GraphBLASOperation.allCases { try run(operation) }
  }

  /// Runs an operation and checks its result: also that an earlier failure left the weights alone.
  func run(_ operation: GraphBLASOperation) throws {
    func expect(_ found: [Float], _ sums: [BoundedSum], slope: Double = 1) {
      let expected = sums.map { $0.value > 0 ? $0.value : slope * $0.value }
      #expect(found.map(Double.init) == expected, "\(operation)")
    }
    switch operation {
    case .planning: #expect(try Backend.suiteSparse.plan(pattern).backend == .suiteSparse)
    case .admission:
      let plan = try Backend.auto.plan(small.pattern)
      #expect(plan.backend == .native && plan.warning == nil)
    case .forward:
      expect(try products.forward(x, bias: bias), oracle.forward(x, bias: bias))
    case .activatedForward:
      expect(
        try products.forward(x, bias: bias, slope: 0.5), oracle.forward(x, bias: bias), slope: 0.5)
    case .inputGradient:
      expect(
        try products.inputGradient(dy, before: nil), oracle.inputGradient(dy, before: nil))
    case .addedInputGradient:
      expect(
        try products.inputGradient(dy, before: before), oracle.inputGradient(dy, before: before))
    case .weightGradient:
      expect(try products.weightGradient(dy, x), oracle.weightGradient(dy, x))
    case .matrixProduct: try multiply(.suiteSparse)
    case .admittedMatrixProduct: try multiply(.auto)
    }
  }

  private func multiply(_ backend: Backend) throws {
    let samples = 6
    let x = Array(self.x.prefix(samples * small.pattern.inputs))
    let oracle = ProductOracle(small.pattern, values: small.values, samples: samples)
    let bias = [Float](repeating: 0, count: small.pattern.outputs)
    #expect(
      try small.multiplied(by: x, samples: samples, backend: backend).map(Double.init)
        == oracle.forward(x, bias: bias).map(\.value), "\(backend)")
  }
}
