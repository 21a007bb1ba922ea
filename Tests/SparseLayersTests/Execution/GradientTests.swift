import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Gradients") struct GradientTests {
  @Test("of all layers are the slopes of the objective in Double", arguments: Engine.underTest)
  func layers(engine: Engine) throws {
    for function in Activation.Function.allCases {
      for samples in [1, 5, 16] {
        let network = try Network(
          inputSize: 6,
          backbone: [
            junction(6, 9), Activation(function, size: 9), junction(9, 5),
            normalization(5), Activation(function, size: 5),
          ],
          branches: [Branch(name: "output", position: 5, layers: [junction(5, 3)])])
        for loss in Loss.allCases {
          try GradientCheck(network, samples: samples, loss).run(engine, "\(function), \(samples)")
        }
      }
    }
  }

  @Test("reach all branches, wherever they leave and whatever their losses weigh")
  func branches() throws {
    for engine in Engine.underTest {
      for (name, network) in try Self.branched() {
        for loss in Loss.allCases {
          try GradientCheck(network, samples: 7, loss).run(engine, name)
        }
      }
    }
  }

  @Test("pass dropout only where its features stay", arguments: Engine.underTest)
  func dropout(engine: Engine) throws {
    // The branches 'before' and 'after' show what dropout reads and writes: sigmoids are above 0.
    let network = try Network(
      inputSize: 4,
      backbone: [
        junction(4, 6), Activation(.sigmoid, size: 6), Dropout(rate: 0.4, size: 6), junction(6, 5),
        Activation(.tanh, size: 5),
      ],
      branches: [
        Branch(
          name: "before", position: 2, layers: [Activation(.leakyReLU, size: 6)], lossWeight: 0.5),
        Branch(
          name: "after", position: 3, layers: [Activation(.leakyReLU, size: 6)], lossWeight: 0),
        Branch(name: "output", position: 5, layers: [junction(5, 3)]),
      ])
    var check = GradientCheck(network, samples: 20, .softmaxCrossEntropy)
    let outputs = try check.executed(by: engine, step: 3).outputs
    let factors = zip(outputs[1], outputs[0]).map { Double($0) / Double($1) }
    #expect(factors.allSatisfy { abs($0) < 1e-6 || abs($0 - 1 / 0.6) < 1e-5 })
    #expect((30...80).contains(factors.count { $0 == 0 }), "of 120, 48 are expected to fall")
    check.oracle.factors[.backbone(2)] = stride(from: 0, to: 120, by: 6).map {
      factors[$0..<$0 + 6].map { $0 == 0 ? 0 : 1 / 0.6 }
    }
    try check.run(engine, "dropout", step: 3)
    // Another step drops others; the same step the same.
    #expect(try check.executed(by: engine, step: 3).outputs == outputs)
    #expect(try check.executed(by: engine, step: 4).outputs[1] != outputs[1])
  }

  @Test("of a trainer's step are those slopes, with batch statistics at either end and in between")
  func trainerStep() throws {
    let network = try Network(
      inputSize: 6,
      backbone: [
        normalization(6), junction(6, 8), normalization(8), Activation(.tanh, size: 8),
        normalization(8), normalization(8), Activation(.sigmoid, size: 8),
      ],
      branches: [
        Branch(name: "output", position: 7, layers: [junction(8, 3), normalization(3)])
      ])
    for loss in Loss.allCases {
      let check = GradientCheck(network, samples: 37, loss)
      for width in [4, 64] { try check.runStep(Engine(.reference, tileWidth: width)) }
    }
  }

  @Test("do not depend on how a batch is cut into tiles, but for rounding")
  func tiles() throws {
    for (name, network) in try Self.branched() {
      let check = GradientCheck(network, samples: 7, .softmaxCrossEntropy)
      let whole = try check.executed(by: Engine(.reference), step: 0)
      for width in [1, 2, 3, 7, 8, 16] {
        let cut = try check.executed(by: Engine(.reference, tileWidth: width), step: 0)
        // Each sample goes its own way: not a bit may differ. Sums over samples may be regrouped.
        #expect(
          cut.outputs == whole.outputs || Self.hasBatchStatistics(network), "\(name), \(width)")
        for (one, other) in zip(cut.gradients, whole.gradients) {
          let found = mismatch(one, other.map(Double.init), within: { _ in 1e-5 }, seed: check.seed)
          #expect(found == nil, "\(name), tiles of \(width)")
        }
      }
    }
  }

  /// Branches that share a leaving place, begin with any layer, and end the backbone together.
  private static func branched() throws -> [(String, Network)] {
    let early: [any Layer] = [Activation(.tanh, size: 8), try junction(8, 3, seed: 4)]
    let backbone: [any Layer] = [
      try junction(6, 8), Activation(.sigmoid, size: 8), BatchNormalization(size: 8),
      try junction(8, 7, seed: 2), Activation(.tanh, size: 7),
    ]
    let output = try junction(7, 3, seed: 3)
    func network(_ branches: [Branch], _ backbone: [any Layer] = backbone) throws -> Network {
      try Network(inputSize: 6, backbone: backbone, branches: branches)
    }
    return [
      (
        "an exit after a junction, beginning with an activation",
        try network([
          Branch(name: "exit", position: 1, layers: early, lossWeight: 0.3),
          Branch(name: "output", position: 5, layers: [output]),
        ])
      ),
      (
        "two exits at one place",
        try network([
          Branch(name: "a", position: 2, layers: [try junction(8, 3, seed: 5)], lossWeight: 0.25),
          Branch(name: "b", position: 2, layers: early, lossWeight: 2),
          Branch(name: "output", position: 5, layers: [output]),
        ])
      ),
      (
        "two heads at the end, one beginning with an activation",
        try network([
          Branch(
            name: "a", position: 5, layers: [Activation(.relu, size: 7), output], lossWeight: 0.7),
          Branch(name: "b", position: 5, layers: [try junction(7, 4, seed: 6)], task: "other"),
        ])
      ),
      (
        "an exit on the data, one on each layer",
        try network(
          [
            Branch(name: "data", position: 0, layers: [try junction(6, 3, seed: 8)]),
            Branch(name: "first", position: 1, layers: [try junction(8, 3, seed: 9)]),
            Branch(
              name: "third", position: 3,
              layers: [BatchNormalization(size: 8), try junction(8, 2, seed: 10)], lossWeight: 0),
            Branch(name: "output", position: 5, layers: [output]),
          ])
      ),
      (
        "batch statistics of the data, of a shared layer and of the output",
        try network(
          [
            Branch(
              name: "early", position: 2,
              layers: [BatchNormalization(size: 8), Activation(.relu, size: 8), try junction(8, 3)]),
            // Reads what the backbone's activation must not overwrite, nor the layer before apply.
            Branch(name: "between", position: 3, layers: [try junction(8, 3, seed: 13)]),
            Branch(
              name: "output", position: 4, layers: [junction(8, 3, seed: 12), normalization(3)]),
          ],
          [
            normalization(6), try junction(6, 8, seed: 11), normalization(8, seed: 2),
            Activation(.leakyReLU, size: 8),
          ])
      ),
      (
        "no backbone",
        try network([Branch(name: "output", position: 0, layers: [try junction(6, 3)])], [])
      ),
      (
        "dropout of nothing between two activations",
        try network(
          [Branch(name: "output", position: 4, layers: [try junction(8, 3)])],
          [
            try junction(6, 8), Dropout(rate: 0, size: 8), Activation(.tanh, size: 8),
            Activation(.sigmoid, size: 8),
          ])
      ),
    ]
  }

  private static func hasBatchStatistics(_ network: Network) -> Bool {
    network.places.contains { network[$0] is BatchNormalization }
  }
}

