import Foundation
import Testing
import _SparseTestSupport

@testable import SplitServing

@Suite("Requests before the answers to others", .serialized) struct PipeliningTests {
  private let infer = "/v2/models/net/infer"

  /// A request for all outputs as text, whose values come as bytes.
  private func message(samples: Int) -> (headers: [(String, String)], body: [UInt8]) {
    let values = randomFloats(samples * 24, seed: 8, "pipelining")
    let (body, length) = TestMessage(
      tensors: [.init(shape: [samples, 24], bytes: bytes(of: values))]
    ).encoded
    return ([("Inference-Header-Content-Length", "\(length ?? 0)")], body)
  }

  @Test("a peer that sends them and reads nothing is closed")
  func unread() async throws {
    try await withServer(
      nil, { $0.connections.idleTimeout = .milliseconds(500) }
    ) { port, _ in
      let (headers, body) = message(samples: 256)
      let deaf = try LoopbackSocket(port: port, receiveBytes: 4096)
      let request = LoopbackSocket.request("POST", infer, headers: headers, body: body)
      #expect(await deaf.flood(request))
      let socket = try LoopbackSocket(port: port)
      socket.send("GET", "/v2/health/live")
      #expect(await socket.receive()?.status == 200)
    }
  }

  @Test("'100 Continue' does not come before the earlier answers, and comes then")
  func goAhead() async throws {
    try await withServer(
      nil, { $0.batching.maximumDelay = .milliseconds(300) }
    ) { port, _ in
      let (headers, body) = message(samples: 2)
      let expecting = headers + [("Expect", "100-continue")]
      let socket = try LoopbackSocket(port: port)
      let whole = LoopbackSocket.request("POST", infer, headers: expecting, body: body)
      let head = whole.dropLast(body.count)
      socket.send("POST", infer, headers: headers, body: body)
      socket.send(head)
      #expect(await socket.receive()?.status == 200)
      #expect(await socket.receive()?.status == 100)
      socket.send(body)
      #expect(await socket.receive()?.status == 200)
      // Alone it is told at once, and one that does not wait is not told any more.
      socket.send(head)
      #expect(await socket.receive()?.status == 100)
      socket.send(body + whole)
      #expect(await socket.receive()?.status == 200)
      #expect(await socket.receive()?.status == 200)
      socket.send("GET", "/v2/health/live")
      #expect(await socket.receive()?.status == 200)
    }
  }
}
