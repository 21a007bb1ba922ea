import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Exits of a recipe") struct ExitRecipeTests {
  private func recipe(_ exits: ExitRecipe?, batchNormalization: Bool = false) -> NetworkRecipe {
    var recipe = NetworkRecipe(
      layerSizes: [24, 16, 12, 8, 4], connectivity: .densities([0.5]), families: [.balanced],
      seed: 3)
    recipe.exits = exits
    recipe.batchNormalization = batchNormalization
    recipe.dropout = batchNormalization ? 0.1 : 0
    return recipe
  }

  @Test("leave where a hidden layer is complete, and end in the output's classes")
  func positions() throws {
    let plain = try recipe(ExitRecipe(positions: [1, 3])).makeNetwork()
    #expect(plain.branches.map(\.name) == ["exit1", "exit3", "output"])
    #expect(plain.branches.map(\.position) == [2, 6, 6])
    // Junction, normalisation, activation, dropout.
    let deep = try recipe(ExitRecipe(positions: [2]), batchNormalization: true).makeNetwork()
    #expect(deep.branches.map(\.position) == [8, 12])
    #expect(deep.hiddenLayerEnds == [4, 8, 12])
    for branch in plain.branches {
      #expect(branch.layers.last?.outputSize == 4 && branch.task == "label")
    }
  }

  @Test("change nothing of the network that they are added to")
  func reshuffleNothing() throws {
    let without = try recipe(nil).makeNetwork()
    let with = try recipe(ExitRecipe(positions: [1, 2])).makeNetwork()
    for name in without.junctions.map(\.name) {
      let old = without.junctions.first { $0.name == name }?.layer
      let new = with.junctions.first { $0.name == name }?.layer
      #expect(old?.weights.values == new?.weights.values && old?.pattern == new?.pattern)
    }
    // Nor does a further exit change an earlier one.
    let one = try recipe(ExitRecipe(positions: [1])).makeNetwork()
    let value = { (network: Network) in
      network.junctions.first { $0.name == "exit1.0" }?.layer.weights.values
    }
    #expect(value(one) == value(with))
  }

  @Test("have heads of the depth, width and density asked for")
  func heads() throws {
    var exits = ExitRecipe(positions: [1])
    exits.depth = 3
    exits.width = 10
    exits.density = 0.3
    let branch = try recipe(exits).makeNetwork().branches[0]
    let junctions = branch.layers.compactMap { $0 as? SparseLinear }
    #expect(junctions.map(\.outputSize) == [10, 10, 4])
    #expect(junctions.map { $0.pattern.edgeCount } == [48, 30, 40])
    #expect(branch.layers.count == 5)
  }

  @Test("are weighted more early unless weights are given")
  func weights() throws {
    var exits = ExitRecipe(positions: [1, 2])
    #expect(try recipe(exits).makeNetwork().branches.map(\.lossWeight) == [1, 1, 0.3])
    exits.lossWeights = [0.1, 0.2, 0.7]
    #expect(try recipe(exits).makeNetwork().branches.map(\.lossWeight) == [0.1, 0.2, 0.7])
  }

  @Test("refuse what does not fit", arguments: [[], [0], [4], [2, 1], [1, 1], [-1]])
  func unfit(positions: [Int]) {
    #expect(throws: SparseError.self) {
      try recipe(ExitRecipe(positions: positions)).makeNetwork()
    }
  }

  @Test("cannot be added twice")
  func twice() throws {
    let network = try recipe(ExitRecipe(positions: [1])).makeNetwork()
    #expect(throws: SparseError.self) {
      try network.addingExits(ExitRecipe(positions: [2]), seed: 0)
    }
  }

  @Test("survive a model file")
  func file() throws {
    let directory = try TemporaryDirectory()
    let recipe = recipe(ExitRecipe(positions: [1, 2]))
    let network = try recipe.makeNetwork()
    let data = try clusters(samples: 8, features: 24, classes: 4)
    var model = ModelFile(
      network: network, recipe: recipe, data: DataDescription(dataset: "clusters", like: data))
    model.exitSettings = ExitSettings(
      rule: "entropy", temperatures: [1, 2, 1.5], thresholds: [0.1, nil])
    try model.write(to: directory.file("model"))
    let read = try ModelFile(contentsOf: directory.file("model"))
    #expect(read.recipe == recipe && read.exitSettings == model.exitSettings)
    #expect(read.network.bits == network.bits)
    for settings in [
      ExitSettings(rule: "entropy", temperatures: [1, 2], thresholds: [0.1]),
      ExitSettings(rule: "entropy", temperatures: [1, 2, -1], thresholds: [0.1, 0.1]),
    ] {
      model.exitSettings = settings
      try model.write(to: directory.file("unfit"))
      #expect(throws: SparseError.self) { try ModelFile(contentsOf: directory.file("unfit")) }
    }
  }
}

