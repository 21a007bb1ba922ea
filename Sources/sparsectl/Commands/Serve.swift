#if Networking
public import ArgumentParser
import Foundation
public import Logging
import SparseCore
import SplitServing

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a model over HTTP, by the Open Inference Protocol V2.",
    discussion: """
      EXAMPLES
        sparsectl serve model.safetensors
        curl -d '{"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 784], \
      "data": […]}]}' http://127.0.0.1:8080/v2/models/model/infer
        sparsectl serve model.safetensors --split 1
        sparsectl serve model.safetensors --host 0.0.0.0 --tls-certificate chain.pem \
      --tls-key key.pem --token-file tokens

      Clients of Triton and KServe work as they are: the input is 'input', of shape [-1, features] and \
      FP32, FP16, INT8 or UINT8 (with 'scale' and 'zero_point'; a byte b without them is b/255 where \
      the model was trained on bytes, else b); each branch of the network is an output of its name, \
      and only those requested are computed. Once it takes requests, 'listening \
      on URL' is printed.

      SIGHUP loads the model and the tokens again; SIGTERM and Ctrl-C answer what is held, and end. \
      Counts for Prometheus are at /metrics, health is at /v2/health/live and /v2/health/ready.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @Option(
    name: .customLong("split"),
    help: ArgumentHelp(
      "Serve only what follows this many hidden layers, as the remote part.", valueName: "count"))
  var cut: Int?

  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The port to listen on; 0 picks a free one.", valueName: "port"))
  var port = 8080

  @Option(
    help: ArgumentHelp("What clients call the model. (default: the file's name)", valueName: "name")
  )
  var name: String?

  @Option(
    name: .customLong("log-level"),
    help: "What is logged on stderr: trace, debug, info, notice, warning, error or critical.")
  var logLevel: Logger.Level = .info

  @OptionGroup(title: "Work") var batching: BatchingOptions
  @OptionGroup(title: "Connections") var connections: ConnectionOptions
  @OptionGroup(title: "Access") var access: AccessOptions
  @OptionGroup(title: "Engine") var engine: EngineOptions

  func validate() throws {
    if let cut, cut < 0 { throw ValidationError("'--split' must be 0 or above, but is \(cut).") }
    guard (0...65535).contains(port) else {
      throw ValidationError("'--port' must be in 0...65535, but is \(port).")
    }
    guard ModelServer.canServe(modelNamed: modelName) else {
      throw ValidationError("'\(modelName)' cannot name a model; use '--name'.")
    }
  }

  func run() async throws {
    var logger = Logger(label: "serve") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel
    if access.tokenFile != nil, access.tls == nil, !isLoopback {
      logger.warning("tokens travel in plain text: use --tls-certificate and --tls-key")
    }
    var configuration = ModelServer.Configuration(modelPath: model, modelName: modelName)
    configuration.cut = cut
    configuration.host = host
    configuration.port = port
    configuration.backend = engine.backend
    configuration.threads = engine.threadCount
    configuration.tileWidth = batching.tileWidth
    configuration.batching = batching.limits
    configuration.connections = connections.limits
    configuration.tls = access.tls
    configuration.tokenFile = access.tokenFile
    configuration.shutdownTimeout = .seconds(connections.shutdownTimeout)
    configuration.version = Sparsectl.configuration.version
    let server = try ModelServer(configuration, logger: logger)
    try await server.run { [logger] url in
      do {
        try Terminal.result("listening on \(url)")
      } catch {
        logger.warning("nobody reads stdout", metadata: ["url": "\(url)", "error": "\(error)"])
      }
    }
  }

  private var modelName: String {
    name ?? URL(fileURLWithPath: model).deletingPathExtension().lastPathComponent
  }

  private var isLoopback: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
#endif
