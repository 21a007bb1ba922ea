internal import CSparseKernels
internal import Foundation
internal import SparseCore

/// An optimiser at work: its rule and, per parameter, what it remembers.
final class OptimizerState {
  let optimizer: Optimizer
  private(set) var step = 0

  let parameters: [TrainedParameter]
  /// Per parameter the velocity, or Adam's first moment.
  private let first: [FloatBuffer]
  /// Per parameter Adam's second moment; empty for SGD.
  private let second: [FloatBuffer]
  /// The learning rate of the step at hand.
  private var rate = 0.0

  init(_ optimizer: Optimizer, parameters: [TrainedParameter]) {
    self.optimizer = optimizer
    self.parameters = parameters
    first = parameters.map { FloatBuffer(count: $0.values.count) }
    second =
      optimizer.momentCount == 1 ? [] : parameters.map { FloatBuffer(count: $0.values.count) }
  }

  /// Begins a step, in which every value of every parameter is to be updated once.
  ///
  /// - Parameter factor: The schedule's factor of this step.
  func beginStep(factor: Double) {
    rate = optimizer.learningRate * factor
    step += 1
  }

  /// Changes some values of a parameter by their gradients, and their transposed copies with them.
  ///
  /// Calls for different values may run concurrently.
  func update(parameter index: Int, _ values: Range<Int>) {
    let parameter = parameters[index]
    precondition(
      values.lowerBound >= 0 && values.upperBound <= parameter.values.count, "\(values)")
    switch optimizer.method {
    case .sgd(let momentum, let nesterov):
      sgd(parameter, first[index], values, momentum: momentum, nesterov: nesterov)
    case .adam(let beta1, let beta2, let epsilon):
      adam(index, values, beta1, beta2, epsilon, shrink: 1)
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      adam(
        index, values, beta1, beta2, epsilon,
        shrink: parameter.decays ? 1 - Float(rate) * decay : 1)
    }
    guard let weights = parameter.weights, let positions = weights.layout.transposedPositions else {
      return
    }
    // SAFETY: 'values' lies within both buffers, and the positions are a permutation of them.
    unsafe positions.withUnsafeBufferPointer { positions in
      guard let start = positions.baseAddress else { return }
      unsafe csk_scatter(
        parameter.values.base + values.lowerBound, start + values.lowerBound, values.count,
        weights.transposedValues.base)
    }
  }

  private func adam(
    _ index: Int, _ values: Range<Int>, _ beta1: Float, _ beta2: Float, _ epsilon: Float,
    shrink: Float
  ) {
    let correction =
      (1 - pow(Double(beta2), Double(step))).squareRoot() / (1 - pow(Double(beta1), Double(step)))
    let parameter = parameters[index]
    var settings = csk_adam(
      rate: Float(rate * correction), beta1: beta1, beta2: beta2, epsilon: epsilon, shrink: shrink,
      penalty: penalty(of: parameter))
    // SAFETY: 'values' lies within all four buffers, which have the same count.
    let start = values.lowerBound
    unsafe KernelSet.elementWise.table.adam(
      parameter.values.base + start, parameter.gradient.base + start, first[index].base + start,
      second[index].base + start, values.count, &settings)
  }

  private func sgd(
    _ parameter: TrainedParameter, _ velocities: FloatBuffer, _ range: Range<Int>,
    momentum: Float, nesterov: Bool
  ) {
    let rate = Float(rate)
    let penalty = penalty(of: parameter)
    // SAFETY: 'range' lies within all three buffers, which have the same count.
    let values = unsafe parameter.values.base
    let gradients = unsafe parameter.gradient.base
    let velocity = unsafe velocities.base
    for index in range {
      let gradient = unsafe gradients[index] + penalty * values[index]
      unsafe velocity[index] = momentum * velocity[index] + gradient
      unsafe values[index] -=
        rate * (nesterov ? gradient + momentum * velocity[index] : velocity[index])
    }
  }

  private func penalty(of parameter: TrainedParameter) -> Float {
    parameter.decays ? 2 * optimizer.l2 : 0
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
        .corruptFile,
        "The optimiser state does not fit the network; the checkpoint is of another run.")
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
