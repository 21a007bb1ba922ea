internal import NIOCore

/// What a connection waits for, and since when; used on the connection's event loop only.
///
/// Counting parts of HTTP is not enough: a peer that sends a header byte by byte produces none, and
/// one that sends a body so produces one after the other. Here each stage has a deadline as a whole.
final class ConnectionClock {
  private enum Reading { case nothing, header, body }

  private let limits: ConnectionLimits
  private let now: () -> ContinuousClock.Instant
  private var reading = Reading.header
  private var readingSince: ContinuousClock.Instant
  /// The requests whose header came and whose answer has not left.
  private var unanswered = 0
  /// The answers that began and have not left.
  private var leaving = 0
  /// When the peer last did its part: a request ended, or an answer left.
  private var quietSince: ContinuousClock.Instant

  /// Begins with the connection.
  ///
  /// - Parameters:
  ///   - limits: How long the peer may take.
  ///   - now: Tells the time.
  init(
    _ limits: ConnectionLimits,
    now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) {
    self.limits = limits
    self.now = now
    readingSince = now()
    quietSince = readingSince
  }

  /// How often to look: a deadline is missed by a quarter at most, or by a millisecond.
  var tick: Duration {
    let shortest = min(limits.headerTimeout, limits.bodyTimeout, limits.idleTimeout)
    return max(.milliseconds(1), min(.seconds(1), shortest / 4))
  }

  func receivedBytes() {
    if reading == .nothing { read(.header) }
  }

  func receivedHead() {
    unanswered += 1
    read(.body)
  }

  func receivedEnd() {
    reading = .nothing
    // While answers wait to be read, sending more is no sign of life.
    if leaving == 0 { quietSince = now() }
  }

  func beganAnswer() {
    if leaving == 0 { quietSince = now() }
    leaving += 1
  }

  func sentAnswer() {
    leaving -= 1
    unanswered -= 1
    quietSince = now()
  }

  /// Whether requests before the one that is being read still wait for their answers.
  var hasEarlierRequests: Bool { unanswered > (reading == .body ? 1 : 0) }

  /// Whether the peer has kept the server waiting for too long.
  func isOverdue() -> Bool {
    let now = now()
    let isQuiet = quietSince.duration(to: now) > limits.idleTimeout
    // Answers that nobody reads take room, whatever is sent meanwhile.
    if leaving > 0, isQuiet { return true }
    // A pipelined request waits for the answers before it: that is the server's time.
    if hasEarlierRequests { readingSince = now }
    return switch reading {
    case .header: readingSince.duration(to: now) > limits.headerTimeout
    case .body: readingSince.duration(to: now) > limits.bodyTimeout
    case .nothing: unanswered <= 0 && isQuiet
    }
  }

  private func read(_ stage: Reading) {
    reading = stage
    readingSince = now()
  }
}

/// Sees the bytes of a connection before they are parsed, and closes it when the peer is overdue.
final class ByteClockHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let clock: ConnectionClock
  private let statistics: ServingStatistics
  private var check: RepeatedTask?

  init(_ clock: ConnectionClock, _ statistics: ServingStatistics) {
    self.clock = clock
    self.statistics = statistics
  }

  func handlerAdded(context: ChannelHandlerContext) {
    statistics.update { $0.connections += 1 }
    let channel = context.channel
    let clock = NIOLoopBound(clock, eventLoop: context.eventLoop)
    let tick = TimeAmount(clock.value.tick)
    check = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
      if clock.value.isOverdue() { channel.close(promise: nil) }
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    check?.cancel()
    statistics.update { $0.connections -= 1 }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    clock.receivedBytes()
    context.fireChannelRead(data)
  }
}
