import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// A bare TCP connection to a server on this machine, for what no HTTP client would do.
///
/// Waiting happens on a thread of its own: the tasks of a server in this process need theirs.
// SAFETY: one test uses a socket, one call after the other.
final class LoopbackSocket: @unchecked Sendable {
  private let descriptor: Int32
  private var received: [UInt8] = []

  struct Failure: Error { var code: Int32 }

  /// An answer as it came.
  struct Answer: Sendable {
    var status: Int
    /// The fields, their names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    /// The text under the key `error`.
    var error: String? {
      (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: String])?["error"]
    }
  }

  /// Connects; no call waits longer than 20 s.
  ///
  /// - Parameters:
  ///   - port: The server's port.
  ///   - receiveBytes: The room for what comes in and is not read; nil for what the system gives.
  /// - Throws: `Failure` when nobody listens.
  init(port: Int, receiveBytes: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    if var room = receiveBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(code: errno) }
  }

  deinit { close(descriptor) }

  /// Sends bytes; a peer that has closed is no error here.
  ///
  /// - Returns: Whether all were sent; `errno` says why not.
  @discardableResult func send(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        let rest = UnsafeRawBufferPointer(rebasing: $0[sent...])
        return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  func send(_ text: String) { send(text.utf8) }

  /// Sends the same again and again, and reads nothing, until the peer closes; false when it takes
  /// nothing for 20 s instead.
  func flood(_ bytes: [UInt8]) async -> Bool {
    await waiting {
      while self.send(bytes) {}
      return errno != EAGAIN
    }
  }

  /// Sends a request.
  func send(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
  ) {
    send(Self.request(method, path, headers: headers, body: body))
  }

  /// The bytes of a request.
  static func request(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
  ) -> [UInt8] {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
    if method == "POST" { head += "Content-Length: \(body.count)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8) + body
  }

  /// Waits for an answer; nil when the peer closes before it is whole.
  func receive() async -> Answer? {
    await waiting {
      while true {
        if let answer = self.takeAnswer() { return answer }
        guard self.readMore() else { return nil }
      }
    }
  }

  /// Waits until the peer closes; false when it does not within 20 s.
  func isClosedByPeer() async -> Bool {
    await waiting {
      while self.readMore() {}
      return errno != EAGAIN
    }
  }

  private func waiting<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  private func readMore() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    errno = 0
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }

  private func takeAnswer() -> Answer? {
    guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    guard received.count - end.upperBound >= length else { return nil }
    let body = Array(received[end.upperBound..<end.upperBound + length])
    received.removeFirst(end.upperBound + length)
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, headers: headers, body: body)
  }
}
