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

  /// Goes with a request, and comes back with its outcome.
  public struct Ticket: Hashable, Sendable {
    fileprivate let generation: Int
  }

  /// What it lets through now.
  public private(set) var state = State.closed
  /// How often it has opened.
  public private(set) var openings = 0

  private let failureLimit: Int
  private var failures = 0
  private var isTrying = false
  /// How often the state has changed: what was sent before says nothing of now.
  private var generation = 0

  /// Creates a closed breaker.
  ///
  /// - Parameter failureLimit: The failures in a row that open it, 1 or more.
  public init(failureLimit: Int) {
    precondition(failureLimit >= 1, "\(failureLimit) failures")
    self.failureLimit = failureLimit
  }

  /// Asks to send a request; whoever may must tell its outcome.
  ///
  /// - Returns: What the outcome is told with; nil when the request may not be sent.
  public mutating func admit() -> Ticket? {
    guard state != .open, !isTrying else { return nil }
    isTrying = state == .halfOpen
    return Ticket(generation: generation)
  }

  /// A request was answered.
  ///
  /// - Parameter ticket: What the request was admitted with; the outcome counts for nothing when the
  ///   state has changed since.
  public mutating func succeeded(_ ticket: Ticket) {
    guard ticket.generation == generation else { return }
    failures = 0
    if state == .halfOpen { change(to: .closed) }
  }

  /// A request got no answer.
  ///
  /// - Parameter ticket: As for a success.
  /// - Returns: Whether that opened the breaker.
  public mutating func failed(_ ticket: Ticket) -> Bool {
    guard ticket.generation == generation else { return false }
    failures += 1
    guard state == .halfOpen || failures >= failureLimit else { return false }
    open()
    return true
  }

  /// A request was given up by who sent it, which says nothing of the peer.
  ///
  /// - Parameter ticket: As for a success.
  public mutating func abandoned(_ ticket: Ticket) {
    if ticket.generation == generation { isTrying = false }
  }

  /// The peer is known to be away.
  public mutating func open() {
    guard state != .open else { return }
    change(to: .open)
    openings += 1
  }

  /// The peer seems to be there again.
  public mutating func peerReturned() {
    if state == .open { change(to: .halfOpen) }
  }

  private mutating func change(to state: State) {
    self.state = state
    generation += 1
    failures = 0
    isTrying = false
  }
}
