import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Tasks of a recipe") struct TaskRecipeTests {
  private func recipe(_ tasks: [TaskRecipe]?) -> NetworkRecipe {
    var recipe = NetworkRecipe(
      layerSizes: [24, 16, 12, 4], connectivity: .densities([0.5]), families: [.balanced], seed: 3)
    recipe.tasks = tasks
    return recipe
  }

  private static let left = TaskRecipe(name: "left", classes: 4)
  private static let right = TaskRecipe(name: "right", classes: 3)

  /// Clusters with a second target that depends on the first.
  private func data(samples: Int) throws -> Dataset {
    let one = try clusters(samples: samples, features: 24, classes: 4)
    let labels = one.targets[0].labels
    return try Dataset(
      features: one.features, featureCount: 24,
      targets: [
        Target(name: "left", classNames: ["a", "b", "c", "d"], labels: labels),
        Target(name: "right", classNames: ["x", "y", "z"], labels: labels.map { ($0 + 1) % 3 }),
      ])
  }

  @Test("have heads after the whole backbone, the main one last")
  func heads() throws {
    let network = try recipe([Self.left, Self.right]).makeNetwork()
    #expect(network.branches.map(\.name) == ["right", "left"])
    #expect(network.branches.map(\.task) == ["right", "left"])
    #expect(network.branches.allSatisfy { $0.position == network.backbone.count })
    #expect(network.branches.map { $0.layers.last?.outputSize } == [3, 4])
    #expect(network.taskOutputs.map(\.task) == ["left", "right"])
    #expect(network.taskOutputs.map(\.branch) == [1, 0])
    #expect(network.junctions.map(\.name) == ["backbone.0", "backbone.2", "right.0", "left.0"])
  }

  @Test("a single task is the network without tasks, under its own name")
  func single() throws {
    let plain = try recipe(nil).makeNetwork()
    let named = try recipe([Self.left]).makeNetwork()
    #expect(named.branches.map(\.name) == ["output"] && named.branches[0].task == "left")
    #expect(named.bits == plain.bits)
    var same = recipe(nil)
    same.setTasks([TaskRecipe(name: "label", classes: 4)])
    #expect(same == recipe(nil))
  }

  @Test("a further task reshuffles nothing")
  func reshuffleNothing() throws {
    var middle = TaskRecipe(name: "middle", classes: 3)
    middle.hiddenSizes = [5]
    let one = try recipe([Self.left]).makeNetwork()
    let three = try recipe([Self.left, Self.right, middle]).makeNetwork()
    func values(_ network: Network, _ name: String) -> [Float]? {
      network.junctions.first { $0.name == name }?.layer.weights.values
    }
    for name in ["backbone.0", "backbone.2"] { #expect(values(one, name) == values(three, name)) }
    #expect(values(one, "output.0") == values(three, "left.0"))
    let two = try recipe([Self.left, Self.right]).makeNetwork()
    #expect(values(two, "right.0") == values(three, "right.0"))
    #expect(values(two, "right.0") != values(two, "left.0")?.prefix(36).map { $0 })
  }

  @Test("have hidden layers of the widths and the density asked for, and full outputs")
  func hiddenLayers() throws {
    var right = Self.right
    right.hiddenSizes = [10, 5]
    right.density = 0.3
    var recipe = recipe([Self.left, right])
    recipe.dropout = 0.2
    recipe.batchNormalization = true
    let branch = try recipe.makeNetwork().branches[0]
    let junctions = branch.layers.compactMap { $0 as? SparseLinear }
    #expect(junctions.map(\.outputSize) == [10, 5, 3])
    #expect(junctions.map { $0.pattern.edgeCount } == [36, 15, 15])
    // Normalisation, activation and dropout follow both hidden junctions.
    #expect(branch.layers.count == 9)
    #expect(try recipe.patterns().junctions.count == 3)
  }

  @Test("the output density of a list is that of every head")
  func outputDensity() throws {
    var recipe = recipe([Self.left, Self.right])
    recipe.connectivity = .densities([0.5, 0.5, 0.25])
    let junctions = try recipe.makeNetwork().junctions
    #expect(junctions.suffix(2).map { $0.layer.pattern.edgeCount } == [9, 12])
  }

  @Test("names that cannot name a branch are made to, and stay apart")
  func names() throws {
    let names = ["floor hue", "floor/hue", "backbone", "exit1", "größe"]
    let tasks = names.enumerated().map { TaskRecipe(name: $1, classes: 4 + $0) }
    let network = try recipe(tasks).makeNetwork()
    #expect(network.taskOutputs.map(\.task) == names)
    #expect(
      network.taskOutputs.map { network.branches[$0.branch].name }
        == ["floor-hue", "floor-hue-2", "backbone-2", "exit1-2", "gr--e"])
  }

  @Test("tasks that do not fit are refused with what is wrong")
  func refused() throws {
    func expectRefused(
      _ tasks: [TaskRecipe], _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: SparseError.self, sourceLocation: sourceLocation) {
        try recipe(tasks).makeNetwork()
      }
      #expect(error?.message.contains(words) == true, sourceLocation: sourceLocation)
    }
    var wide = Self.right
    wide.hiddenSizes = [0]
    var thin = Self.right
    thin.density = 0
    var heavy = Self.right
    heavy.lossWeight = -1
    expectRefused([], "1 to 64 tasks")
    expectRefused([Self.right, Self.left], "end with 4, but task 'right' has 3 classes")
    expectRefused([Self.left, Self.left], "left, left")
    expectRefused([Self.left, wide], "hidden layers [0]")
    expectRefused([Self.left, thin], "density of the head of task 'right' is 0.0")
    expectRefused([Self.left, heavy], "loss weight of task 'right' is -1.0")
  }

  @Test("a loss of weight 0 leaves the other task's training as it is alone")
  func weights() throws {
    let data = try data(samples: 96)
    let training = TrainingRecipe(epochs: 3, batchSize: 16, validationFraction: 0)
    func train(_ tasks: [TaskRecipe]) throws -> (Network, [BranchEvaluation]) {
      let network = try recipe(tasks).makeNetwork()
      let labeled = try LabeledData(data, for: network)
      let trainer = try Trainer(network, recipe: training, training: labeled)
      for _ in 0..<3 { _ = try trainer.trainEpoch() }
      return (try trainer.currentNetwork(), try trainer.executor.evaluate(labeled))
    }
    func values(_ network: Network, _ names: [String]) -> [[Float]] {
      names.map { name in
        network.junctions.first { $0.name == name }?.layer.weights.values ?? []
      }
    }
    var silent = Self.right
    silent.lossWeight = 0
    let backbone = ["backbone.0", "backbone.2"]
    let (alone, _) = try train([Self.left])
    let (beside, _) = try train([Self.left, silent])
    #expect(values(alone, backbone + ["output.0"]) == values(beside, backbone + ["left.0"]))
    // With its weight the second task is learnt, and changes the backbone.
    let (both, scores) = try train([Self.left, Self.right])
    #expect(values(both, backbone) != values(alone, backbone))
    let (_, silentScores) = try train([Self.left, silent])
    #expect(scores[0].branch == "right" && scores[0].loss < silentScores[0].loss)
  }

  @Test("exits answer the main task, before the heads of all tasks")
  func exits() throws {
    var left = Self.left
    left.lossWeight = 2
    var recipe = recipe([left, Self.right])
    recipe.exits = ExitRecipe(positions: [1, 2])
    let network = try recipe.makeNetwork()
    #expect(network.branches.map(\.name) == ["exit1", "exit2", "right", "left"])
    #expect(network.branches.map(\.task) == ["left", "left", "right", "left"])
    #expect(network.branches.map(\.lossWeight) == [2, 2, 1, 0.6])
    #expect(network.taskOutputs.map(\.branch) == [3, 2])
  }

  @Test("survive a model file, with the class names of every task")
  func file() throws {
    let directory = try TemporaryDirectory()
    var right = Self.right
    right.hiddenSizes = [6]
    right.density = 0.5
    right.lossWeight = 0.25
    let recipe = recipe([Self.left, right])
    let file = ModelFile(
      network: try recipe.makeNetwork(), recipe: recipe,
      data: DataDescription(dataset: "npz", like: try data(samples: 8)))
    let path = directory.file("model.safetensors")
    try file.write(to: path, form: .recipe)
    let read = try ModelFile(contentsOf: path)
    #expect(read.recipe == recipe)
    #expect(read.network.bits == file.network.bits)
    #expect(read.network.branches.map(\.task) == ["right", "left"])
    #expect(read.network.branches.map(\.lossWeight) == [0.25, 1])
    #expect(read.data.classNames == ["left": ["a", "b", "c", "d"], "right": ["x", "y", "z"]])
  }

  @Test("a task that the data lack is named with those that they have")
  func missingTask() throws {
    let data = try data(samples: 8)
    let network = try recipe([Self.left, TaskRecipe(name: "up", classes: 2)]).makeNetwork()
    expectError(.shapeMismatch, "task 'up'", "the data have only: left, right") {
      _ = try LabeledData(data, for: network)
    }
    expectError(.shapeMismatch, "no labels") {
      let samples = try Dataset(unlabeled: data.features, featureCount: 24)
      _ = try LabeledData(samples, for: network)
    }
    expectError(.invalidArgument, "no task 'up'", "left, right") {
      _ = try data.targets(named: ["left", "up"])
    }
    #expect(try data.targets(named: nil).map(\.name) == ["left", "right"])
    #expect(try data.targets(named: ["right"]).map(\.name) == ["right"])
  }
}
