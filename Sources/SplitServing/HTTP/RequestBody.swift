internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import SparseCore
internal import SparseLayers

extension Request {
  /// The body, decompressed where it is compressed.
  ///
  /// - Parameter limit: The most bytes, before and after decompression.
  /// - Returns: The body, and the bytes of it that came.
  /// - Throws: `RequestError`.
  func message(limit: Int) async throws -> (bytes: [UInt8], received: Int) {
    let received = try await bytes(limit: limit)
    let encoding = headers[.contentEncoding]?.lowercased() ?? "identity"
    let format: Inflater.Format
    switch encoding {
    case "identity", "": return (received, received.count)
    case "gzip", "x-gzip": format = .gzip
    case "deflate": format = .zlib
    default:
      throw RequestError(
        .unsupportedEncoding,
        "Content-Encoding is '\(encoding.excerpt)'; this server knows gzip and deflate")
    }
    do {
      let whole = try Inflater.decompress(received, format, maximumBytes: limit)
      return (whole, received.count)
    } catch let error as SparseError {
      throw RequestError(
        error.code == .unsupported ? .tooLarge : .invalid, "the \(encoding) body \(error.message)")
    }
  }

  private func bytes(limit: Int) async throws -> [UInt8] {
    let announced = headers[.contentLength].flatMap { Int($0) }
    func tooLarge() -> RequestError {
      RequestError(.tooLarge, "the body is larger than the \(limit) bytes that are accepted")
    }
    if let announced, announced > limit { throw tooLarge() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(announced ?? 0)
    for try await buffer in body {
      guard buffer.readableBytes <= limit - bytes.count else { throw tooLarge() }
      bytes.append(contentsOf: buffer.readableBytesView)
    }
    guard announced ?? bytes.count == bytes.count else {
      throw RequestError.invalid("the body ended after \(bytes.count) bytes, before its length")
    }
    return bytes
  }
}
