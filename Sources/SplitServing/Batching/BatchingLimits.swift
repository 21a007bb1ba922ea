/// How much work a server takes at once, and how it is put together.
public struct BatchingLimits: Hashable, Sendable {
  /// The samples of the largest batch; larger requests are computed in several.
  public var batchSamples: Int
  /// The most samples that wait; requests beyond them are refused.
  public var queuedSamples: Int
  /// How long a batch that is not full waits for more requests; 0 takes what is there.
  public var maximumDelay: Duration

  /// Sets the limits.
  ///
  /// - Parameters:
  ///   - batchSamples: The samples of the largest batch.
  ///   - queuedSamples: The most samples that wait.
  ///   - maximumDelay: How long a batch that is not full waits for more requests.
  public init(
    batchSamples: Int = 64, queuedSamples: Int = 4096, maximumDelay: Duration = .zero
  ) {
    precondition(
      batchSamples >= 1 && queuedSamples >= 1 && maximumDelay >= .zero,
      "\(batchSamples) samples a batch, \(queuedSamples) waiting, \(maximumDelay)")
    self.batchSamples = batchSamples
    self.queuedSamples = queuedSamples
    self.maximumDelay = maximumDelay
  }
}
