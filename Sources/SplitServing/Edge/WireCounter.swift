internal import NIOCore
internal import Synchronization

/// Counts the bytes that a client's connections send and receive, headers and encryption included.
///
/// Connections are counted from when they are ready: the bytes by which TLS shakes hands are not.
final class WireCounter: Sendable {
  private let counts = Mutex((sent: 0, received: 0))

  /// The bytes so far.
  var bytes: (sent: Int, received: Int) { counts.withLock { $0 } }

  /// Counts a connection's bytes from now on.
  func attach(to channel: any Channel) -> EventLoopFuture<Void> {
    channel.pipeline.addHandler(Handler(counter: self), position: .first)
  }

  private func add(sent: Int = 0, received: Int = 0) {
    counts.withLock { counts in
      counts.sent += sent
      counts.received += received
    }
  }

  /// Sits next to the socket.
  private final class Handler: ChannelDuplexHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let counter: WireCounter

    init(counter: WireCounter) { self.counter = counter }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      counter.add(received: unwrapInboundIn(data).readableBytes)
      context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      counter.add(sent: unwrapOutboundIn(data).readableBytes)
      context.write(data, promise: promise)
    }
  }
}
