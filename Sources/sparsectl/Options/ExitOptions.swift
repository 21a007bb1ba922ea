import ArgumentParser
import SparseCore
import SparseLayers

/// Exits along the backbone, for training.
struct ExitOptions: ParsableArguments {
  enum Training: String, CaseIterable, ExpressibleByArgument {
    case joint, frozen
  }

  @Option(
    help: ArgumentHelp(
      "The hidden layers after which an exit leaves, counted from 1.", valueName: "1,2"))
  var exits: CommaList<Int>?

  @Option(
    name: .customLong("exit-layers"),
    help: ArgumentHelp(
      "The layers of each exit's own head. (default: 1, a linear one)", valueName: "count"))
  var layers: Int?

  @Option(
    name: .customLong("exit-width"),
    help: ArgumentHelp(
      "The neurons of a head's hidden layers. (default: 64)", valueName: "count"))
  var width: Int?

  @Option(
    name: .customLong("exit-density"),
    help: ArgumentHelp(
      "The density of a head's hidden junctions. (default: 1)", valueName: "0.25"))
  var density: Double?

  @Option(
    name: .customLong("exit-weights"),
    help: ArgumentHelp(
      "The loss weights of the exits, the output last. (default: 1 each, and 0.3 for the output)",
      valueName: "1,1,0.3"))
  var weights: CommaList<Float>?

  @Option(
    name: .customLong("exit-training"),
    help: ArgumentHelp(
      "Whether exits are trained with the backbone, or on the backbone as it is. (default: joint)",
      discussion: "frozen needs --from, a model whose backbone and output stay as they are."))
  var training: Training?

  @Option(
    help: ArgumentHelp(
      "Start from this model's network, and add the exits to it.", valueName: "model"))
  var from: String?

  func validate() throws {
    let depending: [(name: String, isGiven: Bool)] = [
      ("--exit-layers", layers != nil), ("--exit-width", width != nil),
      ("--exit-density", density != nil), ("--exit-weights", weights != nil),
      ("--exit-training", training != nil),
    ]
    if exits == nil, let option = depending.first(where: \.isGiven) {
      throw ValidationError("'\(option.name)' says something of exits; name them with '--exits'.")
    }
    if width != nil || density != nil, layers ?? 1 < 2 {
      throw ValidationError(
        "'--exit-width' and '--exit-density' are for hidden layers; give '--exit-layers' 2 or more."
      )
    }
    if training == .frozen, from == nil {
      throw ValidationError(
        "'--exit-training frozen' trains exits on a finished backbone; name its model with '--from'."
      )
    }
    if let position = exits?.elements.first(where: { $0 < 1 }) {
      throw ValidationError(
        """
        '--exits': An exit is to leave after hidden layer \(position), but hidden layers are counted \
        from 1.
        """)
    }
    do {
      // What depends on the network is checked when it is known.
      try recipe?.validate(hiddenLayers: exits?.elements.max() ?? 0)
    } catch let error as SparseError {
      throw ValidationError("'--exits': \(error.message)")
    }
  }

  /// The exits, if any are asked for.
  var recipe: ExitRecipe? {
    guard let exits else { return nil }
    var recipe = ExitRecipe(positions: exits.elements)
    if let layers { recipe.depth = layers }
    if let width { recipe.width = width }
    if let density { recipe.density = density }
    recipe.lossWeights = weights?.elements
    return recipe
  }

  /// The branches that are trained; nil for the whole network.
  var trainedBranches: Set<String>? {
    guard training == .frozen, let exits else { return nil }
    return Set(exits.elements.map { "exit\($0)" })
  }
}
