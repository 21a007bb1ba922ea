import ArgumentParser
import SparseLayers

/// What follows each hidden junction.
struct HiddenLayerOptions: ParsableArguments {
  @Option(help: "The function after each hidden junction. (default: relu)")
  var activation: Activation.Function?

  @Option(
    help: ArgumentHelp(
      "The dropout rate after each hidden junction. (default: 0)", valueName: "0..<1"))
  var dropout: Double?

  @Flag(
    name: .customLong("batch-norm"), inversion: .prefixedNo,
    help: "Whether to normalise each hidden junction's output.")
  var batchNormalization = false

  func validate() throws {
    if let dropout, !(dropout >= 0 && dropout < 1) {
      throw ValidationError("'--dropout' must be in 0..<1, but is \(dropout).")
    }
  }

  /// Whether any option was given.
  var isGiven: Bool { activation != nil || dropout != nil || batchNormalization }

  /// Sets a recipe as the options say.
  func apply(to recipe: inout NetworkRecipe) {
    if let activation { recipe.activation = activation }
    if let dropout { recipe.dropout = dropout }
    recipe.batchNormalization = batchNormalization
  }
}
