internal import AsyncHTTPClient
public import EarlyExit
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SparseCore
public import SparseLayers
internal import Synchronization

/// The remote part of a split network, as its edge part sees it: asked over HTTP, within a deadline.
///
/// Failures of the network and of the server are tried again after a pause while the deadline lets
/// there be time; what the server refuses is not. After several failures in a row nobody is asked
/// any more (``CircuitBreaker``), and a task of its own looks at intervals whether the server is
/// ready again.
public final class RemotePart: Sendable {
  /// Counts of what happened.
  public struct Statistics: Hashable, Sendable {
    /// Requests that were given up for one reason.
    public struct Failures: Hashable, Sendable {
      /// How many.
      public var count = 0
      /// What the first of them said.
      public var example: String
    }

    /// Requests that were answered.
    public var answered = 0
    /// Requests that were given up.
    public var failed = 0
    /// Those that were given up, by `Failure.reason`.
    public var failures: [String: Failures] = [:]
    /// Requests that were not sent, since the breaker was open.
    public var refused = 0
    /// Tries beyond each request's first.
    public var retries = 0
    /// How often the breaker opened.
    public var openings = 0
    /// The bytes sent, with headers.
    public var bytesSent = 0
    /// The bytes received, with headers.
    public var bytesReceived = 0

    mutating func countFailure(_ failure: Failure) {
      failed += 1
      failures[failure.reason, default: Failures(example: failure.description)].count += 1
    }
  }

  /// How the remote part is asked.
  public let configuration: Configuration

  private let client: HTTPClient
  private let counter = WireCounter()
  private let state: Mutex<State>

  private struct State {
    var breaker: CircuitBreaker
    var statistics = Statistics()
    var probe: Task<Void, Never>?
    var isClosed = false
    /// The identity of the network that the server must have; nil for any.
    var expected: String?
  }

  /// Prepares connections; nothing is sent yet.
  ///
  /// - Parameter configuration: How the remote part is asked.
  /// - Throws: `SparseError.Code.invalidArgument` when the URL is none, or what is wrong with a file.
  public init(_ configuration: Configuration) throws {
    guard let url = URL(string: configuration.url), ["http", "https"].contains(url.scheme ?? ""),
      url.host?.isEmpty == false, url.query == nil, url.fragment == nil,
      (1...65_535).contains(url.port ?? 80)
    else {
      throw SparseError(
        .invalidArgument,
        "'\(configuration.url.prefix(100))' is no address of a server; give one such as http://127.0.0.1:8080."
      )
    }
    var configuration = configuration
    configuration.deadline = configuration.deadline.bounded
    configuration.probeInterval = configuration.probeInterval.bounded
    self.configuration = configuration
    state = Mutex(State(breaker: CircuitBreaker(failureLimit: configuration.failureLimit)))
    var settings = HTTPClient.Configuration()
    settings.tlsConfiguration = try configuration.tls()
    settings.httpVersion = .http1Only
    settings.redirectConfiguration = .disallow
    settings.timeout.connect = TimeAmount(configuration.deadline)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
      configuration.requestsInFlight
    // Trying again is done here, within the deadline.
    settings.connectionPool.retryConnectionEstablishment = false
    let counter = counter
    settings.http1_1ConnectionDebugInitializer = { counter.attach(to: $0) }
    client = HTTPClient(
      eventLoopGroupProvider: .shared(.singletonMultiThreadedEventLoopGroup),
      configuration: settings)
  }

  /// Closes all connections; must be called before the part is let go of.
  public func close() async {
    state.withLock { state in
      state.isClosed = true
      return state.probe.take()
    }?.cancel()
    try? await client.shutdown()
  }

  /// Counts of what happened so far.
  public var statistics: Statistics {
    let bytes = counter.bytes
    return state.withLock { state in
      var statistics = state.statistics
      statistics.openings = state.breaker.openings
      (statistics.bytesSent, statistics.bytesReceived) = bytes
      return statistics
    }
  }

  /// What the breaker lets through now.
  public var breakerState: CircuitBreaker.State { state.withLock { $0.breaker.state } }
}

// MARK: - Asking

extension RemotePart {
  /// Says of which network the server must have the remote part: every request tells it, and a server
  /// that returns is compared with it before it is asked again.
  func expect(_ identity: String) { state.withLock { $0.expected = identity } }

