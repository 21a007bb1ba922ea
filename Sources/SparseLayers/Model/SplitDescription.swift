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
  /// The whole network's ordinary output, which the remote part has.
  public var output: Output

  /// An output of the whole network.
  public struct Output: Codable, Hashable, Sendable {
    /// The branch's name.
    public var branch: String
    /// The branch's task.
    public var task: String
    /// The values for each sample.
    public var size: Int
    /// Its position among the exits of its task, from 0.
    public var exit: Int

    /// Describes an output.
    ///
    /// - Parameters:
    ///   - branch: The branch's name.
    ///   - task: The branch's task.
    ///   - size: The values for each sample.
    ///   - exit: Its position among the exits of its task, from 0.
    public init(branch: String, task: String, size: Int, exit: Int) {
      self.branch = branch
      self.task = task
      self.size = size
      self.exit = exit
    }
  }

  enum CodingKeys: String, CodingKey {
    case part, identity, output
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
  ///   - output: The whole network's ordinary output.
  public init(
    part: Part, hiddenLayers: Int, boundaryFeatures: Int, identity: String, output: Output
  ) {
    self.part = part
    self.hiddenLayers = hiddenLayers
    self.boundaryFeatures = boundaryFeatures
    self.identity = identity
    self.output = output
  }
}
