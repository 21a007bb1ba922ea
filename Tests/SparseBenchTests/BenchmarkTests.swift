import SparseCore
import SparseLayers
import Testing
import _SparseBench

@Suite("Benchmarks")
struct BenchmarkTests {
  private func pattern(_ family: String, inputs: Int = 48, outputs: Int = 36) throws -> Pattern {
    try PatternRecipe.nearest(
      family: try PatternFamily(parsing: family), inputs: inputs, outputs: outputs, density: 0.3,
      seed: 1, junction: 0
    ).recipe.makePattern()
  }

  @Test(
    "every engine's products agree with the reference, for 1 and 2 threads",
    arguments: Backend.allCases, ["structured", "random"])
  func products(backend: Backend, family: String) throws {
    for samples in [1, 33] {
      for threads in [1, 2] {
        let junction = try JunctionBenchmark(
          try pattern(family), backend: backend, samples: samples, threads: threads, seed: 3)
        for product in Product.allCases { try junction.check(product) }
        let edges = junction.plan.pattern.edgeCount
        #expect(junction.operations == 2 * Double(edges) * Double(samples))
      }
    }
  }

  @Test("a training step and an answer can be timed", arguments: [Backend.reference, .suiteSparse])
  func networks(backend: Backend) throws {
    let network = try NetworkRecipe(
      layerSizes: [12, 8, 4], connectivity: .densities([0.5]), seed: 2
    ).makeNetwork()
    let training = try TrainingBenchmark(
      network, backend: backend, batchSize: 6, stepsPerEpoch: 5)
    #expect(training.backends == [backend, backend])
    let steps = try training.timeSteps(Stopwatch(minimumSeconds: 0))
    #expect(steps.milliseconds.count == 5)
    #expect(try training.timeEpochs(2).milliseconds.count == 2)
    try InferenceBenchmark(network, backend: backend, samples: 3).run()
  }
}
