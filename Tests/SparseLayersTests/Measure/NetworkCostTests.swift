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
      inputs: 70_000, outputs: 3, rowOffsets: [0, 1, 1, 2], columns: [5, 69_999])
    let uneven = JunctionCost(name: "own", pattern: own, hasInputGradient: true)
    #expect(uneven.storageBytes == 2 * (4 + 4) + 4 * 4 + 3 * 4)
    #expect(uneven.density == 2 / 210_000.0)
  }

  /// A network whose junctions differ in all that matters: some read the data, some share their
  /// input with others, some lie in branches, behind normalisation or at different tasks.
  private func branching() throws -> Network {
    try Network(
      inputSize: 9,
      backbone: [
        junction(9, 12), BatchNormalization(size: 12), Activation(.relu, size: 12),
        junction(12, 7, seed: 2), Activation(.tanh, size: 7),
      ],
      branches: [
        Branch(name: "data", position: 0, layers: [junction(9, 3, seed: 3)]),
        Branch(
          name: "exit", position: 3,
          layers: [junction(12, 5, seed: 4), Activation(.relu, size: 5), junction(5, 3, seed: 6)]),
        Branch(name: "other", position: 3, layers: [junction(12, 3, seed: 7)], task: "label"),
        Branch(name: "output", position: 5, layers: [junction(7, 3, seed: 5)]),
      ])
  }

  @Test(
    "is what the reference engine counts, multiply–add by multiply–add and junction by junction",
    arguments: [false, true])
  func counted(isDense: Bool) throws {
    let sparse = try branching()
    let network = isDense ? try sparse.densified() : sparse
    let data = try clusters(samples: 6, features: 9, classes: 3)
    var counters: [MultiplyAddCounter] = []
    let executor = try NetworkExecutor(
      network, batchCapacity: 6, isTraining: true, seed: 0
    ) {
      counters.append(MultiplyAddCounter())
      return ReferencePlan($0, counter: counters.last)
    }
    _ = try executor.evaluate(LabeledData(data, for: network))
    let inference = counters.map(\.counts)
    let pass = Pass(shape: executor.shape(samples: 6), mode: .training(step: 0))
    try executor.forward(pass)
    try executor.backward(pass)
    let cost = NetworkCost(sparse)
    #expect(cost.junctions.count == 7)
    for (index, junction) in cost.junctions.enumerated() {
      let (before, after) = (inference[index], counters[index].counts)
      let forward = isDense ? junction.denseMACs : junction.macs
      #expect(before == .init(forward: 6 * forward), "\(junction.name)")
      let input = isDense ? junction.denseInputGradientMACs : junction.inputGradientMACs
      let weight = isDense ? junction.denseWeightGradientMACs : junction.weightGradientMACs
      #expect(
        after
          == .init(
            forward: 12 * forward, inputGradient: 6 * input, weightGradient: 6 * weight),
        "\(junction.name)")
    }
    let counted = counters.map(\.counts).reduce(0) {
      $0 + $1.forward + $1.inputGradient + $1.weightGradient
    }
    let total = cost.total
    #expect(
      counted
        == 6
        * (isDense ? total.denseMACs + total.denseTrainingMACs : total.macs + total.trainingMACs))
    #expect(total.times(6).trainingMACs == 6 * total.trainingMACs)
    #expect(total.times(6).storageBytes == total.storageBytes)
  }

  @Test("of training branches alone is what the reference engine counts beside frozen layers")
  func frozen() throws {
    let network = try branching()
    let data = try clusters(samples: 6, features: 9, classes: 3)
    for branches: Set<String> in [["exit"], ["data", "other"], ["output"]] {
      var counters: [MultiplyAddCounter] = []
      let executor = try NetworkExecutor(
        network, batchCapacity: 6, isTraining: true, trainedBranches: branches, seed: 0
      ) {
        counters.append(MultiplyAddCounter())
        return ReferencePlan($0, counter: counters.last)
      }
      // So that there are samples in it.
      _ = try executor.evaluate(LabeledData(data, for: network))
      let before = counters.map(\.counts)
      let pass = Pass(shape: executor.shape(samples: 6), mode: .training(step: 0))
      try executor.forward(pass)
      try executor.backward(pass)
      let cost = NetworkCost(network, trainedBranches: branches)
      for (index, junction) in cost.junctions.enumerated() {
        let (then, now) = (before[index], counters[index].counts)
        #expect(now.forward - then.forward == 6 * junction.macs, "\(branches) \(junction.name)")
        #expect(now.inputGradient == 6 * junction.inputGradientMACs, "\(branches) \(junction.name)")
        #expect(
          now.weightGradient == 6 * junction.weightGradientMACs, "\(branches) \(junction.name)")
        #expect(
          junction.trainingMACs
            == junction.macs + junction.inputGradientMACs + junction.weightGradientMACs)
      }
    }
    // Frozen exits by hand: everything forward, and the exit's own weight gradient.
    let plain = try NetworkRecipe(layerSizes: [20, 10, 4], connectivity: .densities([1]))
      .makeNetwork()
    let extended = try plain.addingExits(
      ExitRecipe(positions: [1]), activation: .relu, initializer: .standard, seed: 0)
    let total = NetworkCost(extended, trainedBranches: ["exit1"]).total
    #expect(total.trainingMACs == 200 + 40 + 40 + 40)
    #expect(total.denseTrainingMACs == total.trainingMACs)
  }

  @Test("of the dense network is that of a network with the same answers")
  func densified() throws {
    let sparse = try branching()
    let dense = try sparse.densified()
    let (cost, denseCost) = (NetworkCost(sparse), NetworkCost(dense))
    for (one, other) in zip(cost.junctions, denseCost.junctions) {
      #expect(one.denseWeights == other.weights && other.density == 1)
      #expect(one.denseTrainingMACs == other.trainingMACs)
      #expect(one.denseStorageBytes == other.recipeStorageBytes)
    }
    let data = try clusters(samples: 10, features: 9, classes: 3)
    let outputs = try [sparse, dense].map { network in
      try NetworkExecutor(network, backend: .reference, batchCapacity: 10)
        .outputs(Samples(data, for: network))
    }
    // Adding 0 changes nothing, in whatever order.
    #expect(outputs[0] == outputs[1])
  }
}
