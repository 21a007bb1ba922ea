import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

/// Networks that between them have every kind of layer and pattern, on batches of several tiles.
enum TrainedNetwork: String, CaseIterable, Sendable {
  case structured, grouped, balancedWithBatchStatistics, fullWithBranches,
    batchStatisticsAtBothEnds

  func make() throws -> Network {
    switch self {
    case .structured:
      return try chain([
        junction(24, 48, density: 0.25, family: .structured), Activation(.relu, size: 48),
        junction(48, 32, density: 0.25, family: .structured, seed: 2), Activation(.relu, size: 32),
        junction(32, 3, family: .full),
      ])
    case .grouped:
      return try chain([
        junction(24, 48, density: 0.25, family: .grouped(4)), Activation(.relu, size: 48),
        Dropout(rate: 0.2, size: 48), junction(48, 32, family: .grouped(4), seed: 2),
        Activation(.tanh, size: 32), Dropout(rate: 0.2, size: 32), junction(32, 3, family: .full),
      ])
    case .balancedWithBatchStatistics:
      return try chain([
        junction(24, 40, density: 0.3, family: .balanced), BatchNormalization(size: 40),
        Activation(.leakyReLU, size: 40), junction(40, 20, density: 0.3, family: .balanced),
        BatchNormalization(size: 20), Activation(.sigmoid, size: 20), junction(20, 3),
      ])
    case .batchStatisticsAtBothEnds:
      return try chain([
        BatchNormalization(size: 24), junction(24, 40, density: 0.3), BatchNormalization(size: 40),
        Activation(.relu, size: 40), junction(40, 3), BatchNormalization(size: 3),
      ])
    case .fullWithBranches:
      return try Network(
        inputSize: 24,
        backbone: [
          junction(24, 32, family: .full), Activation(.relu, size: 32),
          Dropout(rate: 0.1, size: 32), junction(32, 16, family: .full),
          Activation(.relu, size: 16),
        ],
        branches: [
          Branch(
            name: "exit", position: 2,
            layers: [BatchNormalization(size: 32), junction(32, 3, family: .full)],
            lossWeight: 0.3),
          Branch(name: "middle", position: 3, layers: [junction(32, 3)], lossWeight: 0.5),
          Branch(name: "output", position: 5, layers: [junction(16, 3, family: .full)]),
        ])
    }
  }

  private func chain(_ layers: [any Layer]) throws -> Network {
    try Network(
      inputSize: 24, backbone: Array(layers.dropLast()),
      branches: [
        Branch(name: "output", position: layers.count - 1, layers: Array(layers.suffix(1)))
      ])
  }

  /// Two epochs of batches of 200, 200 and 130 samples.
  func train(
    _ recipe: TrainingRecipe = recipe, executor: (Network, _ batch: Int) throws -> NetworkExecutor
  ) throws -> Outcome {
    let network = try make()
    let data = try clusters(samples: 530, features: 24, classes: 3)
    let trainer = try Trainer(
      recipe: recipe, training: LabeledData(data, for: network), validation: nil
    ) { try executor(network, $0) }
    var losses: [[Double]] = []
    while trainer.position.epoch < recipe.epochs {
      losses.append(try #require(try trainer.trainEpoch()).training.map(\.loss))
    }
    return Outcome(
      parameters: try trainer.currentNetwork().bits,
      moments: trainer.state.moments.map { $0.map { $0.map(\.bitPattern) } }, losses: losses,
      engines: trainer.executor.plans.map(\.backend),
      warnings: trainer.executor.plans.compactMap(\.warning))
  }

  static let recipe = TrainingRecipe(
    epochs: 2, batchSize: 200,
    optimizer: Optimizer(
      .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7), learningRate: 0.01, l2: 1e-4),
    schedule: Schedule(.cosine(floor: 0.1)), seed: 4)

  /// All that a run leaves.
  struct Outcome: Equatable {
    var parameters: [[UInt32]]
    var moments: [[[UInt32]]]
    var losses: [[Double]]
    var engines: [Backend]
    var warnings: [String]
  }
}

@Suite("A whole training run") struct DeterminismTests {
  @Test(
    "gives the same bits for 1, 2, 3 and 8 threads", arguments: TrainedNetwork.allCases,
    [Backend.native, .auto, .suiteSparse])
  func threads(network: TrainedNetwork, backend: Backend) throws {
    let outcomes = try [1, 2, 3, 8].map { threads in
      try network.train { network, batch in
        try NetworkExecutor(
          network, backend: backend, threads: threads, batchCapacity: batch, isTraining: true,
          seed: TrainedNetwork.recipe.seed)
      }
    }
    for (outcome, threads) in zip(outcomes, [1, 2, 3, 8]).dropFirst() {
      #expect(outcome == outcomes[0], "\(threads) threads")
    }
    #expect(outcomes[0].warnings.isEmpty)
    // Not for the reason that nothing was learnt.
    let losses = outcomes[0].losses.compactMap(\.last)
    #expect(losses[1] < losses[0])
  }

  @Test(
    "goes on, where kernels are refused, with the bits of a run on SuiteSparse",
    arguments: TrainedNetwork.allCases, [KernelFault.forwardWeight, .weightGradientNaN])
  func refusedKernels(network: TrainedNetwork, fault: KernelFault) throws {
    let expected = try network.train { network, batch in
      try NetworkExecutor(
        network, backend: .suiteSparse, batchCapacity: batch, isTraining: true,
        seed: TrainedNetwork.recipe.seed)
    }
    let found = try network.train { network, batch in
      try executor(network, batch, fault)
    }
    #expect(found.engines.allSatisfy { $0 == .suiteSparse })
    #expect(found.warnings.count == found.engines.count)
    #expect(found.warnings.allSatisfy { $0.contains(fault.product) })
    #expect(found.parameters == expected.parameters && found.moments == expected.moments)
    #expect(found.losses == expected.losses)
  }

  @Test("keeps the native kernels on the junctions that do without the wrong one")
  func partlyRefusedKernels() throws {
    let found = try TrainedNetwork.grouped.train { network, batch in
      try executor(network, batch, .inputGradientWeight)
    }
    #expect(found.engines == [.suiteSparse, .suiteSparse, .native])
    #expect(found.warnings.count == 2)
    #expect(found.losses[1][0] < found.losses[0][0])
  }

  private func executor(
    _ network: Network, _ batch: Int, _ fault: KernelFault
  ) throws -> NetworkExecutor {
    try NetworkExecutor(
      network, threads: 2, batchCapacity: batch, isTraining: true, seed: TrainedNetwork.recipe.seed
    ) { try Backend.auto.plan($0, kernels: fault.kernels) }
  }
}
