import SparseCore
import Testing

@testable import SplitServing

@Suite("The circuit breaker") struct CircuitBreakerTests {
  /// Sends a request.
  private func admit(_ breaker: inout CircuitBreaker) throws -> CircuitBreaker.Ticket {
    let ticket = breaker.admit()
    return try #require(ticket)
  }

  /// Sends a request that fails.
  ///
  /// - Returns: Whether that opened the breaker.
  private func fail(_ breaker: inout CircuitBreaker) throws -> Bool {
    let ticket = try admit(&breaker)
    return breaker.failed(ticket)
  }

  /// An open breaker, and the tickets of two requests that were sent before it opened.
  private func opened() throws -> (
    breaker: CircuitBreaker, old: (CircuitBreaker.Ticket, CircuitBreaker.Ticket)
  ) {
    var breaker = CircuitBreaker(failureLimit: 3)
    let old = (try admit(&breaker), try admit(&breaker))
    for _ in 0..<3 { _ = try fail(&breaker) }
    return (breaker, old)
  }

  @Test("opens after so many failures in a row, and not before")
  func opens() throws {
    var breaker = CircuitBreaker(failureLimit: 3)
    for _ in 0..<5 {
      let hasOpened = [try fail(&breaker), try fail(&breaker)]
      #expect(hasOpened == [false, false])
      let ticket = try admit(&breaker)
      breaker.succeeded(ticket)
    }
    #expect(breaker.state == .closed && breaker.openings == 0)
    let hasOpened = [try fail(&breaker), try fail(&breaker), try fail(&breaker)]
    #expect(hasOpened == [false, false, true])
    #expect(breaker.state == .open && breaker.openings == 1)
    let ticket = breaker.admit()
    #expect(ticket == nil)
  }

  @Test("ignores what was under way when it opened")
  func stragglers() throws {
    let start = try opened()
    let old = start.old
    var breaker = start.breaker
    breaker.succeeded(old.0)
    #expect(breaker.state == .open)
    let hasOpened = breaker.failed(old.1)
    #expect(!hasOpened && breaker.openings == 1)
  }

  @Test("ignores it still while another request tries the peer, and when that has closed it")
  func lateStragglers() throws {
    let start = try opened()
    let old = start.old
    var breaker = start.breaker
    breaker.peerReturned()
    let trial = try admit(&breaker)
    breaker.succeeded(old.0)
    #expect(breaker.state == .halfOpen)
    let hasOpened = breaker.failed(old.1)
    #expect(!hasOpened && breaker.state == .halfOpen && breaker.openings == 1)
    // None of them makes room for a second try beside the first.
    breaker.abandoned(old.0)
    let second = breaker.admit()
    #expect(second == nil)
    breaker.succeeded(trial)
    #expect(breaker.state == .closed)
    for _ in 0..<3 { _ = breaker.failed(old.0) }
    #expect(breaker.state == .closed)
  }

  @Test("lets one request at a time try whether the peer is there again")
  func halfOpen() throws {
    var breaker = try opened().breaker
    breaker.peerReturned()
    #expect(breaker.state == .halfOpen)
    let given = try admit(&breaker)
    let others = [breaker.admit(), breaker.admit()]
    #expect(others == [nil, nil])
    // One that is given up says nothing, and leaves its place to another.
    breaker.abandoned(given)
    let trial = try admit(&breaker)
    breaker.succeeded(trial)
    #expect(breaker.state == .closed)
    let both = [breaker.admit(), breaker.admit()]
    #expect(!both.contains(nil))
  }

  @Test("opens again at the first failure of a try")
  func fallsBack() throws {
    var breaker = try opened().breaker
    breaker.peerReturned()
    let hasOpened = try fail(&breaker)
    #expect(hasOpened && breaker.state == .open && breaker.openings == 2)
    // Only a peer that was away can return.
    var closed = CircuitBreaker(failureLimit: 1)
    closed.peerReturned()
    #expect(closed.state == .closed)
  }

  @Test("pauses grow twofold to their bound, and chance takes any part of them")
  func backoff() {
    let backoff = Backoff(base: .milliseconds(10), limit: .milliseconds(100))
    var stream = RandomStream(seed: 3, purpose: "pauses")
    for (attempt, bound) in [(1, 10), (2, 20), (3, 40), (4, 80), (5, 100), (60, 100), (5000, 100)] {
      let pauses = (0..<500).map { _ in backoff.pause(after: attempt, using: &stream) }
      #expect(pauses.allSatisfy { $0 >= .zero && $0 <= .milliseconds(bound) })
      let mean = pauses.reduce(.zero, +) / 500
      #expect(abs(mean / .milliseconds(bound) - 0.5) < 0.06, "\(attempt)")
    }
    // Up to the longest there are.
    let longest = Backoff(base: .seconds(Int64.max), limit: .seconds(Int64.max))
    for attempt in [1, 2, 21] {
      #expect(longest.pause(after: attempt, using: &stream) <= longest.limit)
    }
  }
}
