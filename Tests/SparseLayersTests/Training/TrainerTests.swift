import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("A training run") struct TrainerTests {
  static let methods: [Optimizer.Method] = [
    .sgd(momentum: 0, nesterov: false), .sgd(momentum: 0.9, nesterov: true),
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7),
    .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0.01),
  ]

  /// Everything that has state: dropout's steps, batch normalisation's averages, an early exit.
  static func network() throws -> Network {
    try Network(
      inputSize: 14,
      backbone: [
        junction(14, 16), BatchNormalization(size: 16), Activation(.relu, size: 16),
        Dropout(rate: 0.3, size: 16), junction(16, 8), Activation(.tanh, size: 8),
      ],
      branches: [
        Branch(name: "exit", position: 3, layers: [junction(16, 3)], lossWeight: 0.3),
        Branch(name: "output", position: 6, layers: [junction(8, 3)]),
      ])
  }

  static func data() throws -> Dataset { try clusters(samples: 130, features: 12, classes: 3) }

  static func trainer(
    _ recipe: TrainingRecipe, network: Network? = nil, validates: Bool = true,
    backend: Backend = .suiteSparse, threads: Int = 1
  ) throws -> Trainer {
    let network = try network ?? Self.network()
    let data = try data()
    let parts = try data.validationSplit(fraction: 0.2, seed: recipe.seed)
    return try Trainer(
      network, recipe: recipe, training: LabeledData(data, indices: parts.training, for: network),
      validation: validates ? LabeledData(data, indices: parts.validation, for: network) : nil,
      backend: backend, threads: threads)
  }

  static func recipe(_ method: Optimizer.Method = methods[2], rate: Double = 0.01) -> TrainingRecipe
  {
    TrainingRecipe(
      epochs: 4, batchSize: 32, optimizer: Optimizer(method, learningRate: rate, l2: 1e-4),
      schedule: Schedule(.cosine(floor: 0.1), warmupSteps: 3), seed: 9)
  }

  @Test(
    "stopped, written to a file and resumed ends with the bits of one that was not",
    arguments: methods, [Backend.suiteSparse, .reference, .native])
  func resumes(method: Optimizer.Method, backend: Backend) throws {
    let directory = try TemporaryDirectory()
    let recipe = Self.recipe(method)
    let whole = try Self.trainer(recipe, backend: backend)
    var reports: [Trainer.EpochReport] = []
    while whole.position.epoch < 4 { reports += [try #require(try whole.trainEpoch())] }
    // 104 samples in batches of 32: 4 steps an epoch. Stop at an epoch's end, and within one.
    for stop in [0, 2, 4, 6, 8, 13] {
      let path = directory.file("run-\(stop)")
      let first = try Self.trainer(recipe, backend: backend)
      var steps = 0
      while steps < stop {
        _ = try first.trainEpoch(progress: { _ in steps += 1 }, shouldStop: { steps >= stop })
      }
      #expect(first.position.epoch * 4 + first.position.step == stop)
      let model = ModelFile(
        network: try first.currentNetwork(), training: recipe,
        data: DataDescription(dataset: "clusters", like: try Self.data()))
      try Checkpoint(model: model, state: first.state).write(to: path)

      let checkpoint = try Checkpoint(contentsOf: path)
      let second = try Self.trainer(
        try #require(checkpoint.model.training), network: checkpoint.model.network, backend: backend
      )
      try second.restore(checkpoint.model.network, checkpoint.state)
      var last: Trainer.EpochReport?
      while second.position.epoch < 4 { last = try second.trainEpoch() }
      #expect(try second.currentNetwork().bits == whole.currentNetwork().bits, "stopped at \(stop)")
      #expect(second.state.moments == whole.state.moments, "stopped at \(stop)")
      #expect(last?.training == reports[3].training, "stopped at \(stop)")
      #expect(last?.validation == reports[3].validation, "stopped at \(stop)")
      #expect(last?.learningRate == reports[3].learningRate, "stopped at \(stop)")
    }
  }

  @Test("writes the same checkpoint as the same bytes")
  func sameCheckpoint() throws {
    let directory = try TemporaryDirectory()
    for name in ["first", "second"] {
      let trainer = try Self.trainer(Self.recipe())
      _ = try trainer.trainEpoch(shouldStop: { true })
      let model = ModelFile(
        network: try trainer.currentNetwork(), training: trainer.recipe,
        data: DataDescription(dataset: "clusters", like: try Self.data()))
      try Checkpoint(model: model, state: trainer.state).write(to: directory.file(name))
    }
    #expect(
      FileManager.default.contentsEqual(
        atPath: directory.file("first"), andPath: directory.file("second")))
  }

  @Test("gives the same bits for 1, 2 and 3 threads, and others for another seed")
  func threads() throws {
    let bits = try [1, 2, 3].map { threads in
      let trainer = try Self.trainer(Self.recipe(), threads: threads)
      for _ in 0..<2 { _ = try trainer.trainEpoch() }
      return try trainer.currentNetwork().bits
    }
    #expect(bits[0] == bits[1] && bits[1] == bits[2])
    var recipe = Self.recipe()
    recipe.seed = 10
    let other = try Self.trainer(recipe)
    for _ in 0..<2 { _ = try other.trainEpoch() }
    #expect(try other.currentNetwork().bits != bits[0])
  }

  @Test("learns nothing from samples that only validate or test")
  func validationIsIdle() throws {
    let with = try Self.trainer(Self.recipe())
    let without = try Self.trainer(Self.recipe(), validates: false)
    let all = try LabeledData(Self.data(), for: Self.network())
    for _ in 0..<3 {
      var failure: (any Error)?
      let report = try with.trainEpoch(progress: { _ in
        // The next batch lies packed by now, in the input that this takes.
        do { _ = try with.executor.evaluate(all) } catch { failure = error }
      })
      #expect(failure == nil)
      #expect(try #require(report).validation.count == 2)
      #expect(try #require(try without.trainEpoch()).validation.isEmpty)
      _ = try with.executor.evaluate(all)
    }
    #expect(try with.currentNetwork().bits == without.currentNetwork().bits)
  }

  @Test("learns: the loss falls at every branch")
  func learns() throws {
    var recipe = Self.recipe()
    recipe.epochs = 15
    let trainer = try Self.trainer(recipe)
    let first = try #require(try trainer.trainEpoch())
    var last = first
    while trainer.position.epoch < 15 { last = try #require(try trainer.trainEpoch()) }
    for branch in 0..<2 {
      #expect(last.training[branch].loss < 0.7 * first.training[branch].loss)
      #expect(last.validation[branch].accuracy > 0.6, "three classes, a guess is right in 0.33")
    }
    #expect(first.training.map(\.samples) == [104, 104])
    #expect(first.validation.map(\.samples) == [26, 26])
  }

  @Test("whose loss is not finite stops, and the checkpoint before it is whole", arguments: methods)
  func diverges(method: Optimizer.Method) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("checkpoint")
    let trainer = try Self.trainer(Self.recipe(method, rate: 1e35))
    let before = ModelFile(
      network: try trainer.currentNetwork(),
      data: DataDescription(dataset: "clusters", like: try Self.data()))
    try Checkpoint(model: before, state: trainer.state).write(to: path)
    let error = #expect(throws: SparseError.self) {
      for _ in 0..<4 {
        _ = try trainer.trainEpoch()
        _ = try trainer.currentNetwork()
      }
    }
    #expect(error?.code == .diverged)
    let resumed = try Self.trainer(Self.recipe(method))
    let checkpoint = try Checkpoint(contentsOf: path)
    try resumed.restore(checkpoint.model.network, checkpoint.state)
    #expect(try resumed.currentNetwork().bits == before.network.bits)
    #expect(try #require(try resumed.trainEpoch()).training[1].loss.isFinite)
  }

  @Test("says in which epoch and step, and at which rate, the loss was lost")
  func divergenceMessage() throws {
    let trainer = try Self.trainer(Self.recipe(Self.methods[0], rate: 1e38))
    let error = #expect(throws: SparseError.self) { while true { _ = try trainer.trainEpoch() } }
    let message = error?.message ?? ""
    #expect(error?.code == .diverged)
    for part in ["epoch 1", "step ", "Lower the learning rate"] {
      #expect(message.contains(part), "\(message)")
    }
  }

  @Test("refuses batch statistics of one sample, and keeps none of the last one of an epoch")
  func singleSamples() throws {
    let network = try Network(
      inputSize: 6, backbone: [junction(6, 8), BatchNormalization(size: 8)],
      branches: [Branch(name: "output", position: 2, layers: [junction(8, 3)])])
    let data = try clusters(samples: 9, features: 6, classes: 3)
    func trainer(batch: Int) throws -> Trainer {
      try Trainer(
        network, recipe: TrainingRecipe(epochs: 1, batchSize: batch),
        training: LabeledData(data, for: network))
    }
    expectError(.invalidArgument, "batches of 1 sample") { _ = try trainer(batch: 1) }
    // Two batches of four, and the ninth sample.
    #expect(try trainer(batch: 4).trainEpoch() != nil)
    let executor = try NetworkExecutor(network, batchCapacity: 4, isTraining: true)
    let pass = Pass(shape: executor.shape(samples: 1), mode: .training(step: 0))
    executor.input.values.load([1, 2, 3, 4, 5, 6], shape: pass.shape)
    try executor.forward(pass)
    #expect(try executor.currentNetwork().bits == network.bits)
  }

  @Test("refuses data that do not fit the network, and no data at all")
  func refusesData() throws {
    let network = try Self.network()
    let wide = try clusters(samples: 4, features: 15, classes: 3)
    let many = try clusters(samples: 4, features: 12, classes: 4)
    let other = try Dataset(
      features: .floats([Float](repeating: 0, count: 12)), featureCount: 12,
      targets: [Target(name: "colour", classNames: ["a", "b", "c"], labels: [0])])
    for (data, part) in [(wide, "15 features"), (many, "4 classes"), (other, "'label'")] {
      let error = #expect(throws: SparseError.self) { try LabeledData(data, for: network) }
      #expect(error?.code == .shapeMismatch && error?.message.contains(part) == true)
    }
    let error = #expect(throws: SparseError.self) {
      try Trainer(
        network, recipe: Self.recipe(),
        training: LabeledData(Self.data(), indices: [], for: network))
    }
    #expect(error?.code == .invalidArgument)
    for index in [-1, 130] {
      let error = #expect(throws: SparseError.self) {
        try LabeledData(Self.data(), indices: [0, index], for: network)
      }
      #expect(error?.code == .invalidArgument && error?.message.contains("\(index)") == true)
    }
  }

  @Test("refuses a state of another run", arguments: 0..<12)
  func refusesState(fault: Int) throws {
    let source = try Self.trainer(Self.recipe())
    _ = try source.trainEpoch()
    var steps = 0
    _ = try source.trainEpoch(progress: { _ in steps += 1 }, shouldStop: { steps == 2 })
    let network = try source.currentNetwork()
    var state = source.state
    let target = try Self.trainer(Self.recipe())
    switch fault {
    case 0: state.position.epoch = -1
    case 1: state.position.epoch = Int.max
    case 2: state.position.step = 4
    case 3: state.position.step = -1
    case 4: state.updates = 5
    case 5: state.position.sums?.samples = Int.max
    case 6: state.position.sums?.correct = [Int.max, 0]
    case 7: state.position.sums?.losses = [0]
    case 8: state.moments.removeLast()
    case 9: state.moments[0][0].append(0)
    case 10: state.moments[1][0][0] = -1
    default: state.moments[0][1][0] = .nan
    }
    let error = #expect(throws: SparseError.self) { try target.restore(network, state) }
    #expect(error?.code == .corruptFile)
    #expect(target.position == Trainer.Position(), "nothing was taken over")
  }

  @Test("pads samples with zeros and scales bytes")
  func packing() throws {
    let bytes = try Dataset(
      features: .bytes([0, 51, 102, 153, 204, 255]), featureCount: 2,
      targets: [Target(name: "label", classNames: ["a"], labels: [0, 0, 0])])
    let network = try Network(
      inputSize: 3, backbone: [],
      branches: [Branch(name: "output", position: 0, layers: [Activation(.leakyReLU, size: 3)])])
    for width in [1, 2, 3, 20] {
      let executor = try NetworkExecutor(network, batchCapacity: 3)
      let tiles = Tiles(features: 3, capacity: 20)
      tiles.buffer.fill(with: .nan)
      let shape = Tiles.Shape(samples: 2, width: width)
      let samples = try Samples(bytes, indices: [2, 0, 1], for: network)
      for tile in 0..<shape.count {
        samples.pack(samples.indices[..<2], tile: tile, into: tiles, shape: shape)
      }
      #expect(tiles.values(shape: shape) == [0.8, 1, 0, 0, 0.2, 0])
      #expect(tiles.buffer.values[..<(3 * shape.lanes)].allSatisfy { $0.isFinite })
      #expect(
        try executor.outputs(samples)[0] == [0.8, 1, 0, 0, 0.2, 0, 0.4, 0.6, 0])
    }
  }
}
