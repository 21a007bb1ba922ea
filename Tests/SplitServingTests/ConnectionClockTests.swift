import Testing

@testable import SplitServing

@Suite("The clock of a connection") struct ConnectionClockTests {
  /// A clock whose time the test moves: 1 s for a header, 2 s for a body, 5 s for quiet.
  private final class Timed {
    private var time = ContinuousClock.now
    private(set) lazy var clock = ConnectionClock(
      ConnectionLimits(
        headerTimeout: .seconds(1), bodyTimeout: .seconds(2), idleTimeout: .seconds(5))
    ) { [unowned self] in self.time }

    /// Whether the peer is overdue after so many seconds more.
    func isOverdue(after seconds: Double) -> Bool {
      time += .seconds(seconds)
      return clock.isOverdue()
    }

    /// A request comes in as a whole.
    func request() {
      clock.receivedBytes()
      clock.receivedHead()
      clock.receivedEnd()
    }
  }

  @Test("an answer that nobody reads makes the peer overdue, whatever it sends meanwhile")
  func unread() {
    for stage in 0...2 {
      let timed = Timed()
      timed.request()
      timed.clock.beganAnswer()
      if stage > 0 { timed.clock.receivedBytes() }
      if stage > 1 { timed.clock.receivedHead() }
      #expect(!timed.isOverdue(after: 4.9), "\(stage)")
      #expect(timed.isOverdue(after: 0.2), "\(stage)")
    }
  }

  @Test("further requests and the beginnings of answers to them are no sign that any is read")
  func busyPeer() {
    let timed = Timed()
    timed.request()
    timed.clock.beganAnswer()
    var seconds = 0
    while seconds < 20, !timed.isOverdue(after: 1) {
      timed.request()
      timed.clock.beganAnswer()
      seconds += 1
    }
    #expect(seconds == 5)
  }

  @Test("each answer that leaves gives the next one its time, and none hides another")
  func slowReader() {
    let timed = Timed()
    for _ in 0..<4 { timed.request() }
    for _ in 0..<4 { timed.clock.beganAnswer() }
    for _ in 0..<3 {
      #expect(!timed.isOverdue(after: 4))
      timed.clock.sentAnswer()
    }
    #expect(!timed.isOverdue(after: 4))
    #expect(timed.isOverdue(after: 2))
  }

  @Test("a pipelined request waits for the answers before it, which is the server's time")
  func serversTime() {
    let timed = Timed()
    timed.request()
    timed.clock.receivedBytes()
    timed.clock.receivedHead()
    #expect(!timed.isOverdue(after: 60))
    timed.clock.beganAnswer()
    timed.clock.sentAnswer()
    #expect(!timed.isOverdue(after: 1.9))
    #expect(timed.isOverdue(after: 0.2))
  }

  @Test("looks often, but never without a pause")
  func tick() {
    func tick(_ timeout: Duration) -> Duration {
      ConnectionClock(ConnectionLimits(headerTimeout: timeout)).tick
    }
    #expect(tick(.milliseconds(400)) == .milliseconds(100))
    #expect(tick(.seconds(60)) == .seconds(1))
    #expect(tick(.nanoseconds(1)) == .milliseconds(1))
  }

  @Test("limits without patience are refused")
  func limits() async {
    await #expect(processExitsWith: .failure) { _ = ConnectionLimits(idleTimeout: .zero) }
  }
}
