// MARK: - From a density or an out-degree

extension PatternRecipe {
  /// A density that a family could not make exactly, and what was taken instead.
  public struct Rounding: Hashable, Sendable, CustomStringConvertible {
    /// The density that was asked for.
    public let requested: Double

    /// The density that was taken.
    public let actual: Double

    /// Why, in a sentence for printing.
    public let reason: String

    /// The whole message, in one line.
    public var description: String { "density \(requested) became \(actual): \(reason)" }
  }

  /// Creates the recipe whose density is nearest to the one asked for.
  ///
  /// - Parameters:
  ///   - family: How the connections are chosen.
  ///   - inputs: Number of left neurons.
  ///   - outputs: Number of right neurons.
  ///   - density: The fraction of connections to keep, above 0 and at most 1.
  ///   - seed: The seed of the whole run.
  ///   - junction: The number of the junction in its network, from 0.
  /// - Returns: The recipe, and what to print when the family does not admit the density. Rounding
  ///   to a whole edge alone is not reported.
  /// - Throws: `SparseError` when the density or a size is out of range.
  public static func nearest(
    family: PatternFamily, inputs: Int, outputs: Int, density: Double, seed: UInt64, junction: Int
  ) throws -> (recipe: PatternRecipe, rounding: Rounding?) {
    guard density > 0, density <= 1 else {
      throw SparseError(
        .invalidArgument,
        "A density is \(density), but must be above 0 and at most 1: it is the fraction of "
          + "connections to keep.")
    }
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    let choice = family.rule.nearestEdges(to: density, in: shape)
    let recipe = try PatternRecipe(
      family: family, inputs: inputs, outputs: outputs, edges: choice.edges, seed: seed,
      junction: junction)
    let rounding = choice.reason.map {
      Rounding(requested: density, actual: recipe.density, reason: $0)
    }
    return (recipe, rounding)
  }

  /// Creates the recipe in which every left neuron has the given out-degree.
  ///
  /// Families without constant degrees get the same number of edges, `inputs * outDegree`.
  ///
  /// - Parameters:
  ///   - family: How the connections are chosen.
  ///   - inputs: Number of left neurons.
  ///   - outputs: Number of right neurons.
  ///   - outDegree: Connections of each left neuron, from 1 to `outputs`.
  ///   - seed: The seed of the whole run.
  ///   - junction: The number of the junction in its network, from 0.
  /// - Returns: The recipe.
  /// - Throws: `SparseError` when the family has no such pattern; the message names the nearest
  ///   out-degrees that it has.
  public static func exact(
    family: PatternFamily, inputs: Int, outputs: Int, outDegree: Int, seed: UInt64, junction: Int
  ) throws -> PatternRecipe {
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    guard outDegree >= 1, outDegree <= outputs else {
      throw SparseError(
        .invalidArgument,
        "An out-degree is \(outDegree), but must be between 1 and \(outputs), the number of "
          + "outputs of this junction with \(inputs) inputs.")
    }
    return try PatternRecipe(
      family: family, inputs: inputs, outputs: outputs, edges: shape.inputs * outDegree,
      seed: seed, junction: junction)
  }
}
