internal import EarlyExit
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
internal import NIOCore
internal import ServiceLifecycle
public import SparseCore
internal import UnixSignals

/// Serves a model file: the remote part of a split network, or a whole one.
///
/// It speaks the Open Inference Protocol V2 over HTTP/1.1 with the binary tensor extension, so that
/// the clients of Triton and KServe can use it. ``run(onListening:)`` is for a process of its own:
/// SIGHUP loads the file again without dropping a request, SIGTERM and SIGINT end the server once it
/// has answered all that it holds. ``serve(while:)`` is for a part of a larger program.
public final class ModelServer: Sendable {
  /// What a server serves, where, and how much of it.
  public struct Configuration: Sendable {
    /// The model file.
    public var modelPath: String
    /// What clients call the model.
    public var modelName: String
    /// When given, only what follows so many hidden layers of the file's network is served.
    public var cut: Int?
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 for any that is free.
    public var port = 8080
    /// The engine of the products.
    public var backend = Backend.auto
    /// The most threads that compute.
    public var threads = 1
    /// The lanes of every tile.
    public var tileWidth = ModelServer.defaultTileWidth
    /// How much work is taken at once.
    public var batching = BatchingLimits()
    /// How much patience and room there is for connections.
    public var connections = ConnectionLimits()
    /// The files of TLS; nil for plain HTTP.
    public var tls: TLSFiles?
    /// The file of the bearer tokens that are accepted; nil when none is wanted.
    public var tokenFile: String?
    /// How long the server takes to answer what it holds when it ends, before it gives up.
    public var shutdownTimeout = Duration.seconds(30)
    /// The version that the server says it has.
    public var version = "unknown"

    /// The settings of a server on this machine only.
    ///
    /// - Parameters:
    ///   - modelPath: The model file.
    ///   - modelName: What clients call the model.
    public init(modelPath: String, modelName: String) {
      self.modelPath = modelPath
      self.modelName = modelName
    }
  }

  /// The lanes of every tile, unless one is chosen.
  public static let defaultTileWidth = SplitPlan.tileWidth

  /// Whether clients can ask for a model by this name: one part of a URL's path that they leave as it
  /// is, and that the protocol does not keep for the statistics of all models.
  package static func canServe(modelNamed name: String) -> Bool {
    !name.contains("/") && !["", ".", "..", "stats"].contains(name)
  }

  private let configuration: Configuration
  private let logger: Logger
  private let statistics = ServingStatistics()
  private let models: ModelHolder
  private let builder: HTTPServerBuilder

  /// Reads all files, so that what is wrong with them shows before the server listens.
  ///
  /// - Parameters:
  ///   - configuration: What to serve, where, and how much of it.
  ///   - logger: Where to write what happens; nowhere when left out.
  /// - Throws: `SparseError` that names the file at fault; `SparseError.Code.invalidArgument` when no
  ///   client could ask for a model of that name.
  public init(
    _ configuration: Configuration,
    logger: Logger = Logger(label: "model-server") { _ in SwiftLogNoOpLogHandler() }
  ) throws {
    guard Self.canServe(modelNamed: configuration.modelName) else {
      throw SparseError(
        .invalidArgument,
        """
        '\(configuration.modelName.excerpt)' cannot name a model: clients ask for it as one part of a \
        URL's path. Choose a name without '/' that is neither empty nor '.', '..' or 'stats'.
        """)
    }
    self.configuration = configuration
    self.logger = logger
    models = try ModelHolder(configuration, statistics: statistics, logger: logger)
    let (limits, statistics) = (configuration.connections, statistics)
    let plain = HTTPServerBuilder { responder in
      ServingChannel(responder: responder, limits: limits, statistics: statistics)
    }
    if let tls = configuration.tls {
      builder = try .tls(plain, tlsConfiguration: tls.configuration())
    } else {
      builder = plain
    }
  }

  /// Listens and serves until the process is told to end, or the task is cancelled.
  ///
  /// - Parameter onListening: Called with the server's URL once it takes requests.
  /// - Throws: `SparseError.Code.fileSystem` when the address cannot be listened on.
  public func run(onListening: @escaping @Sendable (_ url: String) -> Void) async throws {
    try await run(services(ownProcess: true, onListening))
  }

  /// Listens and serves while a closure runs, in a program that does other things, too.
  ///
  ///     configuration.port = 0
  ///     try await ModelServer(configuration).serve { url in
  ///       print("listening on \(url)")
  ///     }
  ///
  /// Signals are left to the program, so the model is not loaded again. When the closure returns, the
  /// server answers what it holds and ends; when it throws, the server ends at once.
  ///
  /// - Parameter body: Gets the server's URL once it takes requests.
  /// - Returns: What the closure returns.
  /// - Throws: `SparseError.Code.fileSystem` when the address cannot be listened on, and what the
  ///   closure throws.
  public nonisolated(nonsending) func serve<Value>(
    while body: nonisolated(nonsending) (_ url: String) async throws -> Value
  ) async throws -> Value {
    let (urls, listening) = AsyncStream.makeStream(of: String.self)
    let services = services(ownProcess: false) { listening.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        // Without a URL the server has failed, or was cancelled.
        defer { listening.finish() }
        try await self.run(services)
      }
      guard let url = await urls.first(where: { _ in true }) else {
        try await tasks.waitForAll()
        throw CancellationError()
      }
      let value = try await body(url)
      await services.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return value
    }
  }

  /// The server, and where the process is its own, what signals mean to it.
  private func services(
    ownProcess: Bool, _ onListening: @escaping @Sendable (_ url: String) -> Void
  ) -> ServiceGroup {
    let (host, scheme) = (configuration.host, configuration.tls == nil ? "http" : "https")
    let application = Application(
      responder: ServingResponder(
        models: models, statistics: statistics, bodyLimit: configuration.connections.bodyBytes,
        version: configuration.version),
      server: builder,
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: configuration.port), backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(
          configuration.connections.connections)),
      onServerRunning: { channel in
        let shown = host.contains(":") ? "[\(host)]" : host
        onListening("\(scheme)://\(shown):\(channel.localAddress?.port ?? 0)")
      },
      logger: logger)
    var group = ServiceGroupConfiguration(
      services: ownProcess ? [application, ReloadService(models: models)] : [application],
      gracefulShutdownSignals: ownProcess ? [.sigterm, .sigint] : [], logger: logger)
    group.maximumGracefulShutdownDuration = configuration.shutdownTimeout
    return ServiceGroup(configuration: group)
  }

  private func run(_ services: ServiceGroup) async throws {
    do {
      try await services.run()
    } catch {
      let reason =
        switch error {
        case let error as SocketAddressError.UnknownHost: error.errorDescription
        case is IOError: NetworkErrorText.text(of: error)
        case is SocketAddressError: "\(error)"
        default: throw error
        }
      throw SparseError(
        .fileSystem,
        """
        Cannot listen on \(configuration.host), port \(configuration.port): \(reason). Choose an address \
        of this machine and a port that nobody uses (port 0 finds one).
        """, cause: error)
    }
    logger.info("server ended")
  }
}
