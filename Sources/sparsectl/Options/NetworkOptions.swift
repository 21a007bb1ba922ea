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
        number per junction. Where the family does not admit a density, the nearest is taken and \
        printed. Without densities and out-degrees the network is full.
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
      "The family of the patterns, one or one per junction. (default: structured)",
      discussion: "Known are: \(PatternFamily.usages.joined(separator: ", ")).",
      valueName: "family"))
  var pattern: String?

  @OptionGroup var hiddenLayers: HiddenLayerOptions

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
    if let pattern { _ = try FamilyList(parsing: pattern) }
    try checkCounts()
    guard let layers else { return }
    do {
      _ = try recipe(sizes: layers.elements, seed: 0).patterns()
    } catch let error as SparseError {
      throw ValidationError(error.message)
    }
  }

  /// The junctions of the network when `--layers` is missing.
  private static let defaultJunctions = 3

  private func checkCounts() throws {
    let junctions = layers.map { $0.elements.count - 1 } ?? Self.defaultJunctions
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
    try check("--pattern", pattern?.split(separator: ",").count, allowsOne: true)
  }

  /// Whether any option was given.
  var isGiven: Bool {
    layers != nil || density != nil || outDegrees != nil || pattern != nil || hiddenLayers.isGiven
  }

  /// The recipe that the options describe.
  ///
  /// - Parameters:
  ///   - sizes: The sizes when `--layers` is missing.
  ///   - seed: Decides patterns and initial weights.
  /// - Returns: The recipe, whose patterns may still turn out impossible.
  /// - Throws: `ValidationError` for an unknown pattern family.
  func recipe(sizes: [Int], seed: UInt64) throws -> NetworkRecipe {
    var recipe = NetworkRecipe(
      layerSizes: layers?.elements ?? sizes,
      connectivity: outDegrees.map { .outDegrees($0.elements) }
        ?? .densities(density?.elements ?? [1]),
      families: try pattern.map { try FamilyList(parsing: $0).families } ?? [.structured],
      seed: seed)
    hiddenLayers.apply(to: &recipe)
    return recipe
  }
}
