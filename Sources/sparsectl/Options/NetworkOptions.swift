import ArgumentParser
import SparseCore
import SparseLayers

/// The network: sizes, densities, patterns.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Input, hidden and output sizes.",
      discussion: "A training takes the data's features, 512, 256, the data's classes by default.",
      valueName: "784,512,256,10"))
  var layers: CommaList<Int>?

  @Option(
    help: ArgumentHelp(
      "The kept fraction of the connections, above 0 up to 1.",
      discussion: """
        One number is for every hidden junction, and the output junction stays full; a list has one \
        number per junction. Where the family does not admit a density, the nearest is taken and \
        printed. Without densities and out-degrees the network is full, but for patterns that fix \
        their density: nm and files.
        """,
      valueName: "0.25"))
  var density: CommaList<Double>?

  @Option(
    name: .customLong("density-policy"),
    help: ArgumentHelp(
      "How one density is dealt out to the junctions. (default: uniform)",
      discussion: """
        uniform: every hidden junction has it, and the output is full. erk: the whole network has it, \
        each junction in proportion to (inputs + outputs)/(inputs · outputs), at most 1. later-denser: \
        as many weights as uniform, hidden junction k in proportion to k, and the output full.
        """))
  var densityPolicy: DensityPolicy?

  @Option(
    name: .customLong("out-degrees"),
    help: ArgumentHelp(
      "The connections of each left neuron, one number per junction, instead of densities.",
      valueName: "20,10"))
  var outDegrees: CommaList<Int>?

  @Option(
    help: ArgumentHelp(
      "The patterns' family, or a file; one or one per junction. (default: structured)",
      discussion: PatternList.usage, valueName: "family"))
  var pattern: String?

  @OptionGroup var hiddenLayers: HiddenLayerOptions

  func validate() throws {
    if density != nil, outDegrees != nil {
      throw ValidationError("'--density' and '--out-degrees' say the same thing twice; give one.")
    }
    if let densityPolicy, density?.elements.count != 1 {
      throw ValidationError(
        "'--density-policy \(densityPolicy.rawValue)' deals out one '--density'; give one number.")
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
    let patterns = try pattern.map { try PatternList(parsing: $0) }
    try checkCounts(patterns: patterns?.entries.count)
    // Files are read when the network is made.
    guard let layers, patterns?.namesFiles != true else { return }
    do {
      _ = try recipe(sizes: layers.elements, seed: 0).patterns()
    } catch let error as SparseError {
      throw ValidationError(error.message)
    }
  }

  /// The junctions of the network when `--layers` is missing.
  private static let defaultJunctions = 3

  /// The junctions of the network, from input to output.
  var junctionCount: Int { layers.map { $0.elements.count - 1 } ?? Self.defaultJunctions }

  private func checkCounts(patterns: Int?) throws {
    let junctions = junctionCount
    func check(_ option: String, _ count: Int?, allowsOne: Bool) throws {
      guard let count, count != junctions, !(allowsOne && count == 1) else { return }
      let network =
        layers == nil
        ? "the network without '--layers' has \(junctions) junctions"
        : "'--layers' makes \(junctions)"
      throw ValidationError(
        """
        '\(option)' lists \(count) values, but \(network); give \
        \(allowsOne ? "one, or one per junction" : "one per junction").
        """)
    }
    try check("--density", density?.elements.count, allowsOne: true)
    try check("--out-degrees", outDegrees?.elements.count, allowsOne: false)
    try check("--pattern", patterns, allowsOne: true)
  }

  /// The files of patterns that are read.
  var patternFiles: [String] {
    let entries = pattern.flatMap { try? PatternList(parsing: $0) }?.entries ?? []
    return entries.compactMap { if case .file(let path) = $0 { path } else { nil } }
  }

  /// Whether any option was given.
  var isGiven: Bool {
    layers != nil || density != nil || densityPolicy != nil || outDegrees != nil || pattern != nil
      || hiddenLayers.isGiven
  }

  /// The recipe that the options describe.
  ///
  /// - Parameters:
  ///   - sizes: The sizes when `--layers` is missing.
  ///   - seed: Decides patterns and initial weights.
  /// - Returns: The recipe, whose patterns may still turn out impossible.
  /// - Throws: `ValidationError` for an unknown pattern family, `SparseError` for a file that holds no
  ///   pattern.
  func recipe(sizes: [Int], seed: UInt64) throws -> NetworkRecipe {
    var recipe = NetworkRecipe(
      layerSizes: layers?.elements ?? sizes,
      connectivity: connectivity,
      sources: try pattern.map { try PatternList(parsing: $0).sources() } ?? [.family(.structured)],
      seed: seed)
    hiddenLayers.apply(to: &recipe)
    return recipe
  }

  private var connectivity: NetworkRecipe.Connectivity {
    if let outDegrees { return .outDegrees(outDegrees.elements) }
    guard let densities = density?.elements else { return .densest }
    if let densityPolicy { return .policy(densityPolicy, density: densities[0]) }
    return .densities(densities)
  }
}
