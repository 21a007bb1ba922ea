import SparseCore
import Testing
import _AllocationCounter
import _SparseTestSupport

@testable import SparseLayers

@Suite("The memory of training") struct TrainingMemoryTests {
  static let optimizers = [
    Optimizer(.sgd(momentum: 0.9, nesterov: false), learningRate: 0.1), .adam(),
  ]

  /// A trainer of a network on a few samples more than a batch has.
  private static func trainer(
    _ network: Network, batchSize: Int, optimizer: Optimizer, backend: Backend
  ) throws -> Trainer {
    let classes = network.branches[0].layers.last?.outputSize ?? 0
    let data = try clusters(
      samples: batchSize + 3, features: network.inputSize, classes: classes)
    return try Trainer(
      network,
      recipe: TrainingRecipe(
        epochs: 1, batchSize: batchSize, optimizer: optimizer, validationFraction: 0),
      training: LabeledData(data, for: network), backend: backend)
  }

  private func branching() throws -> Network {
    try Network(
      inputSize: 9,
      backbone: [
        junction(9, 12), BatchNormalization(size: 12), Activation(.relu, size: 12),
        Dropout(rate: 0.1, size: 12), junction(12, 7, seed: 2), Activation(.tanh, size: 7),
      ],
      branches: [
        Branch(name: "data", position: 0, layers: [junction(9, 3, seed: 3)]),
        Branch(name: "exit", position: 3, layers: [Activation(.relu, size: 12), junction(12, 3)]),
        Branch(name: "output", position: 6, layers: [junction(7, 3, seed: 5)]),
      ])
  }

  @Test(
    "is that of the buffers which a trainer holds", arguments: optimizers,
    [Backend.native, .suiteSparse, .reference])
  func buffers(optimizer: Optimizer, backend: Backend) throws {
    for batchSize in [2, 5, 70] {
      let network = try branching()
      let memory = try TrainingMemory(
        of: network, batchSize: batchSize, optimizer: optimizer, backend: backend
      ).total.network
      let trainer = try Self.trainer(
        network, batchSize: batchSize, optimizer: optimizer, backend: backend)
      let executor = trainer.executor
      let parameters = executor.trainedParameters
      // Running averages, centers, deviations, scales, slopes and shifts; two sums for each tile.
      let statistics = 4 * 12 * (7 + 2 * executor.shape(samples: batchSize).count)
      #expect(memory.values == bytes(parameters.map(\.values)) + statistics)
      #expect(memory.gradients == bytes(parameters.map(\.gradient)))
      let initial = network.places.flatMap { network[$0].parameters }.map(\.values.count)
      #expect(
        memory.copies == bytes(parameters.compactMap(\.weights).map(\.transposedValues))
          + 4 * initial.reduce(0, +))
      #expect(
        memory.optimizerState == 4 * trainer.state.moments.joined().reduce(0) { $0 + $1.count })
      // The input is there twice, since the next batch is packed aside.
      let nodes = executor.operators.map(\.output)
      let input = executor.input.values.buffer
      #expect(
        memory.activations == bytes([input]) + bytes([input] + nodes.map(\.values.buffer)))
      #expect(memory.activationGradients == bytes(nodes.compactMap(\.gradient?.buffer)))
    }
  }

  @Test("of the dense network is that of the same engine with full patterns, without indices")
  func dense() throws {
    for optimizer in Self.optimizers {
      let sparse = try NetworkRecipe(
        layerSizes: [60, 40, 20, 10], connectivity: .densities([0.3])
      ).makeNetwork()
      let memory = try TrainingMemory(
        of: sparse, batchSize: 64, optimizer: optimizer, backend: .native)
      let real = try TrainingMemory(
        of: sparse.densified(), batchSize: 64, optimizer: optimizer, backend: .native)
      for (part, other) in zip(memory.parts, real.parts) {
        #expect(part.name == other.name)
        var expected = other.network
        expected.indices = 0
        #expect(part.dense == expected, "\(part.name)")
        #expect(other.dense == expected, "\(part.name)")
      }
      #expect(memory.parts.map(\.name).first == "data")
    }
  }

  @Test("of the published network adds up as by hand")
  func byHand() throws {
    let network = try NetworkRecipe(
      layerSizes: [800, 100, 10], connectivity: .outDegrees([20, 10])
    ).makeNetwork()
    let memory = try TrainingMemory(of: network, batchSize: 256, backend: .reference).total
    let parameters = 4 * (17_000 + 110)
    var expected = TrainingMemory.Bytes()
    expected.values = parameters
    expected.copies = parameters
    expected.gradients = parameters
    expected.optimizerState = 2 * parameters
    // The data twice; the hidden layer, where the activation works in place, and the output.
    expected.activations = 4 * 256 * (2 * 800 + 100 + 10)
    expected.activationGradients = 4 * 256 * (100 + 10)
    expected.indices = memory.network.indices
    #expect(memory.network == expected)
    let denseParameters = 4 * (81_000 + 110)
    #expect(memory.dense.total == 5 * denseParameters + 4 * 256 * (2 * 800 + 2 * 110))
    // 8 bytes a row and 4 an edge; nothing else by the reference engine.
    #expect(memory.network.indices == 8 * (101 + 11) + 4 * 17_000)
  }

  @Test(
    "is what the C library hands out, within 1 percent",
    .enabled(
      if: allocation_counter_works() == 1, "the C library's own count is wanted, with no sanitizer")
  )
  func allocated() async {
    await #expect(processExitsWith: .success) {
      for backend in [Backend.native, .suiteSparse] {
        for density in [0.25, 1] {
          func make() throws -> (Network, Trainer) {
            let network = try NetworkRecipe(
              layerSizes: [300, 400, 200, 10], connectivity: .densities([density])
            ).makeNetwork()
            return (
              network,
              try TrainingMemoryTests.trainer(
                network, batchSize: 256, optimizer: .adam(), backend: backend)
            )
          }
          // What is made only once is there before the count begins.
          let first = try make()
          let expected = try TrainingMemory(
            of: first.0, batchSize: 256, backend: backend
          ).total.network.total
          // The samples are not counted, and are held once more.
          let samples = 4 * 300 * 259
          let before = allocation_bytes_in_use()
          let second = try make()
          let taken = Int(allocation_bytes_in_use()) - Int(before) - samples
          withExtendedLifetime((first, second)) {}
          #expect(
            abs(taken - expected) < expected / 100,
            "\(backend), density \(density): \(taken) bytes were taken, \(expected) expected")
        }
      }
    }
  }
}

/// The bytes of some buffers, each once.
private func bytes(_ buffers: [FloatBuffer]) -> Int {
  let distinct = Dictionary(buffers.map { (ObjectIdentifier($0), $0.count) }) { count, _ in count }
  return distinct.values.reduce(0) { $0 + 4 * $1 }
}
