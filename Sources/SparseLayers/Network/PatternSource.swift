public import SparseCore

/// Where the connections of a junction come from.
public enum PatternSource: Hashable, Sendable {
  /// A family draws them.
  case family(PatternFamily)
  /// The user gives them.
  case given(GivenPattern)

  /// Reads a source from its text.
  ///
  /// - Parameter text: `file:` and a path, or a path that ends as pattern files do (`.mtx`, `.npz`,
  ///   `.csv`), whose file is read; or the text of a family.
  /// - Throws: `SparseError` when there is no such family, or the file holds no pattern.
  public init(parsing text: String) throws {
    if let path = Self.path(in: text) {
      self = .given(try GivenPattern(contentsOf: path))
    } else {
      self = .family(try PatternFamily(parsing: text))
    }
  }

  /// The path that a text names.
  ///
  /// - Parameter text: A text as `init(parsing:)` reads.
  /// - Returns: The path, or `nil` when the text is not one of a file.
  public static func path(in text: String) -> String? {
    if text.hasPrefix("file:") { return String(text.dropFirst(5)) }
    return PatternFile.Format(path: text) == nil ? nil : text
  }
}

/// A pattern of the user's own, known by its digest.
///
/// Two are equal when their connections are, wherever they were read. A recipe in a model file knows
/// the digest only; the connections themselves are among the model's arrays.
public struct GivenPattern: Sendable {
  /// What to call it: the path of its file.
  public let source: String

  /// The digest of the connections, `Pattern.sha256`.
  public let sha256: String

  /// The connections; `nil` when all that is known is the digest.
  public let pattern: Pattern?

  /// Gives a pattern a name.
  ///
  /// - Parameters:
  ///   - pattern: The connections.
  ///   - source: What to call it, such as the path of its file.
  /// - Throws: `SparseError` when the digest cannot be computed.
  public init(_ pattern: Pattern, source: String) throws {
    self.pattern = pattern
    self.source = source
    sha256 = try pattern.sha256
  }

  /// Reads a file.
  ///
  /// - Parameter path: A file as `Pattern.init(contentsOf:)` reads.
  /// - Throws: As that does.
  public init(contentsOf path: String) throws {
    try self.init(Pattern(contentsOf: path), source: path)
  }

  /// The connections, for a junction of these sizes.
  func pattern(inputs: Int, outputs: Int) throws -> Pattern {
    guard let pattern else {
      throw SparseError(
        .invalidArgument,
        "The connections of '\(source)' are not part of the recipe, only their SHA-256, "
          + "\(sha256.prefix(12))…. Name the file again, or use the network of the model file.")
    }
    guard pattern.inputs == inputs, pattern.outputs == outputs else {
      let isTransposed = pattern.inputs == outputs && pattern.outputs == inputs
      throw SparseError(
        .shapeMismatch,
        "\(source): has \(pattern.outputs) rows (outputs) and \(pattern.inputs) columns (inputs), but "
          + "the junction has \(outputs) outputs and \(inputs) inputs. "
          + (isTransposed ? "Save the transposed matrix." : "Give a pattern of that shape."))
    }
    return pattern
  }
}

// MARK: - Hashable

extension GivenPattern: Hashable {
  /// Tells whether two patterns have the same connections.
  public static func == (left: Self, right: Self) -> Bool { left.sha256 == right.sha256 }

  /// Feeds the digest to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(sha256) }
}

// MARK: - Codable

extension GivenPattern: Codable {
  private enum CodingKeys: String, CodingKey { case source, sha256 }

  /// Reads the name and the digest; the connections are not there.
  ///
  /// - Parameter decoder: Where to read from.
  /// - Throws: What the decoder throws.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    source = try values.decode(String.self, forKey: .source)
    sha256 = try values.decode(String.self, forKey: .sha256)
    pattern = nil
  }

  /// Writes the name and the digest.
  ///
  /// - Parameter encoder: Where to write to.
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(source, forKey: .source)
    try values.encode(sha256, forKey: .sha256)
  }
}

extension PatternSource: Codable {
  /// Reads the text of a family, or an object for a pattern that was given.
  ///
  /// - Parameter decoder: Where to read from.
  /// - Throws: `SparseError` for a family that is not known, what the decoder throws for other things.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.singleValueContainer(),
      let text = try? container.decode(String.self)
    {
      self = .family(try PatternFamily(parsing: text))
    } else {
      self = .given(try GivenPattern(from: decoder))
    }
  }

  /// Writes the text of a family, or an object for a pattern that was given.
  ///
  /// - Parameter encoder: Where to write to.
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .family(let family): try family.encode(to: encoder)
    case .given(let pattern): try pattern.encode(to: encoder)
    }
  }
}
