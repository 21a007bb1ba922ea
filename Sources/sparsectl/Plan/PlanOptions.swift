import ArgumentParser
import EarlyExit
import SparseCore
import SparseLayers
import _SparseBench

/// How fast a machine is, on the command line.
enum MachineSpeed: ExpressibleByArgument, Hashable {
  /// As fast as this machine is found to be.
  case measured
  /// Multiply–adds per second.
  case given(Double)

  init?(argument: String) {
    guard argument != "measured" else {
      self = .measured
      return
    }
    guard let speed = ScaledNumber.parse(argument, ScaledNumber.multiples),
      (1...1e18).contains(speed)
    else { return nil }
    self = .given(speed)
  }

  var defaultValueDescription: String {
    switch self {
    case .measured: "measured"
    case .given(let speed): "\(speed)"
    }
  }
}

/// The two machines of a plan.
struct MachineOptions: ParsableArguments {
  @Option(
    name: .customLong("edge-speed"),
    help: ArgumentHelp(
      "The edge device's multiply–adds per second, such as 500M, or 'measured' here.",
      valueName: "speed"))
  var edge: MachineSpeed = .measured

  @Option(
    name: .customLong("remote-speed"),
    help: ArgumentHelp(
      "The remote machine's multiply–adds per second, such as 20G, or 'measured' here.",
      valueName: "speed"))
  var remote: MachineSpeed = .measured

  @Option(
    name: .customLong("edge-slowdown"),
    help: ArgumentHelp(
      "How many times slower the edge device is than what is measured here.", valueName: "factor"))
  var slowdown = 1.0

  func validate() throws {
    guard slowdown > 0, slowdown <= 1e6 else {
      throw ValidationError(
        "'--edge-slowdown' must be above 0 and at most 1e6, but is \(slowdown).")
    }
    if slowdown != 1, edge != .measured {
      throw ValidationError(
        "'--edge-slowdown' is for a measured speed, but '--edge-speed' gives one.")
    }
  }

  /// The times of both machines; this one is timed once.
  func times(
    of network: Network, _ engine: EngineOptions
  ) throws -> (edge: ComputeTimes, remote: ComputeTimes) {
    let edgeTimes = try Self.times(edge, of: network, engine)
    let remoteTimes = remote == edge ? edgeTimes : try Self.times(remote, of: network, engine)
    return (edgeTimes.slowed(by: slowdown), remoteTimes)
  }

  /// The least time for which each piece is run.
  private static let secondsPerPiece = 0.1

  private static func times(
    _ speed: MachineSpeed, of network: Network, _ engine: EngineOptions
  ) throws -> ComputeTimes {
    switch speed {
    case .given(let speed): return ComputeTimes(of: network, macsPerSecond: speed)
    case .measured:
      let stopwatch = Stopwatch(minimumSeconds: secondsPerPiece)
      return try ComputeTimes(of: network) { piece in
        // As 'edge' and 'serve' lay a single sample out.
        let executor = try NetworkExecutor(
          piece, backend: engine.backend, threads: engine.threadCount, batchCapacity: 1,
          tileWidth: SplitPlan.tileWidth)
        let pass = Pass(shape: executor.shape(samples: 1), mode: .inference)
        executor.input.values.load(
          Array(repeating: 0.5, count: piece.inputSize), shape: pass.shape)
        return try stopwatch.time { try executor.forward(pass) }.median / 1000
      }
    }
  }
}

/// What requests carry beside the features.
struct RequestOptions: ParsableArguments {
  private static let defaults = RequestCost()

  @Option(
    name: .customLong("sample-bytes"),
    help: ArgumentHelp(
      "The bytes of a sample as it is. (default: 1 a feature for images, else 4)",
      valueName: "bytes"))
  var sampleBytes: Int?

  @Option(
    name: .customLong("request-bytes"),
    help: ArgumentHelp(
      "The bytes of a request beside its features: HTTP and JSON.", valueName: "bytes"))
  var requestBytes = defaults.upBytes

  @Option(
    name: .customLong("reply-bytes"),
    help: ArgumentHelp(
      "The bytes of a reply beside its numbers: HTTP and JSON.", valueName: "bytes"))
  var replyBytes = defaults.downBytes

  @Option(
    name: .customLong("request-time"),
    help: ArgumentHelp(
      "What client and server take for a request beside computing.", valueName: "milliseconds"))
  var requestTime = 1000 * defaults.seconds

  func validate() throws {
    let most = 1 << 30
    for (name, bytes) in [
      ("--sample-bytes", sampleBytes ?? 0), ("--request-bytes", requestBytes),
      ("--reply-bytes", replyBytes),
    ] where !(0...most).contains(bytes) {
      throw ValidationError("'\(name)' must be in 0...\(most), but is \(bytes).")
    }
    guard (0...1e6).contains(requestTime) else {
      throw ValidationError("'--request-time' must be in 0...1000000, but is \(requestTime).")
    }
  }

  /// The cost as the library takes it.
  var cost: RequestCost {
    var cost = RequestCost()
    cost.upBytes = requestBytes
    cost.downBytes = replyBytes
    cost.seconds = requestTime / 1000
    return cost
  }
}
