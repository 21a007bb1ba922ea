import SparseCore
import Testing
import _SparseTestSupport

@Suite("The three products") struct ProductTests {
  fileprivate static let seed: UInt64 = 11

  @Test(
    "stay within the rounding bound of sums in Double", arguments: Engine.underTest,
    Engine.batchSizes)
  func withinBound(engine: Engine, samples: Int) throws {
    for junction in try JunctionCase.all() {
      try check(engine, junction, samples, randomFloats) { $0.bound }
    }
  }

  @Test("are exact on small integers", arguments: Engine.underTest, Engine.batchSizes)
  func exactOnIntegers(engine: Engine, samples: Int) throws {
    for junction in try JunctionCase.all() {
      try check(engine, junction, samples, smallIntegers) { _ in 0 }
    }
  }

  @Test("give the same bits for 1, 2 and 3 threads", arguments: Backend.allCases, [1, 65, 256])
  func threads(backend: Backend, samples: Int) throws {
    // Large enough that three threads find work.
    let pattern = try PatternRecipe.nearest(
      family: .balanced, inputs: 300, outputs: 200, density: 0.25, seed: 1, junction: 0
    ).recipe.makePattern()
    let data = Data(pattern, samples, randomFloats)
    let results = try [1, 2, 3].map { threads in
      let products = try EngineProducts(
        Engine(backend), pattern, values: data.values, samples: samples, threads: threads)
      return try [
        products.forward(data.x, bias: data.bias),
        products.inputGradient(data.dy, before: data.before),
        products.weightGradient(data.dy, data.x),
      ].map { $0.map(\.bitPattern) }
    }
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
  }

  @Test(
    "followed by an activation have the bits of both one after the other",
    arguments: Engine.underTest, Engine.batchSizes)
  func activated(engine: Engine, samples: Int) throws {
    for junction in try JunctionCase.all() {
      let data = Data(junction.pattern, samples, randomFloats)
      let products = try EngineProducts(
        engine, junction.pattern, values: data.values, samples: samples)
      let plain = try products.forward(data.x, bias: data.bias)
      for slope in [0, 0.25] as [Float] {
        let expected = plain.map { $0 > 0 ? $0 : slope * $0 }
        #expect(
          try products.forward(data.x, bias: data.bias, slope: slope) == expected,
          "\(junction), slope \(slope)")
      }
    }
  }

  @Test("give the same bits when asked again", arguments: Engine.underTest)
  func repeated(engine: Engine) throws {
    let junction = try #require(try JunctionCase.all().last { $0.pattern.edgeCount > 500 })
    let data = Data(junction.pattern, 65, randomFloats)
    let products = try EngineProducts(
      engine, junction.pattern, values: data.values, samples: 65)
    let first = try products.weightGradient(data.dy, data.x)
    #expect(try products.weightGradient(data.dy, data.x) == first)
    #expect(
      try products.forward(data.x, bias: data.bias)
        == products.forward(data.x, bias: data.bias))
  }

  @Test("of many callers at once are those of one", arguments: Backend.allCases)
  func concurrentCallers(backend: Backend) async throws {
    let pattern = try PatternRecipe.nearest(
      family: .random, inputs: 64, outputs: 48, density: 0.3, seed: 2, junction: 0
    ).recipe.makePattern()
    let data = Data(pattern, 16, randomFloats)
    let plan = try backend.plan(pattern)
    let matrix = try SparseMatrix(pattern: pattern, values: data.values)
    let expected = try matrix.multiplied(by: data.x, samples: 16, backend: backend)
    try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<8 {
        group.addTask {
          let weights = JunctionWeights(csrValues: data.values, for: plan)
          let shape = Tiles.Shape(samples: 16, width: 16)
          let input = Tiles(features: 64, capacity: 16)
          let output = Tiles(features: 48, capacity: 16)
          input.load(data.x, shape: shape)
          try plan.forward(
            weights, bias: FloatBuffer(count: 48), input: input.tile(0, of: shape),
            output: output.tile(0, of: shape))
          return output.values(shape: shape)
        }
      }
      for try await result in group { #expect(result == expected) }
    }
  }

  @Test(
    "follow weights that were replaced, also in the transposed copy", arguments: Engine.underTest)
  func replacedWeights(engine: Engine) throws {
    for junction in try JunctionCase.own() {
      let old = Data(junction.pattern, 7, smallIntegers)
      let new = smallIntegers(junction.pattern.edgeCount, seed: 99, "other weights")
      let products = try EngineProducts(engine, junction.pattern, values: old.values, samples: 7)
      products.weights.setCSRValues(new)
      #expect(products.weights.csrValues == new)
      let oracle = ProductOracle(junction.pattern, values: new, samples: 7)
      expect(
        try products.inputGradient(old.dy, before: nil), oracle.inputGradient(old.dy, before: nil),
        "\(engine), \(junction): dX"
      ) { _ in 0 }
    }
  }

  // MARK: - Helpers

  private struct Data {
    let values, bias, x, dy, before: [Float]

    init(
      _ pattern: Pattern, _ samples: Int,
      _ numbers: (_ count: Int, _ seed: UInt64, _ purpose: String) -> [Float]
    ) {
      values = numbers(pattern.edgeCount, ProductTests.seed, "weights")
      bias = numbers(pattern.outputs, ProductTests.seed, "bias")
      x = numbers(samples * pattern.inputs, ProductTests.seed, "x")
      dy = numbers(samples * pattern.outputs, ProductTests.seed, "dy")
      before = numbers(samples * pattern.inputs, ProductTests.seed, "before")
    }
  }

  private func check(
    _ engine: Engine, _ junction: JunctionCase, _ samples: Int,
    _ numbers: (_ count: Int, _ seed: UInt64, _ purpose: String) -> [Float],
    bound: (BoundedSum) -> Double
  ) throws {
    let pattern = junction.pattern
    let data = Data(pattern, samples, numbers)
    let oracle = ProductOracle(pattern, values: data.values, samples: samples)
    let products = try EngineProducts(engine, pattern, values: data.values, samples: samples)
    let name = "\(engine), \(junction), \(samples) samples"
    expect(
      try products.forward(data.x, bias: data.bias), oracle.forward(data.x, bias: data.bias),
      "\(name): Y", bound)
    expect(
      try products.inputGradient(data.dy, before: nil),
      oracle.inputGradient(data.dy, before: nil), "\(name): dX", bound)
    expect(
      try products.inputGradient(data.dy, before: data.before),
      oracle.inputGradient(data.dy, before: data.before), "\(name): dX += ", bound)
    expect(
      try products.weightGradient(data.dy, data.x), oracle.weightGradient(data.dy, data.x),
      "\(name): dW", bound)
  }

  private func expect(
    _ actual: [Float], _ expected: [BoundedSum], _ name: String, _ bound: (BoundedSum) -> Double
  ) {
    let found = mismatch(
      actual, expected.map(\.value), within: { bound(expected[$0]) }, seed: Self.seed)
    #expect(found == nil, "\(name)")
  }
}
