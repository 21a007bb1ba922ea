import SparseCore
import Testing
import _AllocationCounter
import _SparseTestSupport

@testable import SparseLayers

#if DEBUG
// Iterators and other generic code that the optimiser resolves take memory before.
private let canCount = false
#else
private let canCount = allocation_counter_works() == 1
#endif

// Each case runs in a process of its own, since the counter sees every thread's allocations.
@Suite(
  "A training step takes no memory once it is warm",
  .enabled(
    if: canCount,
    "allocations are counted in optimised builds with glibc, without a sanitizer"))
struct AllocationTests {
  static let sgd = Optimizer(.sgd(momentum: 0.9, nesterov: true), learningRate: 0.01, l2: 1e-4)
  static let adam = Optimizer(
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7), learningRate: 0.01)

  /// Trains an epoch of 40 steps and counts from the 10th to the 39th; the 40th is a smaller batch.
  static func allocations(
    of network: TrainedNetwork, _ optimizer: Optimizer, threads: Int, bytes: Bool = false,
    perStep: (Int) -> Void = { _ in }
  ) throws -> Int {
    let network = try network.make()
    var data = try clusters(samples: 39 * 72 + 10, features: 24, classes: 3)
    if bytes {
      data = try Dataset(
        features: .bytes((0..<data.sampleCount * 24).map { UInt8(truncatingIfNeeded: $0 * 37) }),
        featureCount: 24, targets: data.targets)
    }
    let recipe = TrainingRecipe(
      epochs: 1, batchSize: 72, optimizer: optimizer, schedule: Schedule(.cosine(floor: 0.1)),
      seed: 4)
    let trainer = try Trainer(
      network, recipe: recipe, training: LabeledData(data, for: network), backend: .native,
      threads: threads)
    var count = -1
    _ = try trainer.trainEpoch(progress: { step in
      if step.step == 10 { allocation_counter_start() }
      if step.step >= 10, step.step < 39 { perStep(step.step) }
      if step.step == 39 { count = Int(allocation_counter_stop()) }
    })
    return count
  }

  /// Expects that neither one thread nor two allocate.
  static func expectNone(
    in network: TrainedNetwork, _ optimizer: Optimizer, bytes: Bool = false
  ) throws {
    for threads in [1, 2] {
      let count = try allocations(of: network, optimizer, threads: threads, bytes: bytes)
      #expect(count == 0, "\(count) allocations with \(threads) threads")
    }
  }

  @Test("with SGD")
  func sgd() async {
    await #expect(processExitsWith: .success) {
      try AllocationTests.expectNone(in: .structured, AllocationTests.sgd)
    }
  }

  @Test("with Adam, on bytes")
  func adam() async {
    await #expect(processExitsWith: .success) {
      try AllocationTests.expectNone(in: .structured, AllocationTests.adam, bytes: true)
    }
  }

  @Test("with dropout and groups")
  func dropout() async {
    await #expect(processExitsWith: .success) {
      try AllocationTests.expectNone(in: .grouped, AllocationTests.adam)
    }
  }

  @Test("with batch statistics")
  func batchStatistics() async {
    await #expect(processExitsWith: .success) {
      try AllocationTests.expectNone(in: .balancedWithBatchStatistics, AllocationTests.adam)
    }
  }

  @Test("with branches")
  func branches() async {
    await #expect(processExitsWith: .success) {
      try AllocationTests.expectNone(in: .fullWithBranches, AllocationTests.adam)
    }
  }

  @Test("and the counter sees those that are made, at least one a step")
  func counterWorks() async {
    await #expect(processExitsWith: .success) {
      var kept: [[Int]] = []
      let count = try AllocationTests.allocations(of: .structured, AllocationTests.sgd, threads: 2)
      {
        kept = [[Int](repeating: $0, count: 100)]
      }
      #expect(count >= 29 && kept.count == 1)
    }
  }
}
