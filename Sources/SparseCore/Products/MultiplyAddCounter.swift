internal import Synchronization

/// Counts the multiply–adds of the reference engine one by one, while they are made.
///
/// What is said elsewhere about the cost of a network is compared with these counts.
package final class MultiplyAddCounter: Sendable {
  /// How often each product multiplied and added.
  package struct Counts: Hashable, Sendable {
    /// The multiply–adds of Y = b + W·X.
    package var forward = 0
    /// The multiply–adds of dX = Wᵀ·dY.
    package var inputGradient = 0
    /// The multiply–adds of dW = P ⊙ (dY·Xᵀ).
    package var weightGradient = 0

    /// Creates counts.
    package init(forward: Int = 0, inputGradient: Int = 0, weightGradient: Int = 0) {
      self.forward = forward
      self.inputGradient = inputGradient
      self.weightGradient = weightGradient
    }
  }

  private let state = Mutex(Counts())

  /// Creates a counter at 0.
  package init() {}

  /// What was counted so far.
  package var counts: Counts { state.withLock { $0 } }

  func add(to product: WritableKeyPath<Counts, Int>) {
    state.withLock { $0[keyPath: product] += 1 }
  }
}
