import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Layers") struct LayerTests {
  @Test("compute in inference what the oracle computes in Double", arguments: Engine.underTest)
  func inference(engine: Engine) throws {
    let network = try Network(
      inputSize: 5,
      backbone: [
        junction(5, 8), normalization(8), Activation(.leakyReLU, size: 8),
        Dropout(rate: 0.5, size: 8),
      ],
      branches: [Branch(name: "output", position: 4, layers: [junction(8, 3)])])
    let input = randomFloats(9 * 5, seed: 6)
    let dataset = try Dataset(
      features: .floats(input), featureCount: 5,
      targets: [Target(name: "label", classNames: ["a"], labels: Array(repeating: 0, count: 9))])
    var oracle = DoubleNetwork(network)
    oracle.isTraining = false
    let rows = (0..<9).map { input[$0 * 5..<($0 + 1) * 5].map(Double.init) }
    let expected = oracle.outputs(rows)[0].flatMap { $0 }
    // A capacity below the samples: several batches, the last of them smaller.
    for capacity in [1, 4, 9, 20] {
      let executor = try NetworkExecutor(
        network, batchCapacity: capacity, isTraining: false, seed: 0
      ) { try engine.plan($0) }
      let outputs = try executor.outputs(Samples(dataset, for: network))
      let found = mismatch(outputs[0], expected, within: { _ in 1e-5 }, seed: 6)
      #expect(found == nil, "\(engine), capacity \(capacity)")
    }
  }

  @Test("normalise over the batch and keep running averages of mean and variance")
  func runningAverages() throws {
    let network = try Network(
      inputSize: 1, backbone: [],
      branches: [
        Branch(name: "output", position: 0, layers: [BatchNormalization(size: 1, momentum: 0.75)])
      ])
    // In one tile, and in two, the second of which is mostly padding.
    for width in [4, 3] {
      let executor = try NetworkExecutor(
        network, backend: .reference, batchCapacity: 6, isTraining: true, tileWidth: width)
      // Mean 3, variance 5 of the population.
      let pass = Pass(shape: executor.shape(samples: 4), mode: .training(step: 0))
      executor.input.values.load([0, 2, 4, 6], shape: pass.shape)
      try executor.forward(pass)
      let outputs = executor.outputs[0].values.values(shape: pass.shape)
      let expected = [-3, -1, 1, 3].map { $0 / (5 + 1e-5).squareRoot() }
      #expect(mismatch(outputs, expected, within: { _ in 1e-6 }, seed: 0) == nil)
      let kept = try executor.currentNetwork().branches[0].layers[0].parameters.map { $0.values[0] }
      #expect(kept == [1, 0, 0.75, 0.75 + 0.25 * 5])
    }
  }

  @Test(
    "normalise what is far from 0, where squares would lose every digit",
    arguments: [(200, 64), (200, 8), (4096, 4096), (4099, 64)])
  func largeMeans(samples: Int, width: Int) throws {
    let network = try Network(
      inputSize: 3, backbone: [],
      branches: [Branch(name: "output", position: 0, layers: [BatchNormalization(size: 3)])])
    // The last feature is the same for all: nothing may become of what its mean loses by rounding.
    let input = randomFloats(3 * samples, seed: 3).enumerated().map { index, value in
      [1000 + value, 0.001 * value - 1, 1000.1][index % 3]
    }
    let executor = try NetworkExecutor(
      network, batchCapacity: samples, isTraining: true, tileWidth: width)
    let pass = Pass(shape: executor.shape(samples: samples), mode: .training(step: 0))
    executor.input.values.load(input, shape: pass.shape)
    try executor.forward(pass)
    let rows = stride(from: 0, to: input.count, by: 3).map { input[$0..<$0 + 3].map(Double.init) }
    let expected = DoubleNetwork(network).outputs(rows)[0]
    // The centre is a float: half a unit in the last place of 1000 (3e-5) beside a deviation of 0.6.
    let found = mismatch(
      executor.outputs[0].values.values(shape: pass.shape), expected.flatMap { $0 },
      within: { _ in 2e-4 }, seed: 3)
    #expect(found == nil)
  }

  @Test("take over parameters after they have run")
  func load() throws {
    func network(seed: UInt64) throws -> Network {
      try Network(
        inputSize: 5, backbone: [normalization(5, seed: seed), junction(5, 8)],
        branches: [
          Branch(name: "output", position: 2, layers: [normalization(8, seed: seed)])
        ])
    }
    let input = randomFloats(5 * 9, seed: 4)
    for isTraining in [false, true] {
      func outputs(_ executor: NetworkExecutor) throws -> [Float] {
        let pass = Pass(shape: executor.shape(samples: 9), mode: .inference)
        executor.input.values.load(input, shape: pass.shape)
        try executor.forward(pass)
        return executor.outputs[0].values.values(shape: pass.shape)
      }
      let executor = try NetworkExecutor(
        network(seed: 1), batchCapacity: 9, isTraining: isTraining)
      let first = try outputs(executor)
      try executor.load(network(seed: 2))
      let second = try outputs(executor)
      #expect(second != first)
      let fresh = try NetworkExecutor(network(seed: 2), batchCapacity: 9, isTraining: isTraining)
      #expect(try outputs(fresh) == second)
    }
  }

  @Test("apply functions as in Double, to numbers of every size")
  func functions() throws {
    let sizes: [Float] = [0, 1e-38, 1e-6, 0.01, 0.3, 0.624, 0.626, 1, 3, 9, 20, 50, 90, 1e3, 1e30]
    let input = sizes + sizes.map(-) + [.infinity, .nan]
    for function in Activation.Function.allCases {
      let network = try Network(
        inputSize: input.count, backbone: [],
        branches: [
          Branch(name: "output", position: 0, layers: [Activation(function, size: input.count)])
        ])
      let executor = try NetworkExecutor(network, batchCapacity: 1)
      let pass = Pass(shape: executor.shape(samples: 1), mode: .inference)
      executor.input.values.load(input, shape: pass.shape)
      try executor.forward(pass)
      let outputs = executor.outputs[0].values.values(shape: pass.shape)
      let expected = DoubleNetwork(network).outputs([input.map(Double.init)])[0][0]
      for (index, (output, exact)) in zip(outputs, expected).enumerated() {
        // What is not a number is not hidden.
        let agrees =
          input[index].isNaN
          ? output.isNaN
          : Double(output) == exact || abs(Double(output) - exact) <= 4e-7 * abs(exact) + 2e-38
        #expect(agrees, "\(function) of \(input[index]): \(output) instead of \(exact)")
      }
    }
  }

  @Test(
    "drop features with the rate asked for and keep the expected value", arguments: [0, 0.2, 0.9])
  func dropoutRate(rate: Double) throws {
    let network = try Network(
      inputSize: 100, backbone: [],
      branches: [
        Branch(name: "output", position: 0, layers: [try Dropout(rate: rate, size: 100)])
      ])
    let executor = try NetworkExecutor(network, batchCapacity: 100, isTraining: true)
    let pass = Pass(shape: executor.shape(samples: 100), mode: .training(step: 0))
    executor.input.values.load(Array(repeating: 1, count: 10_000), shape: pass.shape)
    try executor.forward(pass)
    let outputs = executor.outputs[0].values.values(shape: pass.shape)
    let dropped = outputs.count { $0 == 0 }
    // Five standard deviations of a binomial distribution.
    #expect(abs(Double(dropped) - 10_000 * rate) <= 500 * (rate * (1 - rate)).squareRoot())
    #expect(outputs.allSatisfy { $0 == 0 || abs(Double($0) - 1 / (1 - rate)) < 1e-5 })
    // What is not a number is not hidden.
    executor.input.values.load(Array(repeating: .nan, count: 10_000), shape: pass.shape)
    try executor.forward(pass)
    let passed = executor.outputs[0].values.values(shape: pass.shape)
    #expect(passed.allSatisfy { $0.isNaN })
  }

  @Test("refuse numbers that they cannot use")
  func refuse() throws {
    for rate in [-0.1, 1, .nan] {
      #expect(throws: SparseError.self) { try Dropout(rate: rate, size: 3) }
    }
    var linear = try junction(3, 2, density: 1)
    let cases: [([[Float]], SparseError.Code)] = [
      ([[1, 2, 3, 4, 5, 6]], .shapeMismatch), ([[1], [1, 2]], .shapeMismatch),
      ([[1, 2, 3, 4, 5, .nan], [1, 2]], .invalidArgument),
      ([[1, 2, 3, 4, 5, 6], [1, .infinity]], .invalidArgument),
    ]
    for (values, code) in cases {
      let error = #expect(throws: SparseError.self) { try linear.setParameters(values) }
      #expect(error?.code == code)
    }
    let weights = linear.weights
    let error = #expect(throws: SparseError.self) {
      try SparseLinear(weights: weights, bias: [1, 2, 3])
    }
    #expect(error?.code == .shapeMismatch && error?.message.contains("3 biases") == true)
  }

  @Test("begin with the variance that their initializer names", arguments: [true, false])
  func initialWeights(usesDenseFan: Bool) throws {
    let pattern = try PatternRecipe.nearest(
      family: .structured, inputs: 800, outputs: 400, density: 0.25, seed: 0, junction: 0
    ).recipe.makePattern()
    let kept = usesDenseFan ? 1 : 0.25
    for distribution in Initializer.Distribution.allCases {
      var stream = RandomStream(seed: 0, purpose: "weights")
      let layer = SparseLinear(
        pattern: pattern,
        initializer: Initializer(distribution: distribution, usesDenseFan: usesDenseFan, bias: 0.1),
        using: &stream)
      let values = layer.weights.values.map(Double.init)
      let count = Double(values.count)
      let variance = values.reduce(0) { $0 + $1 * $1 } / count
      let (expected, largest) =
        switch distribution {
        case .heNormal: (2 / (800 * kept), 2 * (2 / (800 * kept)).squareRoot() / 0.8796)
        case .glorotUniform: (2 / (1200 * kept), (6 / (1200 * kept)).squareRoot())
        }
      // 80,000 draws: the variance is known to about √(2/80,000) = 0.5 %; five of these.
      #expect(abs(variance / expected - 1) < 0.025, "\(distribution)")
      #expect(values.allSatisfy { abs($0) <= largest * 1.0001 }, "\(distribution)")
      #expect(abs(values.reduce(0, +) / count) < 5 * (expected / count).squareRoot())
      #expect(layer.bias == Array(repeating: 0.1, count: 400))
    }
  }
}