/// One batch through a network, and the slopes of its objective.
struct GradientCheck {
  let network: Network
  let samples: Int
  let loss: Loss
  let seed: UInt64 = 21
  var oracle: DoubleNetwork
  private let input: [Float]
  private let labels: [[Int]]

  init(_ network: Network, samples: Int, _ loss: Loss) {
    self.network = network
    self.samples = samples
    self.loss = loss
    oracle = DoubleNetwork(network)
    input = randomFloats(samples * network.inputSize, seed: seed, "input")
    labels = network.branches.enumerated().map { index, branch in
      let classes = branch.layers.last?.outputSize ?? 1
      return (0..<samples).map { ($0 * 7 + index) % classes }
    }
  }

  /// The outputs of each branch and the gradient of each trained parameter, in file order.
  func executed(
    by engine: Engine, step: Int
  ) throws -> (outputs: [[Float]], gradients: [[Float]], losses: Double) {
    let executor = try NetworkExecutor(
      network, batchCapacity: samples, isTraining: true, seed: 5
    ) { try engine.plan($0) }
    let pass = Pass(shape: executor.shape(samples: samples), mode: .training(step: step))
    executor.input.values.load(input, shape: pass.shape)
    try executor.forward(pass)
    var total = 0.0
    for (branch, node) in executor.outputs.enumerated() {
      let weight = network.branches[branch].lossWeight
      for tile in 0..<pass.shape.count {
        let outputs = node.values.tile(tile, of: pass.shape)
        let first = tile * pass.shape.width
        let part = loss.evaluate(
          outputs, labels: labels[branch].map(Int32.init),
          samples: Array(0..<samples)[first..<first + outputs.samples],
          gradient: node.gradient?.tile(tile, of: pass.shape), scale: weight / Float(samples))
        total += Double(weight) * part.loss / Double(samples)
      }
    }
    let outputs = executor.outputs.map { $0.values.values(shape: pass.shape) }
    try executor.backward(pass)
    let gradients = executor.trainedParameters.map { parameter in
      parameter.weights?.layout.csrOrder(of: parameter.gradient.values) ?? parameter.gradient.values
    }
    return (outputs, gradients, total)
  }

