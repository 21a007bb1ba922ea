internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

extension RequestError {
  /// The status that stands for the error.
  var status: HTTPResponse.Status {
    switch code {
    case .invalid: .badRequest
    case .unauthorized: .unauthorized
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .tooLarge: .contentTooLarge
    case .unsupportedEncoding: .unsupportedMediaType
    case .busy: .serviceUnavailable
    case .deadlineExceeded: .gatewayTimeout
    case .internalFailure: .internalServerError
    }
  }

  /// The protocol's form of an error: `{"error": "…"}`.
  var json: [UInt8] {
    var json = JSONWriter()
    json.raw("{\"error\":")
    json.string(message)
    json.raw("}")
    return json.bytes
  }

  /// The error as an answer.
  var response: Response {
    var headers: HTTPFields = [:]
    switch code {
    case .busy(let seconds): headers[.retryAfter] = String(seconds)
    case .unauthorized: headers[.wwwAuthenticate] = "Bearer"
    case .methodNotAllowed(let methods): headers[.allow] = methods.joined(separator: ", ")
    default: break
    }
    return Response(status: status, type: .json, body: json, headers: headers)
  }
}

/// What a body is.
enum ContentType: String {
  case json = "application/json"
  case binary = "application/octet-stream"
  case metrics = "text/plain; version=0.0.4; charset=utf-8"
}

extension Response {
  /// An answer with a body.
  init(
    status: HTTPResponse.Status, type: ContentType, body: [UInt8], headers: HTTPFields = [:]
  ) {
    var headers = headers
    headers[.contentType] = type.rawValue
    self.init(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
  }
}