  /// Leaves the server alone until it is ready, as after failures in a row.
  public func standBack() {
    state.withLock { $0.breaker.open() }
    startProbing()
  }

  /// What the server says about the model: which part of which network it is.
  ///
  /// - Returns: The description.
  /// - Throws: `Failure`.
  public func description() async throws(Failure) -> SplitDescription {
    let until = ContinuousClock.now + configuration.deadline
    let answer = try await exchange(request("GET", path: ""), until: until)
    struct Metadata: Decodable { var parameters: ModelMetadata.Parameters? }
    guard
      let parameters = try? JSONDecoder().decode(Metadata.self, from: Data(answer.body)).parameters
    else {
      throw .invalidAnswer("the model '\(configuration.modelName)' is no part of a split network")
    }
    return parameters.split
  }

  /// Has the remote part compute an output.
  ///
  /// - Parameters:
  ///   - values: `[samples × features]`, row-major, all finite.
  ///   - features: The features of a sample.
  ///   - payload: How to write the values.
  ///   - quantization: How 8-bit steps are meant on both sides; nil to send that along.
  ///   - output: The output's name, and its values for each sample.
  ///   - start: When the deadline begins to run.
  /// - Returns: `[samples × size]`, row-major.
  /// - Throws: `Failure` once the deadline passed, the server refused, or nobody is asked any more.
  public func infer(
    _ values: [Float], features: Int, payload: BoundaryPayload = .fp32,
    quantization: Quantization? = nil,
    output: (name: String, size: Int), since start: ContinuousClock.Instant = .now
  ) async throws(Failure) -> [Float] {
    let until = start + configuration.deadline
    let refusal: Failure? =
      if !values.allSatisfy(\.isFinite) {
        .refused(400, "what crosses the cut is not finite")
      } else if ContinuousClock.now >= until {
        .deadlineExceeded
      } else {
        nil
      }
    if let refusal {
      // Nothing was sent, which says nothing of the server.
      state.withLock { $0.statistics.countFailure(refusal) }
      throw refusal
    }
    guard let ticket = state.withLock({ $0.breaker.admit() }) else {
      state.withLock { $0.statistics.refused += 1 }
      throw .unavailable
    }
    do throws(Failure) {
      let message = InferenceMessage(
        values, features: features, payload: payload, quantization: quantization,
        output: output.name, identity: state.withLock { $0.expected })
      let answer = try await retrying(message, until: until)
      guard
        let values = try? InferenceAnswer(
          answer.body, headerLength: answer.headerLength, output: output.name,
          shape: [values.count / features, output.size]
        ).values
      else { throw Failure.invalidAnswer("the server's answer does not fit the request") }
      state.withLock { state in
        state.breaker.succeeded(ticket)
        state.statistics.answered += 1
      }
      return values
    } catch {
      if Task.isCancelled {
        state.withLock { $0.breaker.abandoned(ticket) }
      } else {
        recordFailure(error, ticket)
      }
      throw error
    }
  }

  private func recordFailure(_ failure: Failure, _ ticket: CircuitBreaker.Ticket) {
    let hasOpened = state.withLock { state in
      state.statistics.countFailure(failure)
      // A server that refuses what it is sent is there.
      if case .refused(let status, _) = failure, status < 500 {
        state.breaker.succeeded(ticket)
        return false
      }
      return state.breaker.failed(ticket)
    }
    if hasOpened { startProbing() }
  }

  /// Looks at intervals whether the server is ready again, until it is.
  private func startProbing() {
    let probe = Task { [weak self, interval = configuration.probeInterval] in
      while !Task.isCancelled {
        try? await Task.sleep(for: interval)
        guard !Task.isCancelled, let self, !(await self.isReady()) else { return }
      }
    }
    state.withLock { state in
      state.probe?.cancel()
      if state.isClosed { probe.cancel() } else { state.probe = probe }
    }
  }