@Suite("Training only some branches") struct FrozenTrainingTests {
  /// Dropout and batch statistics in the backbone, which must rest, too.
  private func network() throws -> Network {
    try Network(
      inputSize: 12,
      backbone: [
        try junction(12, 16), try normalization(16), Activation(.relu, size: 16),
        try Dropout(rate: 0.3, size: 16), try junction(16, 10, seed: 2),
        Activation(.relu, size: 10),
      ],
      branches: [
        Branch(name: "exit1", position: 4, layers: [try junction(16, 3, family: .full, seed: 3)]),
        Branch(name: "output", position: 6, layers: [try junction(10, 3, family: .full, seed: 4)]),
      ])
  }

  private func train(_ network: Network, epochs: Int = 2, threads: Int = 1) throws -> Network {
    let data = try clusters(samples: 90, features: 12, classes: 3)
    let trainer = try Trainer(
      network, recipe: TrainingRecipe(epochs: epochs, batchSize: 20, seed: 1),
      training: LabeledData(data, for: network), backend: .native, threads: threads,
      trainedBranches: ["exit1"])
    for _ in 0..<epochs { _ = try trainer.trainEpoch() }
    return try trainer.currentNetwork()
  }

  @Test("changes these, and leaves every other parameter bit for bit as it was")
  func rest() throws {
    let before = try network()
    let after = try train(before)
    for place in before.places {
      let bits = { (network: Network) in
        network[place].parameters.map { $0.values.map(\.bitPattern) }
      }
      let isTrained = before.name(of: place).hasPrefix("exit1")
      #expect((bits(before) == bits(after)) == !isTrained, "\(before.name(of: place))")
    }
  }

  @Test("is training of the branch alone on the backbone's activations")
  func alone() throws {
    let before = try network()
    let after = try train(before)
    // The same samples as the branch sees them: backbone in inference.
    let data = try clusters(samples: 90, features: 12, classes: 3)
    let probe = try Network(
      inputSize: 12, backbone: Array(before.backbone[..<4]),
      branches: [
        Branch(name: "probe", position: 4, layers: [Activation(.relu, size: 16)])
      ])
    let activations = try NetworkExecutor(probe, backend: .native, batchCapacity: 90)
      .outputs(Samples(data, for: probe))[0]
    let seen = try Dataset(
      features: .floats(activations), featureCount: 16, targets: data.targets)
    let head = try Network(
      inputSize: 16, backbone: [],
      branches: [Branch(name: "exit1", position: 0, layers: before.branches[0].layers)])
    let trainer = try Trainer(
      head, recipe: TrainingRecipe(epochs: 2, batchSize: 20, seed: 1),
      training: LabeledData(seen, for: head), backend: .native)
    for _ in 0..<2 { _ = try trainer.trainEpoch() }
    let expected = try #require(try trainer.currentNetwork().branches[0].layers[0] as? SparseLinear)
    let found = try #require(after.branches[0].layers[0] as? SparseLinear)
    let difference = zip(expected.weights.values, found.weights.values).map { abs($0 - $1) }.max()
    #expect((difference ?? 1) < 1e-5)
  }

  @Test("gives the same bits for one thread and two")
  func threads() throws {
    #expect(try train(network()).bits == train(network(), threads: 2).bits)
  }
}
