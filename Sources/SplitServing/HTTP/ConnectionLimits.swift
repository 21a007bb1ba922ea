/// How much patience and room a server has for its connections.
public struct ConnectionLimits: Hashable, Sendable {
  /// The largest body, in bytes, compressed and decompressed.
  public var bodyBytes: Int
  /// The most connections that are open at once; others wait until one closes.
  public var connections: Int
  /// How long a peer may take to send a request's header, the handshake of TLS included.
  public var headerTimeout: Duration
  /// How long a peer may take to send a request's body.
  public var bodyTimeout: Duration
  /// How long a connection may be open without a request, or with an answer that nobody reads: one
  /// that takes longer to leave is given up.
  public var idleTimeout: Duration

  /// Sets the limits, all of them above 0.
  ///
  /// - Parameters:
  ///   - bodyBytes: The largest body, in bytes, compressed and decompressed.
  ///   - connections: The most connections that are open at once.
  ///   - headerTimeout: How long a peer may take to send a request's header.
  ///   - bodyTimeout: How long a peer may take to send a request's body.
  ///   - idleTimeout: How long a connection may be open without a request.
  public init(
    bodyBytes: Int = 16 << 20, connections: Int = 512, headerTimeout: Duration = .seconds(10),
    bodyTimeout: Duration = .seconds(30), idleTimeout: Duration = .seconds(75)
  ) {
    precondition(
      bodyBytes >= 1 && connections >= 1 && min(headerTimeout, bodyTimeout, idleTimeout) > .zero,
      """
      bodies of \(bodyBytes) bytes, \(connections) connections, \(headerTimeout) for a header, \
      \(bodyTimeout) for a body, \(idleTimeout) without either
      """)
    self.bodyBytes = bodyBytes
    self.connections = connections
    self.headerTimeout = headerTimeout
    self.bodyTimeout = bodyTimeout
    self.idleTimeout = idleTimeout
  }
}
