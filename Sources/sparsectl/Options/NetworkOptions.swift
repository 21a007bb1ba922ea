import ArgumentParser
import SparseCore
import SparseLayers

/// The network: sizes, densities, patterns.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Input, hidden and output sizes.",
      discussion: "Without it: the data's features, 512, 256, the data's classes.",
      valueName: "784,512,256,10"))
  var layers: CommaList<Int>?

  @Option(
    help: ArgumentHelp(
      "The kept fraction of the connections, above 0 up to 1.",
      discussion: """
        One number is for every hidden junction, and the output junction stays full; a list has one \
        number per junction.
        """,
      valueName: "0.25"))
  var density: CommaList<Double>?

  @Option(
    name: .customLong("out-degrees"),
    help: ArgumentHelp(
      "The connections of each left neuron, one number per junction, instead of densities.",
      valueName: "20,10"))
  var outDegrees: CommaList<Int>?

  @Option(
    help: ArgumentHelp(
      "The family of the patterns, one or one per junction: \(PatternFamily.usages.joined(separator: ", ")).",
      valueName: "family"))
  var pattern: String?

  @Option(help: "The function after each hidden junction.")
  var activation: Activation.Function?

  @Option(help: ArgumentHelp("The dropout rate after each hidden junction.", valueName: "0..<1"))
  var dropout: Double?

  @Flag(name: .customLong("batch-norm"), help: "Normalise each hidden junction's output.")
  var batchNormalization = false

  func validate() throws {
    if density != nil, outDegrees != nil {
      throw ValidationError("'--density' and '--out-degrees' say the same thing twice; give one.")
    }
    for density in density?.elements ?? [] where !(density > 0 && density <= 1) {
      throw ValidationError("'--density' must be above 0 and at most 1, but is \(density).")
    }
    for degree in outDegrees?.elements ?? [] where degree < 1 {
      throw ValidationError("'--out-degrees' must be 1 or more, but one is \(degree).")
    }
    if let sizes = layers?.elements {
      guard sizes.count >= 2 else {
        throw ValidationError("'--layers' needs at least an input and an output size.")
      }
      if let size = sizes.first(where: { $0 < 1 || $0 > Pattern.maximumNeurons }) {
        throw ValidationError(
          "'--layers' sizes must be in 1...\(Pattern.maximumNeurons), but one is \(size).")
      }
    }
    if let dropout, !(dropout >= 0 && dropout < 1) {
      throw ValidationError("'--dropout' must be in 0..<1, but is \(dropout).")
    }
    if let pattern { _ = try FamilyList(parsing: pattern) }
  }

  /// The recipe that the options describe.
  ///
  /// - Parameters:
  ///   - sizes: The sizes when `--layers` is missing.
  ///   - seed: Decides patterns and initial weights.
  func recipe(sizes: [Int], seed: UInt64) throws -> NetworkRecipe {
    var recipe = NetworkRecipe(
      layerSizes: layers?.elements ?? sizes,
      connectivity: outDegrees.map { .outDegrees($0.elements) }
        ?? .densities(density?.elements ?? [1]),
      families: try pattern.map { try FamilyList(parsing: $0).families } ?? [.structured],
      seed: seed)
    if let activation { recipe.activation = activation }
    if let dropout { recipe.dropout = dropout }
    recipe.batchNormalization = batchNormalization
    return recipe
  }
}
