#if Networking
import ArgumentParser
import SparseCore
import SplitServing

/// How much work a server takes at once.
struct BatchingOptions: ParsableArguments {
  @Option(
    name: .customLong("max-batch"),
    help: ArgumentHelp("The samples of the largest batch, 1...65536.", valueName: "samples"))
  var batchSamples = 64

  @Option(
    name: .customLong("max-queue"),
    help: ArgumentHelp(
      "The most samples that wait; requests beyond them get 503.", valueName: "samples"))
  var queuedSamples = 4096

  @Option(
    name: .customLong("max-delay"),
    help: ArgumentHelp(
      "How long a batch that is not full waits for more requests.", valueName: "milliseconds"))
  var delay = 0.0

  @Option(
    name: .customLong("tile-width"),
    help: ArgumentHelp(
      "The samples computed side by side; 64 suits requests of many samples.", valueName: "samples")
  )
  var tileWidth = ModelServer.defaultTileWidth

  func validate() throws {
    try require(1...65536, "--max-batch", batchSamples)
    try require(1...1024, "--tile-width", tileWidth)
    try require(batchSamples...(1 << 30), "--max-queue", queuedSamples)
    try require(0...10_000, "--max-delay", delay)
  }

  /// The limits as the library takes them.
  var limits: BatchingLimits {
    BatchingLimits(
      batchSamples: batchSamples, queuedSamples: queuedSamples,
      maximumDelay: .seconds(delay / 1000))
  }
}

/// How much patience and room a server has for its connections.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .customLong("max-body"),
    help: ArgumentHelp(
      "The largest body, compressed and decompressed; beyond it 413.", valueName: "bytes"))
  var bodyBytes = 16 << 20

  @Option(
    name: .customLong("max-connections"),
    help: ArgumentHelp(
      "The most connections open at once; others wait until one closes.", valueName: "count"))
  var connections = 512

  @Option(
    name: .customLong("header-timeout"),
    help: ArgumentHelp(
      "How long a peer may take to send a request's header.", valueName: "seconds"))
  var headerTimeout = 10.0

  @Option(
    name: .customLong("body-timeout"),
    help: ArgumentHelp("How long a peer may take to send a request's body.", valueName: "seconds"))
  var bodyTimeout = 30.0

  @Option(
    name: .customLong("idle-timeout"),
    help: ArgumentHelp(
      "How long a connection may stay open without a request.", valueName: "seconds"))
  var idleTimeout = 75.0

  @Option(
    name: .customLong("shutdown-timeout"),
    help: ArgumentHelp(
      "How long to answer what is held after SIGTERM, before giving up.", valueName: "seconds"))
  var shutdownTimeout = 30.0

  func validate() throws {
    try require(1024...(1 << 30), "--max-body", bodyBytes)
    try require(1...1_000_000, "--max-connections", connections)
    for (name, value) in [
      ("--header-timeout", headerTimeout), ("--body-timeout", bodyTimeout),
      ("--idle-timeout", idleTimeout), ("--shutdown-timeout", shutdownTimeout),
    ] { try require(0.01...86_400, name, value) }
  }

  /// The limits as the library takes them.
  var limits: ConnectionLimits {
    ConnectionLimits(
      bodyBytes: bodyBytes, connections: connections, headerTimeout: .seconds(headerTimeout),
      bodyTimeout: .seconds(bodyTimeout), idleTimeout: .seconds(idleTimeout))
  }
}

/// Who may use a server.
struct AccessOptions: ParsableArguments {
  @Option(
    name: .customLong("tls-certificate"),
    help: ArgumentHelp("The server's certificate chain, in PEM form.", valueName: "file"))
  var certificate: String?

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The certificate's private key, in PEM form.", valueName: "file"))
  var key: String?

  @Option(
    name: .customLong("tls-client-ca"),
    help: ArgumentHelp(
      "The authorities whose certificates clients must show.", valueName: "file"))
  var clientAuthorities: String?

  @Option(
    name: .customLong("token-file"),
    help: ArgumentHelp(
      "The bearer tokens accepted: one a line, then maybe 'expires=2027-01-31T00:00:00Z'.",
      valueName: "file"))
  var tokenFile: String?

  func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("'--tls-certificate' and '--tls-key' need each other.")
    }
    guard clientAuthorities == nil || certificate != nil else {
      throw ValidationError("'--tls-client-ca' needs '--tls-certificate' and '--tls-key'.")
    }
  }

  /// The files of TLS; nil for plain HTTP.
  var tls: TLSFiles? {
    guard let certificate, let key else { return nil }
    return TLSFiles(certificate: certificate, key: key, clientAuthorities: clientAuthorities)
  }
}

private func require<Value: Comparable>(
  _ range: ClosedRange<Value>, _ option: String, _ value: Value
) throws {
  guard range.contains(value) else {
    throw ValidationError(
      "'\(option)' must be in \(range.lowerBound)...\(range.upperBound), but is \(value).")
  }
}
#endif
