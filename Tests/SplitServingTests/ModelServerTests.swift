import Foundation
import Logging
import SparseCore
import SparseLayers
import Synchronization
import Testing
import _SparseTestSupport

@testable import SplitServing

/// A server in this process, on a free port, for the time of a closure.
///
/// - Parameters:
///   - network: What it serves, as the model `net`.
///   - settings: Changes its configuration.
///   - body: Gets the port and the model's file.
/// - Throws: What the closure throws, or what keeps the server from starting.
func withServer(
  _ network: Network? = nil, _ settings: (inout ModelServer.Configuration) -> Void = { _ in },
  _ body: (_ port: Int, _ path: String) async throws -> Void
) async throws {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
    "serving-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: directory) }
  let path = directory.appendingPathComponent("net.safetensors").path
  let network = try network ?? servedNetwork()
  try ModelFile(network: network, data: DataDescription(untrained: network)).write(to: path)
  var configuration = ModelServer.Configuration(modelPath: path, modelName: "net")
  configuration.port = 0
  settings(&configuration)
  var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
  logger.logLevel = .critical
  let server = try ModelServer(configuration, logger: logger)
  let (ports, listening) = AsyncStream.makeStream(of: Int.self)
  let task = Task {
    defer { listening.finish() }
    try await server.run { url in listening.yield(Int(url.split(separator: ":").last ?? "") ?? 0) }
  }
  let port = await ports.first { _ in true }
  let result: Result<Void, any Error>
  do { result = .success(try await body(try #require(port), path)) } catch {
    result = .failure(error)
  }
  task.cancel()
  _ = await task.result
  try result.get()
}

@Suite("The server", .serialized) struct ModelServerTests {
  private let values = randomFloats(2 * 24, seed: 8, "server")

  private var request: TestMessage {
    TestMessage(id: "1", tensors: [.init(shape: [2, 24], numbers: values)])
  }

  /// Whether the server answers an ordinary request rightly.
  private func isWell(_ port: Int) async throws -> Bool {
    let socket = try LoopbackSocket(port: port)
    var message = request
    message.rest = ",\"parameters\":{\"binary_data_output\":true}"
    socket.send("POST", "/v2/models/net/infer", body: message.encoded.body)
    guard let answer = await socket.receive(), answer.status == 200,
      let length = answer.headers["inference-header-content-length"].flatMap({ Int($0) })
    else { return false }
    let expected = try referenceOutputs(servedNetwork(), values).flatMap(\.self)
    return isClose(floats(of: answer.body[length...]), expected)
  }

  @Test("answers health, metadata, statistics, metrics and inference on one connection")
  func routes() async throws {
    try await withServer { port, _ in
      #expect(try await isWell(port))
      let socket = try LoopbackSocket(port: port)
      for (path, words) in [
        ("/v2/health/live", ["\"live\":true"]),
        ("/v2/health/ready", ["\"live\":true", "\"ready\":true"]),
        ("/v2", ["binary_tensor_data"]), ("/v2/models/net", ["[-1,24]", "exit1", "[-1,3]"]),
        ("/v2/models/net/versions/1", ["\"versions\":[\"1\"]"]),
        ("/v2/models/n%65t/ready", ["true"]),
        ("/v2/models/net/stats", ["\"inference_count\":2"]),
        ("/v2/models/stats", ["\"batch_size\":2"]),
        ("/metrics?x=1", ["sparse_inference_samples_total{model=\"net\"} 2"]),
      ] {
        socket.send("GET", path)
        let answer = try #require(await socket.receive(), "\(path)")
        #expect(answer.status == 200, "\(path)")
        for word in words { #expect(answer.text.contains(word), "\(path): \(answer.text)") }
      }
    }
  }

  @Test("answers in JSON whatever is wrong, and goes on")
  func errors() async throws {
    try await withServer(nil, { $0.connections.bodyBytes = 4096 }) { port, _ in
      let infer = "/v2/models/net/infer"
      let body = request.encoded.body
      let cases: [(Int, String, String, [(String, String)], [UInt8])] = [
        (404, "GET", "/", [], []), (404, "GET", "/v2/nothing", [], []),
        (404, "GET", "/v2/models/other", [], []), (404, "POST", "/v2/models/other/infer", [], body),
        (404, "GET", "/v2/models/net/versions/2", [], []),
        (404, "GET", "/v2/models/net/versions/1/ready/x", [], []),
        (405, "GET", infer, [], []), (405, "DELETE", "/v2", [], []),
        (413, "POST", infer, [], [UInt8](repeating: 32, count: 4097)),
        (415, "POST", infer, [("Content-Encoding", "br")], body),
        (400, "POST", infer, [("Content-Encoding", "gzip")], body),
        (400, "POST", infer, [("Inference-Header-Content-Length", "x")], body),
        (400, "POST", infer, [("Inference-Header-Content-Length", "9999")], body),
        (400, "POST", infer, [], Array("{".utf8)), (400, "POST", infer, [], []),
      ]
      for (status, method, path, headers, body) in cases {
        let socket = try LoopbackSocket(port: port)
        socket.send(method, path, headers: headers, body: body)
        let answer = await socket.receive()
        #expect(answer?.status == status && answer?.error != nil, "\(method) \(path) \(status)")
        // The same connection, where the protocol allows it, and another.
        socket.send("GET", "/v2/health/live")
        #expect(await socket.receive()?.status == 200, "\(method) \(path) \(status)")
        #expect(try await isWell(port))
      }
      let socket = try LoopbackSocket(port: port)
      socket.send("GET", infer)
      #expect(await socket.receive()?.headers["allow"] == "POST")
    }
  }

  @Test("answers what is no HTTP with 400 in JSON, and closes")
  func noHTTP() async throws {
    try await withServer { port, _ in
      let longHeader = "GET /v2 HTTP/1.1\r\nx: \(String(repeating: "y", count: 200_000))\r\n\r\n"
      for text in [
        "\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n", "GET /v2 HTTP/9.7.1\r\n\r\n", longHeader,
      ] {
        let socket = try LoopbackSocket(port: port)
        socket.send(text)
        let answer = await socket.receive()
        #expect(answer?.status == 400 && answer?.error != nil, "\(text.prefix(30))")
        #expect(await socket.isClosedByPeer())
        #expect(try await isWell(port))
      }
    }
  }

  @Test("answers garbage behind a request after the request")
  func garbageBehind() async throws {
    try await withServer { port, _ in
      let socket = try LoopbackSocket(port: port)
      socket.send("POST", "/v2/models/net/infer", body: request.encoded.body)
      socket.send("\u{1}\u{2}\r\n\r\n")
      #expect(await socket.receive()?.status == 200)
      #expect(await socket.receive()?.status == 400)
      let chunks = try LoopbackSocket(port: port)
      chunks.send("POST /v2/models/net/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
      #expect(await chunks.receive()?.status == 400)
      #expect(try await isWell(port))
    }
  }

  @Test("takes chunked bodies, up to their limits")
  func chunked() async throws {
    try await withServer(nil, { $0.connections.bodyBytes = 2048 }) { port, _ in
      func answer(_ chunks: [[UInt8]]) async throws -> LoopbackSocket.Answer? {
        let socket = try LoopbackSocket(port: port)
        socket.send("POST /v2/models/net/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in chunks {
          socket.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
        }
        socket.send("0\r\n\r\n")
        return await socket.receive()
      }
      let body = request.encoded.body
      #expect(try await answer(body.map { [$0] })?.status == 200)
      #expect(try await answer([body + [UInt8](repeating: 32, count: 2048)])?.status == 413)
      // A closure's own 'try' says that it throws; those inside of macros do not.
      let isWell = try await isWell(port)
      #expect(isWell)
    }
  }

  @Test("bounds what a compressed body becomes")
  func bomb() async throws {
    try await withServer(nil, { $0.connections.bodyBytes = 100_000 }) { port, _ in
      // 10 MB of zeros: deflate's fixed form repeats one match of 258 bytes.
      let bomb = try gzipOfZeros(10_000_000)
      #expect(bomb.count < 100_000)
      let socket = try LoopbackSocket(port: port)
      socket.send(
        "POST", "/v2/models/net/infer", headers: [("Content-Encoding", "gzip")], body: bomb)
      #expect(await socket.receive()?.status == 413)
      #expect(try await isWell(port))
    }
  }

  @Test("closes connections that keep it waiting, at any stage")
  func slow() async throws {
    try await withServer(
      nil,
      {
        $0.connections.headerTimeout = .milliseconds(200)
        $0.connections.bodyTimeout = .milliseconds(200)
        $0.connections.idleTimeout = .milliseconds(400)
      }
    ) { port, _ in
      let silent = try LoopbackSocket(port: port)
      let header = try LoopbackSocket(port: port)
      header.send("GET /v2 HT")
      let body = try LoopbackSocket(port: port)
      body.send("POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
      let second = try LoopbackSocket(port: port)
      second.send("GET", "/v2")
      #expect(await second.receive()?.status == 200)
      second.send("GET /v2 HTTP/1.1\r\n")
      let idle = try LoopbackSocket(port: port)
      idle.send("GET", "/v2")
      #expect(await idle.receive()?.status == 200)
      // One byte after the other, each in time: the stage as a whole is what counts.
      let dribble = try LoopbackSocket(port: port)
      let start = ContinuousClock.now
      dribble.send("GET /v2 HTTP/1.1\r\n")
      while start.duration(to: .now) < .milliseconds(600) {
        dribble.send("a: b\r\n")
        try await Task.sleep(for: .milliseconds(40))
      }
      dribble.send("\r\n")
      for (name, socket) in [
        ("silent", silent), ("header", header), ("body", body), ("second", second), ("idle", idle),
        ("dribble", dribble),
      ] { #expect(await socket.isClosedByPeer(), "\(name)") }
      #expect(start.duration(to: .now) < .seconds(5))
      #expect(try await isWell(port))
    }
  }

  @Test("answers pipelined requests in their order")
  func pipelined() async throws {
    try await withServer { port, _ in
      let socket = try LoopbackSocket(port: port)
      for name in 0..<20 {
        var message = request
        message.id = "\(name)"
        socket.send("POST", "/v2/models/net/infer", body: message.encoded.body)
      }
      for name in 0..<20 {
        #expect(await socket.receive()?.text.contains("\"id\":\"\(name)\"") == true)
      }
    }
  }

  @Test("lets only those in who have a token that is valid now")
  func tokens() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: file) }
    try """
    # tokens of the test
    good-token
    later expires=2999-01-01T00:00:00Z

    stale expires=2001-01-01T00:00:00Z
    """.write(toFile: file, atomically: true, encoding: .utf8)
    try await withServer(nil, { $0.tokenFile = file }) { port, _ in
      let socket = try LoopbackSocket(port: port)
      for (token, status, word) in [
        ("Bearer good-token", 200, ""), ("bearer later", 200, ""), ("Bearer stale", 401, "expired"),
        ("Bearer good-toke", 401, "unknown"), ("Bearer", 401, "wants"),
        ("Basic good-token", 401, "wants"),
      ] {
        socket.send("GET", "/v2", headers: [("Authorization", token)])
        let answer = try #require(await socket.receive())
        #expect(answer.status == status && answer.error?.contains(word) ?? word.isEmpty, "\(token)")
        if status == 401 { #expect(answer.headers["www-authenticate"] == "Bearer") }
      }
      // Without a token not even what exists can be learnt, but health is for everybody.
      for (path, status) in [("/v2/x", 401), ("/metrics", 401), ("/v2/health/ready", 200)] {
        socket.send("GET", path)
        #expect(await socket.receive()?.status == status, "\(path)")
      }
    }
  }

  @Test("exchanges the model on SIGHUP without dropping a request")
  func reload() async throws {
    let (old, new) = (try servedNetwork(), try servedNetwork(seed: 50))
    let expected = try [old, new].map { try referenceOutputs($0, values)[2] }
    try await withServer(old) { port, path in
      var message = request
      message.rest = ",\"outputs\":[{\"name\":\"output\",\"parameters\":{\"binary_data\":true}}]"
      let body = message.encoded.body
      let isDone = Flag()
      try await withThrowingTaskGroup(of: [Int].self) { group in
        for _ in 0..<4 {
          group.addTask {
            let socket = try LoopbackSocket(port: port)
            var answers = [0, 0]
            while !isDone.value.load(ordering: .relaxed) {
              socket.send("POST", "/v2/models/net/infer", body: body)
              let answer = try #require(await socket.receive())
              let length = Int(answer.headers["inference-header-content-length"] ?? "") ?? 0
              let output = floats(of: answer.body[length...])
              let which = try #require(expected.firstIndex { isClose(output, $0) })
              answers[which] += 1
              await Task.yield()
            }
            return answers
          }
        }
        try ModelFile(network: new, data: DataDescription(untrained: new)).write(to: path)
        kill(getpid(), SIGHUP)
        try await waitUntil(port, "sparse_model_reloads_total{model=\"net\",result=\"success\"} 1")
        // A damaged file changes nothing.
        try "damaged".write(toFile: path, atomically: true, encoding: .utf8)
        kill(getpid(), SIGHUP)
        try await waitUntil(port, "sparse_model_reloads_total{model=\"net\",result=\"failure\"} 1")
        try await Task.sleep(for: .milliseconds(20))
        isDone.value.store(true, ordering: .relaxed)
        let answers = try await group.reduce(into: [0, 0]) { sums, one in
          sums = zip(sums, one).map(+)
        }
        #expect(answers[1] > 0, "\(answers)")
      }
    }
  }

  /// Waits until the metrics have a line.
  private func waitUntil(_ port: Int, _ line: String) async throws {
    let socket = try LoopbackSocket(port: port)
    for _ in 0..<1000 {
      socket.send("GET", "/metrics")
      if await socket.receive()?.text.contains(line) == true { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("no \(line)")
  }
}

/// A flag that several tasks share.
private final class Flag: Sendable {
  let value = Atomic(false)
}

/// Zeros as a gzip member of dynamic blocks would be; here by the tests' own program.
private func gzipOfZeros(_ count: Int) throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", "head -c \(count) /dev/zero | gzip -9"]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return Array(data)
}
