extension RemotePart {
  /// Why there is no answer.
  public enum Failure: Error, Hashable, Sendable {
    /// The breaker is open.
    case unavailable
    /// The deadline passed.
    case deadlineExceeded
    /// The connection failed, or broke.
    case network(String)
    /// The server refused, with this status and text.
    case refused(Int, String)
    /// The answer is not what was asked for.
    case invalidAnswer(String)
  }
}

extension RemotePart.Failure: CustomStringConvertible {
  /// Whether it says nothing of the model or the request: the same may be answered some other time.
  public var isOfTheMoment: Bool {
    switch self {
    case .unavailable, .deadlineExceeded, .network: true
    case .refused(let status, _): status >= 500
    case .invalidAnswer: false
    }
  }

  /// What happened, in words.
  public var description: String {
    switch self {
    case .unavailable: "not asked, after failures"
    case .deadlineExceeded: "no answer within the deadline"
    case .network(let text): text
    case .refused(let status, let text): "status \(status)\(text.isEmpty ? "" : ", \(text)")"
    case .invalidAnswer(let text): text
    }
  }

  /// The kind of failure in a word or two, for counting.
  public var reason: String {
    switch self {
    case .unavailable: "breaker"
    case .deadlineExceeded: "deadline"
    case .network: "network"
    case .refused(let status, _): "status \(status)"
    case .invalidAnswer: "invalid answer"
    }
  }

  /// Whether the same request may succeed a little later.
  var isTransient: Bool {
    switch self {
    case .unavailable, .deadlineExceeded: false
    case .network, .refused, .invalidAnswer: isOfTheMoment
    }
  }
}
