internal import NIOCore
internal import NIOHTTP1

/// Tells the connection's clock which requests and answers pass, and answers what is no HTTP.
final class MessageClockHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let clock: ConnectionClock
  private var isAnswering = false

  init(_ clock: ConnectionClock) { self.clock = clock }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: clock.receivedHead()
    case .body: break
    case .end: clock.receivedEnd()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head:
      isAnswering = true
      clock.beganAnswer()
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      isAnswering = false
      let written = promise ?? context.eventLoop.makePromise(of: Void.self)
      let clock = NIOLoopBound(clock, eventLoop: context.eventLoop)
      // It has left when the system took it, not when it was written here.
      written.futureResult.whenComplete { _ in clock.value.sentAnswer() }
      context.write(data, promise: written)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is HTTPParserError, !isAnswering else {
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