  /// Compares the gradient of every single parameter with a central difference.
  func run(_ engine: Engine, _ name: String, step: Int = 0) throws {
    let actual = try executed(by: engine, step: step)
    let rows = stride(from: 0, to: input.count, by: network.inputSize).map {
      input[$0..<$0 + network.inputSize].map(Double.init)
    }
    let expectedLoss = oracle.objective(rows, labels: labels, loss: loss)
    #expect(
      abs(actual.losses - expectedLoss) <= 1e-5 * (1 + abs(expectedLoss)),
      "\(engine), \(name), \(loss): objective \(actual.losses) instead of \(expectedLoss)")
    try compare(actual.gradients, rows, tolerance: 1e-6, "\(engine), \(name), \(loss)")
  }

  /// Compares what a step of plain descent takes from every parameter with a central difference, for a
  /// network of one branch.
  func runStep(_ engine: Engine) throws {
    let branch = network.branches[0]
    let data = try Dataset(
      features: .floats(input), featureCount: network.inputSize,
      targets: [
        Target(name: branch.task, classNames: ["a", "b", "c"], labels: labels[0].map(Int32.init))
      ])
    let trainer = try Trainer(
      recipe: TrainingRecipe(
        epochs: 1, batchSize: samples,
        optimizer: Optimizer(.sgd(momentum: 0, nesterov: false), learningRate: 1),
        schedule: .constant, loss: loss),
      training: LabeledData(data, for: network), validation: nil
    ) { capacity in
      try NetworkExecutor(
        network, threads: 2, batchCapacity: capacity, isTraining: true, seed: 5
      ) { try engine.plan($0) }
    }
    let before = trained(network)
    _ = try trainer.trainEpoch()
    let changes = zip(before, trained(try trainer.currentNetwork())).map { before, after in
      zip(before, after).map { $0 - $1 }
    }
    let rows = stride(from: 0, to: input.count, by: network.inputSize).map {
      input[$0..<$0 + network.inputSize].map(Double.init)
    }
    try compare(changes, rows, tolerance: 1e-5, "\(engine), a step, \(loss)")
  }

  private func trained(_ network: Network) -> [[Float]] {
    network.places.flatMap { network[$0].parameters }.filter(\.isTrained).map(\.values)
  }

  private func compare(
    _ gradients: [[Float]], _ rows: [[Double]], tolerance: Double, _ name: String
  ) throws {
    var gradients = gradients[...]
    for place in network.places {
      for (index, parameter) in network[place].parameters.enumerated() where parameter.isTrained {
        let next = gradients.popFirst()
        let gradient = try #require(next)
        let slopes = parameter.values.indices.map { slope(place, index, $0, rows) }
        let scale = slopes.reduce(0) { max($0, abs($1)) }
        let found = mismatch(
          gradient, slopes, within: { _ in 1e-4 * scale + tolerance }, seed: seed)
        #expect(found == nil, "\(name): \(network.name(of: place)).\(parameter.name)")
      }
    }
    #expect(gradients.isEmpty)
  }

  private func slope(
    _ place: Network.Place, _ parameter: Int, _ position: Int, _ rows: [[Double]]
  ) -> Double {
    let distance = 1e-5
    let values = [distance, -distance].map { offset in
      var moved = oracle
      moved.parameters[place]?[parameter][position] += offset
      return moved.objective(rows, labels: labels, loss: loss)
    }
    return (values[0] - values[1]) / (2 * distance)
  }
}
