/// Why a request gets no answer: the peer's fault, or the server's state.
///
/// The message goes to the peer. What went wrong inside the server is logged instead.
struct RequestError: Error, Hashable {
  /// The class of failure; the transport decides what it looks like there.
  enum Code: Hashable {
    /// The request does not say what the protocol or the model wants.
    case invalid
    /// The token is missing, unknown or expired.
    case unauthorized
    /// There is no such route or model.
    case notFound
    /// The route does not take this method, only those in the list.
    case methodNotAllowed([String])
    /// The request is larger than the server accepts.
    case tooLarge
    /// The body is encoded in a way that the server does not know.
    case unsupportedEncoding
    /// The server holds as much work as it may; it will have room again later.
    case busy(retryAfterSeconds: Int)
    /// The request's own deadline passed before its turn came.
    case deadlineExceeded
    /// The server failed.
    case internalFailure
  }

  /// The class of failure.
  var code: Code
  /// What was wrong, with the values, and what is right.
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// A request that does not say what the protocol or the model wants.
  static func invalid(_ message: String) -> Self { Self(.invalid, message) }

  /// This error about one tensor.
  func naming(tensor name: String) -> Self {
    Self(code, "tensor '\(name.excerpt)': \(message)")
  }
}

extension String {
  /// The beginning of a text from outside, short and printable, for a message.
  var excerpt: String {
    let shown = prefix(60).map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? $0 : "?" }
    return String(shown) + (shown.count < count ? "…" : "")
  }
}
