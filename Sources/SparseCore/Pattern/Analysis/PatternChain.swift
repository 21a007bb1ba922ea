/// Junctions one after the other, the outputs of each being the inputs of the next.
public struct PatternChain: Sendable {
  /// The junctions' patterns, from the first inputs to the last outputs.
  public let patterns: [Pattern]

  /// Joins patterns.
  ///
  /// - Parameter patterns: At least one.
  /// - Throws: `SparseError.Code.shapeMismatch` when there is none, or when one does not take as many
  ///   inputs as the one before has outputs.
  public init(_ patterns: [Pattern]) throws {
    guard !patterns.isEmpty else {
      throw SparseError(.shapeMismatch, "A chain needs at least one pattern, but none was given.")
    }
    for (index, (left, right)) in zip(patterns, patterns.dropFirst()).enumerated()
    where left.outputs != right.inputs {
      throw SparseError(
        .shapeMismatch,
        "Pattern \(index + 1) of a chain has \(left.outputs) outputs, but pattern \(index + 2) takes "
          + "\(right.inputs) inputs. Order them from the first layer to the last.")
    }
    self.patterns = patterns
  }

  /// The left neurons of the first junction.
  public var inputs: Int { patterns[0].inputs }

  /// The right neurons of the last junction.
  public var outputs: Int { patterns[patterns.count - 1].outputs }

  /// The chain seen from the other end: every pattern transposed, the last one first.
  ///
  /// - Returns: A chain whose inputs are this one's outputs, of patterns without recipes.
  /// - Throws: Nothing for patterns that were checked when they were made.
  /// - Complexity: O(*neurons* + *edges*).
  public func reversed() throws -> PatternChain {
    try PatternChain(patterns.reversed().map { try $0.transposed() })
  }
}

extension Pattern {
  /// The pattern whose inputs are this one's outputs, and the reverse.
  ///
  /// - Returns: A pattern without a recipe.
  /// - Throws: Nothing for a pattern that was checked; the checks run again.
  func transposed() throws -> Pattern {
    let seen = transpose
    return try Pattern(
      inputs: outputs, outputs: inputs, rowOffsets: seen.rowOffsets, columns: seen.rows)
  }
}
