internal import Foundation

/// What a path stands for.
enum Route: Hashable, Sendable {
  /// What can be asked about a model.
  enum ModelTopic: String, Hashable, Sendable {
    case metadata = ""
    case ready
    case infer
    case stats
  }

  case live
  case ready
  case server
  case metrics
  /// Statistics of all models.
  case statistics
  /// A model by its name, in any version when none is given.
  case model(String, version: String?, ModelTopic)

  /// Finds the route of a path.
  ///
  /// - Parameter path: The path of a URL, without query; percent-encoded.
  init?(path: String) {
    let parts = path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    switch parts {
    case ["metrics"]: self = .metrics
    case ["v2"]: self = .server
    case ["v2", "health", "live"]: self = .live
    case ["v2", "health", "ready"]: self = .ready
    case ["v2", "models", "stats"]: self = .statistics
    default:
      guard parts.count >= 3, parts[0] == "v2", parts[1] == "models" else { return nil }
      var rest = parts[3...]
      var version: String?
      if rest.first == "versions", rest.count >= 2 {
        version = rest[rest.startIndex + 1]
        rest = rest.dropFirst(2)
      }
      guard rest.count <= 1, let topic = ModelTopic(rawValue: rest.first ?? ""),
        rest.first != ""
      else { return nil }
      self = .model(parts[2], version: version, topic)
    }
  }

  /// The methods that the route takes.
  var methods: [String] {
    if case .model(_, _, .infer) = self { ["POST"] } else { ["GET"] }
  }

  /// Whether anybody may ask, so that load balancers need no token.
  var isOpen: Bool { self == .live || self == .ready }
}
