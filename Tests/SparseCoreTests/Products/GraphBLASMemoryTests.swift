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
      try scene.run()
      let before = csm_live_blocks()
      for _ in 0..<20 { try scene.run() }
      #expect(csm_live_blocks() == before)
      do {
        let other = try Scene()
        try other.run()
        #expect(csm_live_blocks() > before, "a plan holds descriptors")
      }
      #expect(csm_live_blocks() == before)
    }
  }

  @Test("may run out at any moment: an error, no leak, and the next try is right")
  func everyAllocationFails() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.run()
      let before = csm_live_blocks()
      for product in Scene.Product.allCases {
        var failures = 0
        for nth in 1...10_000 as ClosedRange<Int64> {
          let injected = csm_failures()
          csm_fail_allocation(nth)
          let error = scene.failure(of: product)
          csm_fail_allocation(0)
          guard csm_failures() > injected else { break }
          failures += 1
          // GraphBLAS may do without a block that it could not get; otherwise it must say so.
          if let error {
            #expect(error.code == .backend, "\(product), allocation \(nth): \(error)")
            #expect(error.message.contains("out of memory"), "\(product), allocation \(nth)")
          }
          #expect(csm_live_blocks() == before, "\(product), allocation \(nth) leaks")
          try scene.run()
        }
        #expect((1..<10_000).contains(failures), "\(product): \(failures) failures were provoked")
      }
    }
  }

  @Test("may run out while planning: an error and no leak")
  func planningFails() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.run()
      let before = csm_live_blocks()
      var refused = 0
      for nth in 1...1000 as ClosedRange<Int64> {
        let injected = csm_failures()
        csm_fail_allocation(nth)
        do {
          _ = try Backend.suiteSparse.plan(scene.pattern)
        } catch let error as SparseError {
          #expect(error.code == .backend)
          refused += 1
        }
        csm_fail_allocation(0)
        #expect(csm_live_blocks() == before, "allocation \(nth) leaks")
        guard csm_failures() > injected else { break }
      }
      #expect(refused > 0)
    }
  }
}

/// A junction with small integers, whose products are known exactly.
private final class Scene {
  enum Product: CaseIterable { case forward, inputGradient, weightGradient }

  let pattern: Pattern
  private let products: EngineProducts
  private let x, dy, bias: [Float]
  private let expected: [Product: [Double]]

  init() throws {
    pattern = try PatternRecipe.nearest(
      family: .random, inputs: 33, outputs: 17, density: 0.3, seed: 3, junction: 0
    ).recipe.makePattern()
    let values = smallIntegers(pattern.edgeCount, seed: 1, "weights")
    x = smallIntegers(8 * 33, seed: 1, "x")
    dy = smallIntegers(8 * 17, seed: 1, "dy")
    bias = smallIntegers(17, seed: 1, "bias")
    products = try EngineProducts(Engine(.suiteSparse), pattern, values: values, samples: 8)
    let oracle = ProductOracle(pattern, values: values, samples: 8)
    expected = [
      .forward: oracle.forward(x, bias: bias).map(\.value),
      .inputGradient: oracle.inputGradient(dy, before: nil).map(\.value),
      .weightGradient: oracle.weightGradient(dy, x).map(\.value),
    ]
  }

  /// Computes all products and checks them: also that an earlier failure left the weights alone.
  func run() throws {
    for product in Product.allCases {
      #expect(try compute(product).map(Double.init) == expected[product], "\(product)")
    }
  }

  func failure(of product: Product) -> SparseError? {
    do {
      let result = try compute(product)
      #expect(result.map(Double.init) == expected[product], "\(product) without an error")
      return nil
    } catch {
      return error as? SparseError ?? SparseError(.unsupported, "\(error)")
    }
  }

  private func compute(_ product: Product) throws -> [Float] {
    switch product {
    case .forward: try products.forward(x, bias: bias)
    case .inputGradient: try products.inputGradient(dy, before: nil)
    case .weightGradient: try products.weightGradient(dy, x)
    }
  }
}
