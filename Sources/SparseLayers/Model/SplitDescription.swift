/// Which part of a network a model file holds, and which other part belongs to it.
public struct SplitDescription: Codable, Hashable, Sendable {
  /// The two parts.
  public enum Part: String, Codable, Sendable {
    /// The first layers, with their exits.
    case edge
    /// The rest.
    case remote
  }

  /// Which part it is.
  public var part: Part
  /// The hidden layers before the cut.
  public var hiddenLayers: Int
  /// The features that cross the cut, for each sample.
  public var boundaryFeatures: Int
  /// The SHA-256 of the whole network and the cut: parts belong together when theirs are equal.
  public var identity: String

  enum CodingKeys: String, CodingKey {
    case part, identity
    case hiddenLayers = "hidden_layers"
    case boundaryFeatures = "boundary_features"
  }

  /// Describes a part.
  ///
  /// - Parameters:
  ///   - part: Which part it is.
  ///   - hiddenLayers: The hidden layers before the cut.
  ///   - boundaryFeatures: The features that cross the cut.
  ///   - identity: The SHA-256 of the whole network and the cut.
  public init(part: Part, hiddenLayers: Int, boundaryFeatures: Int, identity: String) {
    self.part = part
    self.hiddenLayers = hiddenLayers
    self.boundaryFeatures = boundaryFeatures
    self.identity = identity
  }
}
