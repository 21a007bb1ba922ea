#if Networking
import ArgumentParser
import EarlyExit
import SparseCore
import SparseLayers
import SplitServing

/// How an edge device reaches the remote part.
struct RemoteOptions: ParsableArguments {
  @Option(
    name: .customLong("remote"),
    help: ArgumentHelp("The server's address; several for --adaptive.", valueName: "url"))
  var urls: [String]

  @Option(
    help: ArgumentHelp(
      "What the server calls the model. (default: the file's name)", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "How long a request may take, new tries included.", valueName: "seconds"))
  var deadline = 0.3

  @Option(help: "How what crosses the cut is written: fp32, fp16 or int8.")
  var payload = BoundaryPayload.fp32

  @Flag(help: "Compress requests by deflate.")
  var deflate = false

  @Option(
    name: .customLong("in-flight"),
    help: ArgumentHelp("The most requests under way at a time.", valueName: "count"))
  var inFlight = 8

  @Option(
    name: .customLong("failure-limit"),
    help: ArgumentHelp(
      "The failures in a row after which the remote part is left alone.", valueName: "count"))
  var failureLimit = 5

  @Option(
    name: .customLong("probe-interval"),
    help: ArgumentHelp(
      "How often to look whether it is ready again.", valueName: "seconds"))
  var probeInterval = 1.0

  @Option(
    name: .customLong("token-file"),
    help: ArgumentHelp("A file with the bearer token to send.", valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .customLong("tls-ca"),
    help: ArgumentHelp(
      "The authorities to trust, in PEM form. (default: the system's)", valueName: "file"))
  var authorities: String?

  @Option(
    name: .customLong("tls-certificate"),
    help: ArgumentHelp("The certificate to show to the server.", valueName: "file"))
  var certificate: String?

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The certificate's private key.", valueName: "file"))
  var key: String?

  func validate() throws {
    if urls.isEmpty { throw ValidationError("'--remote' is wanted: where is the server?") }
    guard (0.001...3600).contains(deadline) else {
      throw ValidationError("'--deadline' must be in 0.001...3600 seconds, but is \(deadline).")
    }
    guard (0.001...3600).contains(probeInterval) else {
      throw ValidationError(
        "'--probe-interval' must be in 0.001...3600 seconds, but is \(probeInterval).")
    }
    for (name, value) in [("--in-flight", inFlight), ("--failure-limit", failureLimit)] {
      guard (1...1024).contains(value) else {
        throw ValidationError("'\(name)' must be in 1...1024, but is \(value).")
      }
    }
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("'--tls-certificate' and '--tls-key' need each other.")
    }
  }

  /// The settings as the library takes them.
  func configuration(url: String, model: String) throws -> RemotePart.Configuration {
    var configuration = RemotePart.Configuration(url: url, modelName: name ?? model)
    configuration.deadline = .seconds(deadline)
    configuration.failureLimit = failureLimit
    configuration.probeInterval = .seconds(probeInterval)
    configuration.requestsInFlight = inFlight
    configuration.token = try tokenFile.map { try Self.token(in: $0) }
    if tokenFile != nil, url.hasPrefix("http:"), !url.hasPrefix("http://127."),
      !url.hasPrefix("http://localhost")
    {
      Terminal.note("warning: the token goes to \(url) in plain text; use https.")
    }
    configuration.authorities = authorities
    configuration.certificate = certificate.flatMap { chain in key.map { (chain, $0) } }
    configuration.compresses = deflate
    return configuration
  }

  private static func token(in path: String) throws -> String {
    let bytes = try BoundedFile.read(path: path, maximumBytes: 1 << 16)
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 1, let word = words.first, word.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
    else {
      throw SparseError(
        .corruptFile, "\(path): has \(words.count) words; write one token of printable characters.")
    }
    return String(word)
  }
}
#endif
