internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// A connection of HTTP/1.1, like Hummingbird's own, with deadlines for what the peer does.
struct ServingChannel: ServerChildChannel, HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: HTTPChannelHandler.Responder
  let limits: ConnectionLimits
  let statistics: ServingStatistics

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let clock = ConnectionClock(limits)
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(ByteClockHandler(clock, statistics))
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false,
        withOutboundHeaderValidation: false)
      try pipeline.addHandler(MessageClockHandler(clock, bodyLimit: limits.bodyBytes))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      // Closes the connection after its last answer when the server shuts down.
      try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
      // A peer that vanished without a word is found out.
      try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel,
        configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}
