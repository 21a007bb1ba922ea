/// Decides whether a peer that failed is worth asking.
///
/// *Closed*, every request goes out; after so many failures in a row it *opens*, and none does, so
/// that nobody waits for an answer that will not come. Meanwhile the owner looks at intervals
/// whether the peer is there again; when it seems so, the breaker is *half open*: one request at a
/// time goes out, and its outcome closes or opens it.
///
/// Source: Nygard, *Release It!*, 2nd ed. 2018, "Circuit Breaker".
public struct CircuitBreaker: Sendable {
  /// What a breaker lets through.
  public enum State: Hashable, Sendable {
    /// All requests.
    case closed
    /// None.
    case open
    /// One at a time.
    case halfOpen
  }

  /// What it lets through now.
  public private(set) var state = State.closed
  /// How often it has opened.
  public private(set) var openings = 0

  private let failureLimit: Int
  private var failures = 0
  private var isTrying = false

  /// Creates a closed breaker.
  ///
  /// - Parameter failureLimit: The failures in a row that open it, 1 or more.
  public init(failureLimit: Int) {
    precondition(failureLimit >= 1, "\(failureLimit) failures")
    self.failureLimit = failureLimit
  }

  /// Asks to send a request; whoever may must tell its outcome.
  ///
  /// - Returns: Whether it may be sent.
  public mutating func admit() -> Bool {
    switch state {
    case .closed: return true
    case .open: return false
    case .halfOpen:
      defer { isTrying = true }
      return !isTrying
    }
  }

  /// A request was answered.
  public mutating func succeeded() {
    // One that was sent before the breaker opened says nothing of now.
    guard state != .open else { return }
    state = .closed
    failures = 0
    isTrying = false
  }

  /// A request got no answer.
  ///
  /// - Returns: Whether that opened the breaker.
  public mutating func failed() -> Bool {
    failures += 1
    isTrying = false
    guard state == .halfOpen || (state == .closed && failures >= failureLimit) else { return false }
    state = .open
    openings += 1
    return true
  }

  /// A request was given up by who sent it, which says nothing of the peer.
  public mutating func abandoned() { isTrying = false }

  /// The peer is known to be away.
  public mutating func open() {
    guard state != .open else { return }
    state = .open
    openings += 1
    isTrying = false
  }

  /// The peer seems to be there again.
  public mutating func peerReturned() {
    guard state == .open else { return }
    state = .halfOpen
    failures = 0
    isTrying = false
  }
}
