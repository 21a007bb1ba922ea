internal import Foundation
internal import SparseCore

/// How parameters follow their gradients.
public struct Optimizer: Codable, Hashable, Sendable {
  /// The rule.
  public enum Method: Codable, Hashable, Sendable {
    /// v ← momentum·v + g; θ ← θ − rate·v, or with Nesterov's θ ← θ − rate·(g + momentum·v).
    case sgd(momentum: Float, nesterov: Bool)
    /// Adam (Kingma, Ba 2015, the form at the end of section 2, which Keras computes too):
    /// θ ← θ − rate·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε).
    case adam(beta1: Float, beta2: Float, epsilon: Float)
    /// Adam with decoupled decay (Loshchilov, Hutter 2019): first θ ← θ·(1 − rate·decay), for weights.
    case adamW(beta1: Float, beta2: Float, epsilon: Float, decay: Float)
  }

  /// The rule.
  public var method: Method
  /// The learning rate before the schedule's factor.
  public var learningRate: Double
  /// λ of a penalty λ·Σw² on the weights (not the biases): its gradient 2λw is added. As Keras' `l2`.
  public var l2: Float

  /// Creates an optimiser.
  ///
  /// - Parameters:
  ///   - method: The rule.
  ///   - learningRate: The learning rate before the schedule's factor.
  ///   - l2: λ of the penalty λ·Σw² on the weights.
  public init(_ method: Method, learningRate: Double, l2: Float = 0) {
    self.method = method
    self.learningRate = learningRate
    self.l2 = l2
  }

  /// Adam with the usual constants.
  ///
  /// - Parameter learningRate: The learning rate.
  /// - Returns: β₁ = 0.9, β₂ = 0.999, ε = 1e-7.
  public static func adam(learningRate: Double = 1e-3) -> Self {
    Self(.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7), learningRate: learningRate)
  }

  func validate() throws {
    func check(_ name: String, _ value: Double, _ isValid: Bool, _ range: String) throws {
      guard value.isFinite, isValid else {
        throw SparseError(.invalidArgument, "The \(name) must be \(range), but is \(value).")
      }
    }
    try check("learning rate", learningRate, learningRate > 0, "above 0")
    try check("L2 factor", Double(l2), l2 >= 0, "at least 0")
    switch method {
    case .sgd(let momentum, _):
      try check("momentum", Double(momentum), momentum >= 0 && momentum < 1, "in 0..<1")
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon, _):
      try check("β₁", Double(beta1), beta1 >= 0 && beta1 < 1, "in 0..<1")
      try check("β₂", Double(beta2), beta2 >= 0 && beta2 < 1, "in 0..<1")
      try check("ε", Double(epsilon), epsilon > 0, "above 0")
    }
    if case .adamW(_, _, _, let decay) = method {
      try check("weight decay", Double(decay), decay >= 0, "at least 0")
    }
  }
}

/// An optimiser at work: its rule and, per parameter, what it remembers.
final class OptimizerState {
  let optimizer: Optimizer
  private(set) var step = 0

  private let parameters: [TrainedParameter]
  /// Per parameter the velocity, or Adam's first moment.
  private let first: [FloatBuffer]
  /// Per parameter Adam's second moment; empty for SGD.
  private let second: [FloatBuffer]

  init(_ optimizer: Optimizer, parameters: [TrainedParameter]) {
    self.optimizer = optimizer
    self.parameters = parameters
    first = parameters.map { FloatBuffer(count: $0.values.count) }
    if case .sgd = optimizer.method {
      second = []
    } else {
      second = parameters.map { FloatBuffer(count: $0.values.count) }
    }
  }

  /// Changes all parameters by their gradients.
  ///
  /// - Parameter factor: The schedule's factor of this step.
  func update(factor: Double) {
    let rate = optimizer.learningRate * factor
    step += 1
    for index in parameters.indices {
      switch optimizer.method {
      case .sgd(let momentum, let nesterov):
        let rate = Float(rate)
        update(index) { value, gradient, velocity, _ in
          velocity = momentum * velocity + gradient
          return value - rate * (nesterov ? gradient + momentum * velocity : velocity)
        }
      case .adam(let beta1, let beta2, let epsilon):
        adam(index, rate: rate, beta1, beta2, epsilon, shrink: 1)
      case .adamW(let beta1, let beta2, let epsilon, let decay):
        let shrink = parameters[index].decays ? 1 - Float(rate) * decay : 1
        adam(index, rate: rate, beta1, beta2, epsilon, shrink: shrink)
      }
    }
  }

