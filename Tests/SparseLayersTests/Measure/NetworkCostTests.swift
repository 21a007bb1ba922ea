import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("The cost of a network") struct NetworkCostTests {
  private func cost(_ sizes: [Int], outDegrees: [Int]) throws -> NetworkCost {
    NetworkCost(
      try NetworkRecipe(layerSizes: sizes, connectivity: .outDegrees(outDegrees)).makeNetwork())
  }

  @Test("is that of the published networks")
  func published() throws {
    let networks: [(sizes: [Int], degrees: [Int], weights: Int, dense: Int)] = [
      ([800, 100, 10], [20, 10], 17_000, 81_000), ([800, 100, 10], [50, 10], 41_000, 81_000),
      ([800, 100, 10], [100, 10], 81_000, 81_000), ([800, 40, 40, 10], [2, 9, 10], 2360, 34_000),
      ([8, 4, 4], [1, 2], 16, 48),
    ]
    for network in networks {
      let total = try cost(network.sizes, outDegrees: network.degrees).total
      #expect(total.weights == network.weights && total.macs == network.weights)
      #expect(total.denseWeights == network.dense && total.denseMACs == network.dense)
      #expect(total.biases == network.sizes.dropFirst().reduce(0, +))
    }
    #expect(try abs(cost([8, 4, 4], outDegrees: [1, 2]).total.density - 1 / 3.0) < 1e-12)
  }

  @Test("counts three products a junction in training, but no input gradient for the data")
  func training() throws {
    let cost = try cost([800, 100, 10], outDegrees: [20, 10])
    #expect(cost.junctions.map(\.name) == ["backbone.0", "output.0"])
    #expect(cost.junctions.map(\.trainingMACs) == [2 * 16_000, 3 * 1000])
    #expect(cost.junctions.map(\.denseTrainingMACs) == [2 * 80_000, 3 * 1000])
  }

  @Test("counts the bytes of values, indices and biases")
  func storage() throws {
    // Constant in-degree: no row offsets; columns of 2 bytes.
    let structured = try cost([800, 100, 10], outDegrees: [20, 10])
    #expect(structured.junctions.map(\.storageBytes) == [16_000 * 6 + 400, 1000 * 6 + 40])
    #expect(structured.junctions.map(\.denseStorageBytes) == [80_000 * 4 + 400, 1000 * 4 + 40])
    let own = try Pattern(
      outputs: 3, inputs: 70_000, rowOffsets: [0, 1, 1, 2], columns: [5, 69_999])
    let uneven = JunctionCost(name: "own", pattern: own, hasInputGradient: true)
    #expect(uneven.storageBytes == 2 * (4 + 4) + 4 * 4 + 3 * 4)
    #expect(uneven.density == 2 / 210_000.0)
  }

  @Test("is what a counting engine counts in one step of training and one of inference")
  func counted() throws {
    let network = try Network(
      inputSize: 9,
      backbone: [
        junction(9, 12), Activation(.relu, size: 12), junction(12, 7, seed: 2),
        Activation(.tanh, size: 7),
      ],
      branches: [
        Branch(name: "data", position: 0, layers: [junction(9, 3, seed: 3)]),
        Branch(name: "exit", position: 2, layers: [junction(12, 3, seed: 4)]),
        Branch(name: "output", position: 4, layers: [junction(7, 3, seed: 5)]),
      ])
    let data = try clusters(samples: 6, features: 9, classes: 3)
    let counter = Counter()
    let executor = try NetworkExecutor(
      network, batchCapacity: 6, isTraining: true, seed: 0
    ) { CountingPlan($0, counter) }
    let total = NetworkCost(network).total
    _ = try executor.evaluate(LabeledData(data, for: network))
    #expect(counter.macs == 6 * total.macs)
    counter.macs = 0
    let pass = Pass(shape: executor.shape(samples: 6), mode: .training(step: 0))
    try executor.forward(pass)
    try executor.backward(pass)
    #expect(counter.macs == 6 * total.trainingMACs)
  }
}

private final class Counter: @unchecked Sendable {
  var macs = 0
}

/// The reference engine, counting a multiply–add per weight and sample of each product asked for.
private final class CountingPlan: JunctionPlan {
  private let plan: ReferencePlan
  private let counter: Counter

  init(_ pattern: Pattern, _ counter: Counter) {
    plan = ReferencePlan(pattern)
    self.counter = counter
  }

  var pattern: Pattern { plan.pattern }
  var backend: Backend { plan.backend }
  var layout: ValueLayout { plan.layout }
  func tileWidth(samples: Int) -> Int? { 2 }

  func forward(_ weights: JunctionWeights, bias: FloatBuffer, input: Tile, output: Tile) throws {
    counter.macs += pattern.edgeCount * input.width
    try plan.forward(weights, bias: bias, input: input, output: output)
  }

  func inputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile, accumulating: Bool
  ) throws {
    counter.macs += pattern.edgeCount * outputGradient.width
    try plan.inputGradient(
      weights, outputGradient: outputGradient, inputGradient: inputGradient,
      accumulating: accumulating)
  }

  func weightGradient(
    part: Int, outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws {
    counter.macs += pattern.edgeCount * shape.lanes
    try plan.weightGradient(
      part: part, outputGradient: outputGradient, input: input, shape: shape, gradient: gradient)
  }
}
