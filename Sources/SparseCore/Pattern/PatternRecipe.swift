/// Everything that is needed to make a pattern again: a few numbers instead of its connections.
///
/// The same recipe gives the same pattern on every platform and in every version; a stored
/// `Pattern.sha256` proves it. Recipes from files are checked like any other input, and before
/// anything of the size that they ask for is allocated.
public struct PatternRecipe: Hashable, Sendable {
  /// How the connections are chosen.
  public let family: PatternFamily

  /// Number of left neurons.
  public let inputs: Int

  /// Number of right neurons.
  public let outputs: Int

  /// The exact number of connections.
  public let edges: Int

  /// The seed of the whole run.
  public let seed: UInt64

  /// The number of the junction in its network, from 0: each has a random stream of its own.
  public let junction: Int

  /// Creates a recipe from exact numbers.
  ///
  /// - Parameters:
  ///   - family: How the connections are chosen.
  ///   - inputs: Number of left neurons.
  ///   - outputs: Number of right neurons.
  ///   - edges: The exact number of connections.
  ///   - seed: The seed of the whole run.
  ///   - junction: The number of the junction in its network, from 0.
  /// - Throws: `SparseError` when the family has no pattern with these sizes.
  public init(
    family: PatternFamily,
    inputs: Int,
    outputs: Int,
    edges: Int,
    seed: UInt64,
    junction: Int
  ) throws {
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    try shape.check(edges: edges)
    try family.rule.check(edges: edges, in: shape)
    guard junction >= 0 else {
      throw SparseError(
        .invalidArgument,
        "A recipe's junction is \(junction), but junctions count from 0."
      )
    }
    self.family = family
    self.inputs = inputs
    self.outputs = outputs
    self.edges = edges
    self.seed = seed
    self.junction = junction
  }

  /// The kept fraction: edges over `inputs * outputs`.
  public var density: Double { Double(edges) / (Double(inputs) * Double(outputs)) }

  /// The random numbers that decide the connections, from the first on.
  var randomStream: RandomStream {
    RandomStream(seed: seed, purpose: "pattern", index: junction)
  }

  /// Makes the pattern.
  ///
  /// - Returns: The one pattern that this recipe describes.
  /// - Throws: `SparseError` when the family cannot make it, `unsupported` when it fits no memory.
  /// - Complexity: Memory O(*inputs* + *outputs* + *edges*).
  public func makePattern() throws -> Pattern {
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    try checkMemory()
    var random = randomStream
    let rows = try family.rule.makeRows(edges: edges, in: shape, using: &random)
    return try Pattern(
      inputs: inputs,
      outputs: outputs,
      rowOffsets: rows.offsets,
      columns: rows.columns,
      recipe: self
    )
  }

  /// A few numbers can ask for more than there is, and running out of memory ends a program.
  private func checkMemory() throws {
    // The pattern and its transpose, and a weight for each connection of both.
    let bytes = 16 * Double(edges)
    guard bytes <= MemoryLimit.bytes else {
      throw SparseError(
        .unsupported,
        """
        A junction of \(edges) connections takes \(Int(bytes / 1e9)) GB and more, and this process can \
        have \(Int(MemoryLimit.bytes / 1e9)). Take a lower density or smaller layers.
        """)
    }
  }
}

// MARK: - Description

extension PatternRecipe: CustomStringConvertible {
  /// One line with every number of the recipe.
  public var description: String {
    "\(family) pattern, \(inputs) inputs, \(outputs) outputs, \(edges) edges, seed \(seed), "
      + "junction \(junction)"
  }
}

// MARK: - Codable

extension PatternRecipe: Codable {
  private enum Key: String, CodingKey {
    case family, inputs, outputs, edges, seed, junction
  }

  /// Reads and checks a recipe.
  ///
  /// - Parameter decoder: Where to read from.
  /// - Throws: `SparseError` when the family has no pattern with these sizes, `DecodingError` when
  ///   a value is missing or is not of its type.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    try self.init(
      family: values.decode(PatternFamily.self, forKey: .family),
      inputs: values.decode(Int.self, forKey: .inputs),
      outputs: values.decode(Int.self, forKey: .outputs),
      edges: values.decode(Int.self, forKey: .edges),
      seed: values.decode(UInt64.self, forKey: .seed),
      junction: values.decode(Int.self, forKey: .junction)
    )
  }

  /// Writes the recipe.
  ///
  /// - Parameter encoder: Where to write to.
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(family, forKey: .family)
    try values.encode(inputs, forKey: .inputs)
    try values.encode(outputs, forKey: .outputs)
    try values.encode(edges, forKey: .edges)
    try values.encode(seed, forKey: .seed)
    try values.encode(junction, forKey: .junction)
  }
}