  private func adam(
    _ index: Int, rate: Double, _ beta1: Float, _ beta2: Float, _ epsilon: Float, shrink: Float
  ) {
    let correction =
      (1 - pow(Double(beta2), Double(step))).squareRoot() / (1 - pow(Double(beta1), Double(step)))
    let rate = Float(rate * correction)
    update(index) { value, gradient, mean, square in
      mean = beta1 * mean + (1 - beta1) * gradient
      square = beta2 * square + (1 - beta2) * gradient * gradient
      return value * shrink - rate * mean / (square.squareRoot() + epsilon)
    }
  }

  /// One pass over a parameter: L2, the rule, and the transposed copy.
  @inline(__always)
  private func update(
    _ index: Int,
    _ rule: (_ value: Float, _ gradient: Float, _ first: inout Float, _ second: inout Float) -> Float
  ) {
    let parameter = parameters[index]
    let penalty = parameter.decays ? 2 * optimizer.l2 : 0
    let positions = parameter.weights?.layout.transposedPositions
    // SAFETY: the five buffers have the same count, and the transposed positions are a permutation
    // of it; for SGD the second moment is not read, so the first stands in for it.
    let values = unsafe parameter.values.base
    let gradients = unsafe parameter.gradient.base
    let firsts = unsafe first[index].base
    let seconds = unsafe (second.isEmpty ? first : second)[index].base
    let hasSecond = !second.isEmpty
    var unused: Float = 0
    for position in 0..<parameter.values.count {
      let value = unsafe values[position]
      let gradient = unsafe gradients[position] + penalty * value
      unsafe values[position] =
        hasSecond
        ? rule(value, gradient, &firsts[position], &seconds[position])
        : rule(value, gradient, &firsts[position], &unused)
    }
    guard let positions, let transposed = unsafe parameter.weights?.transposedValues.base else {
      return
    }
    for position in 0..<positions.count {
      unsafe transposed[Int(positions[position])] = values[position]
    }
  }
}

// MARK: - Checkpoints

extension OptimizerState {
  /// What the optimiser remembers, per parameter, weights in CSR order.
  var moments: [[[Float]]] {
    (second.isEmpty ? [first] : [first, second]).map { moment in
      zip(parameters, moment).map { $0.csrOrder(of: $1.values) }
    }
  }

  /// Takes over what another run remembered.
  func restore(step: Int, moments: [[[Float]]]) throws {
    let targets = second.isEmpty ? [first] : [first, second]
    guard step >= 0, moments.count == targets.count,
      zip(moments, targets).allSatisfy({ $0.map(\.count) == $1.map(\.count) })
    else {
      throw SparseError(
        .corruptFile, "The optimiser state does not fit the network; the checkpoint is of another run.")
    }
    for (rank, moment) in moments.enumerated() {
      for (parameter, values) in moment.enumerated() {
        // The second moment is a mean of squares, of which the root is taken.
        let isUsable = { (value: Float) in value.isFinite && (rank == 0 || value >= 0) }
        if let position = values.firstIndex(where: { !isUsable($0) }) {
          throw SparseError(
            .corruptFile,
            """
            Moment \(rank) of parameter \(parameter) holds \(values[position]) at \(position); the \
            optimiser state is damaged, start from an undamaged checkpoint.
            """)
        }
      }
    }
    self.step = step
    for (moment, target) in zip(moments, targets) {
      for ((parameter, values), buffer) in zip(zip(parameters, moment), target) {
        buffer.copy(from: parameter.storedOrder(of: values))
      }
    }
  }
}

extension TrainedParameter {
  fileprivate func csrOrder(of stored: [Float]) -> [Float] {
    weights?.layout.csrOrder(of: stored) ?? stored
  }

  fileprivate func storedOrder(of csr: [Float]) -> [Float] {
    weights?.layout.storedOrder(of: csr) ?? csr
  }
}
