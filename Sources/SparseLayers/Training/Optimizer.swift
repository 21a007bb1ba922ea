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
  /// λ of a penalty λ·Σw² on the weights, not the biases, as Keras' `l2`.
  ///
  /// The gradient 2λw is added to that of the loss.
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

  /// The numbers that the rule remembers of each trained value: a velocity, or two moments.
  public var momentCount: Int {
    if case .sgd = method { 1 } else { 2 }
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