  /// Whether the server is ready again; then requests may try their luck.
  private func isReady() async -> Bool {
    let until = ContinuousClock.now + configuration.deadline
    guard (try? await exchange(request("GET", path: "/ready"), until: until)) != nil else {
      return false
    }
    // What returns may be something else.
    if let expected = state.withLock({ $0.expected }) {
      guard let other = try? await description(), other.part == .remote,
        other.identity == expected
      else { return false }
    }
    state.withLock { $0.breaker.peerReturned() }
    return true
  }

  private func retrying(
    _ message: InferenceMessage, until: ContinuousClock.Instant
  ) async throws(Failure) -> Reply {
    var attempt = 1
    while true {
      do {
        return try await exchange(inferenceRequest(message, until: until), until: until)
      } catch {
        guard error.isTransient, !Task.isCancelled else { throw error }
        var generator = SystemRandomNumberGenerator()
        let pause = configuration.backoff.pause(after: attempt, using: &generator)
        guard ContinuousClock.now + pause < until, breakerState != .open else { throw error }
        try? await Task.sleep(for: pause)
        attempt += 1
        state.withLock { $0.statistics.retries += 1 }
      }
    }
  }

  /// The request of one try, which tells the server how much of the deadline is left.
  private func inferenceRequest(
    _ message: InferenceMessage, until: ContinuousClock.Instant
  ) -> HTTPClientRequest {
    let message = message.written(timeout: ContinuousClock.now.duration(to: until))
    var request = request("POST", path: "/infer")
    request.headers.replaceOrAdd(name: "Content-Type", value: "application/octet-stream")
    request.headers.replaceOrAdd(
      name: "Inference-Header-Content-Length", value: String(message.headerLength))
    if configuration.compresses, let body = Deflate.compress(message.body) {
      request.headers.replaceOrAdd(name: "Content-Encoding", value: "deflate")
      request.body = .bytes(ByteBuffer(bytes: body))
    } else {
      request.body = .bytes(ByteBuffer(bytes: message.body))
    }
    return request
  }

  private func request(_ method: String, path: String) -> HTTPClientRequest {
    // One part of the path, whatever the name has in it.
    let allowed = CharacterSet.urlPathAllowed.subtracting(["/"])
    let name = configuration.modelName.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    let base =
      configuration.url.hasSuffix("/") ? String(configuration.url.dropLast()) : configuration.url
    var request = HTTPClientRequest(url: "\(base)/v2/models/\(name)\(path)")
    request.method = HTTPMethod(rawValue: method)
    if let token = configuration.token {
      request.headers.add(name: "Authorization", value: "Bearer \(token)")
    }
    return request
  }

  /// A server's answer.
  private struct Reply: Sendable {
    var status: Int
    /// The bytes of its JSON; nil when all of it is.
    var headerLength: Int?
    var body: [UInt8]
  }

  /// The largest answer that is read.
  private static let replyLimit = 64 << 20

  private func exchange(
    _ request: HTTPClientRequest, until: ContinuousClock.Instant
  ) async throws(Failure) -> Reply {
    let left = ContinuousClock.now.duration(to: until)
    guard left > .zero else { throw .deadlineExceeded }
    let reply: Reply
    do {
      // The client's own deadline ends when the header has come.
      reply = try await withThrowingTaskGroup(of: Reply.self) { group in
        defer { group.cancelAll() }
        group.addTask { [client] in
          let response = try await client.execute(request, timeout: TimeAmount(left))
          let length = response.headers.first(name: "Inference-Header-Content-Length")
          return Reply(
            status: Int(response.status.code), headerLength: length.flatMap { Int($0) },
            body: Array(try await response.body.collect(upTo: Self.replyLimit).readableBytesView))
        }
        group.addTask {
          try await Task.sleep(until: until)
          throw HTTPClientError.deadlineExceeded
        }
        guard let first = try await group.next() else { throw HTTPClientError.deadlineExceeded }
        return first
      }
    } catch let error as HTTPClientError {
      throw error == .deadlineExceeded || error == .connectTimeout || error == .readTimeout
        ? .deadlineExceeded : .network(error.shortDescription)
    } catch {
      throw .network(NetworkErrorText.text(of: error))
    }
    guard reply.status == 200 else {
      struct Text: Decodable { var error: String }
      let text = try? JSONDecoder().decode(Text.self, from: Data(reply.body)).error
      throw .refused(reply.status, (text ?? "").excerpt)
    }
    return reply
  }
}
