/// How long to wait before a request is tried again: twice as long each time, up to a bound, and of
/// that a random part, so that many clients that failed together do not return together.
///
/// Source: Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog 2015, "full jitter".
public struct Backoff: Hashable, Sendable {
  /// The longest pause before the first new try.
  public var base: Duration
  /// The longest pause before any.
  public var limit: Duration

  /// Creates a series of pauses.
  ///
  /// - Parameters:
  ///   - base: The longest pause before the first new try.
  ///   - limit: The longest pause before any.
  public init(base: Duration = .milliseconds(10), limit: Duration = .milliseconds(500)) {
    self.base = base
    self.limit = limit
  }

  /// The pause before a new try.
  ///
  /// - Parameters:
  ///   - attempt: The tries made, 1 or more.
  ///   - generator: Where chance comes from.
  /// - Returns: From nothing to the bound of this attempt.
  public func pause(
    after attempt: Int, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    precondition(attempt >= 1, "\(attempt) tries")
    let factor = 1 << min(attempt - 1, 20)
    // By division: the product may be more than a duration holds.
    let bound = base > limit / factor ? limit : base * factor
    return bound * Double.random(in: 0...1, using: &generator)
  }
}
