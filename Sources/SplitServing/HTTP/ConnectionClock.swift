internal import NIOCore

/// What a connection waits for, and since when; used on the connection's event loop only.
///
/// Counting parts of HTTP is not enough: a peer that sends a header byte by byte produces none, and
/// one that sends a body so produces one after the other. Here each stage has a deadline as a whole.
final class ConnectionClock {
  private enum Reading { case nothing, header, body }

  private let limits: ConnectionLimits
  private var reading = Reading.header
  private var readingSince = NIODeadline.now()
  /// The requests whose header came and whose answer has not left.
  private var unanswered = 0
  private var isWriting = false
  /// When something last ended: a request, or an answer.
  private var quietSince = NIODeadline.now()

  init(_ limits: ConnectionLimits) { self.limits = limits }

  /// How often to look: a deadline is missed by a quarter at most.
  var tick: TimeAmount {
    let shortest = min(limits.headerTimeout, limits.bodyTimeout, limits.idleTimeout)
    return .init(min(.seconds(1), shortest / 4))
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
    quietSince = .now()
  }

  func beganAnswer() {
    isWriting = true
    quietSince = .now()
  }

  func sentAnswer() {
    isWriting = false
    unanswered -= 1
    quietSince = .now()
  }

  /// Whether requests before the one that is being read still wait for their answers.
  var hasEarlierRequests: Bool { unanswered > (reading == .body ? 1 : 0) }

  /// Whether the peer has kept the server waiting for too long.
  func isOverdue(at now: NIODeadline) -> Bool {
    // A pipelined request waits for the answers before it: that is the server's time.
    if hasEarlierRequests { readingSince = now }
    let wait: Duration
    let limit: Duration
    switch reading {
    case .header: (wait, limit) = (Duration(now - readingSince), limits.headerTimeout)
    case .body: (wait, limit) = (Duration(now - readingSince), limits.bodyTimeout)
    case .nothing where unanswered <= 0 || isWriting:
      (wait, limit) = (Duration(now - quietSince), limits.idleTimeout)
    case .nothing: return false
    }
    return wait > limit
  }

  private func read(_ stage: Reading) {
    reading = stage
    readingSince = .now()
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
    let tick = clock.value.tick
    check = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
      if clock.value.isOverdue(at: .now()) { channel.close(promise: nil) }
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
