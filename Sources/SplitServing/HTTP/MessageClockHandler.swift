internal import NIOCore
internal import NIOHTTP1

/// Tells the connection's clock which requests and answers pass, and answers what is no HTTP.
final class MessageClockHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let clock: ConnectionClock
  private let bodyLimit: Int
  /// The requests whose answer's end was not written.
  private var unanswered = 0
  /// Whether the last of them holds its body back until it is told to go on.
  private var owesGoAhead = false

  /// - Parameters:
  ///   - clock: The connection's clock.
  ///   - bodyLimit: The largest body, in bytes, that peers who ask are told to send.
  init(_ clock: ConnectionClock, bodyLimit: Int) {
    self.clock = clock
    self.bodyLimit = bodyLimit
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      clock.receivedHead()
      unanswered += 1
      owesGoAhead = isWaiting(head)
      goAheadIfDue(context)
    // A peer that sends the body did not wait.
    case .body: owesGoAhead = false
    case .end:
      owesGoAhead = false
      clock.receivedEnd()
    }
    context.fireChannelRead(data)
  }

  /// Whether the peer holds the body back until it is told to go on; a body that is too large gets
  /// its answer without that.
  private func isWaiting(_ head: HTTPRequestHead) -> Bool {
    head.headers.first(name: "expect")?.lowercased() == "100-continue"
      && head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0 <= bodyLimit
  }

  /// Tells the peer to send the body, once no earlier answer can be cut in two by that.
  private func goAheadIfDue(_ context: ChannelHandlerContext) {
    guard owesGoAhead, unanswered == 1 else { return }
    owesGoAhead = false
    let go = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head:
      clock.beganAnswer()
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      let written = promise ?? context.eventLoop.makePromise(of: Void.self)
      let clock = NIOLoopBound(clock, eventLoop: context.eventLoop)
      // It has left when the system took it, not when it was written here.
      written.futureResult.whenComplete { _ in clock.value.sentAnswer() }
      context.write(data, promise: written)
      unanswered -= 1
      goAheadIfDue(context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Answers keep the order of requests: behind others, Hummingbird writes this one.
    guard error is HTTPParserError, !clock.hasEarlierRequests else {
      context.fireErrorCaught(error)
      return
    }
    let text = RequestError.invalid("this is no HTTP/1.1 request (\(error))").json
    var head = HTTPResponseHead(version: .http1_1, status: .badRequest)
    head.headers = [
      "content-type": ContentType.json.rawValue, "content-length": String(text.count),
      "connection": "close",
    ]
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: text)))), promise: nil)
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      channel.close(promise: nil)
    }
  }
}
