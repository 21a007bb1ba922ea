import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Optimisers") struct OptimizerTests {
  private static let methods: [Optimizer.Method] = [
    .sgd(momentum: 0, nesterov: false), .sgd(momentum: 0.9, nesterov: false),
    .sgd(momentum: 0.9, nesterov: true), .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7),
    .adam(beta1: 0.5, beta2: 0.9, epsilon: 1e-3),
    .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0.1),
  ]

  @Test(
    "move each number as the published formulas do in Double", arguments: methods,
    [Float(0), 0.01])
  func formulas(method: Optimizer.Method, l2: Float) {
    for decays in [true, false] {
      let optimizer = Optimizer(method, learningRate: 0.01, l2: l2)
      let start = randomFloats(20, seed: 3)
      let parameter = TrainedParameter(
        values: FloatBuffer(start), gradient: FloatBuffer(count: 20), decays: decays)
      let state = OptimizerState(optimizer, parameters: [parameter])
      var oracle = start.map { DoubleRule(optimizer, decays: decays, value: Double($0)) }
      for step in 0..<60 {
        let gradients = randomFloats(20, seed: UInt64(step), "gradients")
        let factor = 1 / Double(step + 1)
        parameter.gradient.copy(from: gradients)
        state.updateAll(factor: factor)
        for index in oracle.indices {
          oracle[index].update(Double(gradients[index]), factor: factor)
        }
      }
      let found = mismatch(
        parameter.values.values, oracle.map(\.value), within: { _ in 2e-6 }, seed: 3)
      #expect(found == nil, "\(method), decays \(decays)")
      #expect(zip(parameter.values.values, start).allSatisfy { abs($0 - $1) > 1e-5 })
    }
  }

  @Test("leave a number without gradient alone, unless it decays", arguments: methods)
  func noGradient(method: Optimizer.Method) {
    let parameter = TrainedParameter(
      values: FloatBuffer([1, -2]), gradient: FloatBuffer(count: 2), decays: false)
    let state = OptimizerState(Optimizer(method, learningRate: 0.1), parameters: [parameter])
    for _ in 0..<5 { state.updateAll(factor: 1) }
    #expect(parameter.values.values == [1, -2])
  }

  @Test("bring the transposed copy up to date")
  func transposedCopy() throws {
    let layer = try junction(7, 5)
    let plan = try Backend.suiteSparse.plan(layer.pattern)
    let weights = JunctionWeights(csrValues: layer.weights.values, for: plan)
    let parameter = TrainedParameter(
      values: weights.values, gradient: FloatBuffer(count: weights.values.count, repeating: 1),
      decays: true, weights: weights)
    OptimizerState(.adam(learningRate: 0.1), parameters: [parameter]).updateAll(factor: 1)
    let positions = layer.pattern.transpose.positions
    #expect(
      weights.transposedValues.values == positions.map { weights.csrValues[Int($0)] })
    #expect(weights.csrValues != layer.weights.values)
  }

  @Test("refuse numbers that cannot work, and name them")
  func refused() {
    let cases: [(Optimizer, String)] = [
      (Optimizer(.sgd(momentum: 0, nesterov: false), learningRate: 0), "learning rate"),
      (Optimizer(.sgd(momentum: 0, nesterov: false), learningRate: .nan), "learning rate"),
      (Optimizer(.sgd(momentum: 0, nesterov: false), learningRate: .infinity), "learning rate"),
      (Optimizer(.sgd(momentum: 1, nesterov: false), learningRate: 1), "momentum"),
      (Optimizer(.adam(beta1: 1, beta2: 0.9, epsilon: 1), learningRate: 1), "β₁"),
      (Optimizer(.adam(beta1: 0, beta2: -1, epsilon: 1), learningRate: 1), "β₂"),
      (Optimizer(.adam(beta1: 0, beta2: 0, epsilon: 0), learningRate: 1), "ε"),
      (Optimizer(.adamW(beta1: 0, beta2: 0, epsilon: 1, decay: -1), learningRate: 1), "decay"),
      (Optimizer(.sgd(momentum: 0, nesterov: false), learningRate: 1, l2: -1), "L2"),
    ]
    for (optimizer, part) in cases {
      let error = #expect(throws: SparseError.self, "\(part)") { try optimizer.validate() }
      #expect(error?.code == .invalidArgument && error?.message.contains(part) == true)
    }
  }
}

/// One number's way under an optimiser, in `Double`, from the papers' formulas.
struct DoubleRule {
  let optimizer: Optimizer
  let decays: Bool
  var value: Double
  private var first = 0.0
  private var second = 0.0
  private var steps = 0.0

  init(_ optimizer: Optimizer, decays: Bool, value: Double) {
    self.optimizer = optimizer
    self.decays = decays
    self.value = value
  }

  mutating func update(_ slope: Double, factor: Double) {
    let rate = optimizer.learningRate * factor
    let gradient = slope + (decays ? 2 * Double(optimizer.l2) * value : 0)
    steps += 1
    switch optimizer.method {
    case .sgd(let momentum, let nesterov):
      let momentum = Double(momentum)
      first = momentum * first + gradient
      value -= rate * (nesterov ? gradient + momentum * first : first)
    case .adam(let beta1, let beta2, let epsilon):
      adam(gradient, rate, Double(beta1), Double(beta2), Double(epsilon))
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      if decays { value -= rate * Double(decay) * value }
      adam(gradient, rate, Double(beta1), Double(beta2), Double(epsilon))
    }
  }

  private mutating func adam(
    _ gradient: Double, _ rate: Double, _ beta1: Double, _ beta2: Double, _ epsilon: Double
  ) {
    first = beta1 * first + (1 - beta1) * gradient
    second = beta2 * second + (1 - beta2) * gradient * gradient
    // The efficient order of section 2: the bias corrections go into the rate, not under the root.
    let corrected = rate * sqrt(1 - pow(beta2, steps)) / (1 - pow(beta1, steps))
    value -= corrected * first / (sqrt(second) + epsilon)
  }
}

extension OptimizerState {
  /// One whole step, each parameter in two parts, as concurrent workers take them.
  fileprivate func updateAll(factor: Double) {
    beginStep(factor: factor)
    for (index, parameter) in parameters.enumerated() {
      let cut = parameter.values.count / 3
      update(parameter: index, 0..<cut)
      update(parameter: index, cut..<parameter.values.count)
    }
  }
}
