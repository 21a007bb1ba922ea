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
      RequestError(
        .tooLarge,
        "the body is larger than the \(limit) bytes that are accepted, or in too many pieces")
    }
    if let announced, announced > limit { throw tooLarge() }
    // Chunks of a byte each would take more of the server than their bytes.
    var pieces = 4096 + limit / 256
    var bytes: [UInt8] = []
    // An announcement costs the peer nothing, so not all of it is believed.
    bytes.reserveCapacity(min(announced ?? 0, 1 << 20))
    do {
      for try await buffer in body {
        pieces -= 1
        guard buffer.readableBytes <= limit - bytes.count, pieces >= 0 else { throw tooLarge() }
        bytes.append(contentsOf: buffer.readableBytesView)
      }
    } catch let error where !(error is RequestError) {
      throw RequestError.invalid("the body broke off after \(bytes.count) bytes (\(error))")
    }
    guard announced ?? bytes.count == bytes.count else {
      throw RequestError.invalid("the body ended after \(bytes.count) bytes, before its length")
    }
    return bytes
  }
}
