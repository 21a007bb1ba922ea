import SparseCore
import Testing

@testable import SplitServing

@Suite("The circuit breaker") struct CircuitBreakerTests {
  /// An open breaker.
  private func opened() -> CircuitBreaker {
    var breaker = CircuitBreaker(failureLimit: 3)
    for _ in 0..<3 {
      _ = breaker.admit()
      _ = breaker.failed()
    }
    return breaker
  }

  @Test("opens after so many failures in a row, and not before")
  func opens() {
    var breaker = CircuitBreaker(failureLimit: 3)
    for _ in 0..<5 {
      _ = breaker.failed()
      _ = breaker.failed()
      breaker.succeeded()
    }
    #expect(breaker.state == .closed && breaker.openings == 0)
    let hasOpened = [breaker.failed(), breaker.failed(), breaker.failed()]
    #expect(hasOpened == [false, false, true])
    #expect(breaker.state == .open && breaker.openings == 1)
    let isAdmitted = breaker.admit()
    #expect(!isAdmitted)
  }

  @Test("ignores what was under way when it opened")
  func stragglers() {
    var breaker = opened()
    breaker.succeeded()
    #expect(breaker.state == .open)
    let hasOpened = breaker.failed()
    #expect(!hasOpened && breaker.openings == 1)
  }

  @Test("lets one request at a time try whether the peer is there again")
  func halfOpen() {
    var breaker = opened()
    breaker.peerReturned()
    #expect(breaker.state == .halfOpen)
    let tries = [breaker.admit(), breaker.admit(), breaker.admit()]
    #expect(tries == [true, false, false])
    breaker.succeeded()
    #expect(breaker.state == .closed)
    let both = [breaker.admit(), breaker.admit()]
    #expect(both == [true, true])
  }

  @Test("opens again at the first failure of a try")
  func fallsBack() {
    var breaker = opened()
    breaker.peerReturned()
    let outcome = [breaker.admit(), breaker.failed()]
    #expect(outcome == [true, true])
    #expect(breaker.state == .open && breaker.openings == 2)
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
  }
}
