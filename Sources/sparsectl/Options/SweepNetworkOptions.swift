import ArgumentParser
import SparseCore
import SparseLayers

/// The networks of a sweep: lists of sizes, densities and patterns.
struct SweepNetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The hidden sizes of each network. (default: 512+256)",
      discussion: "With a budget and densities, they are proportions: the budget sets the width.",
      valueName: "100,40+40"))
  var hidden: PlusLists<Int>?

  @Option(
    help: ArgumentHelp(
      "The kept fractions. (default: 0.05,0.1,0.25,0.5,1)",
      discussion: """
        One number is for every hidden junction, and the output junction stays full; 0.2+0.5+1 has \
        one number per junction.
        """,
      valueName: "0.05,0.1"))
  var densities: PlusLists<Double>?

  @Option(
    name: .customLong("out-degrees"),
    help: ArgumentHelp(
      "The connections of each left neuron, one number per junction; beside densities or instead.",
      valueName: "20+10,5+10"))
  var outDegrees: PlusLists<Int>?

  @Option(
    help: ArgumentHelp(
      "The pattern families, each for all junctions, or as structured+full one per junction. (default: structured)",
      discussion: PatternList.usage,
      valueName: "structured,random"))
  var patterns: String?

  @Option(
    name: .customLong("budget-weights"),
    help: ArgumentHelp(
      "Give every network as many weights, within a tenth and never more.",
      discussion: """
        Without --densities, each of the hidden sizes gets the density that fits; with them, each \
        density gets the width that fits: large and sparse against small and dense.
        """,
      valueName: "count"))
  var budget: Int?

  @Option(
    help: ArgumentHelp(
      "Also train the full network of these hidden sizes, and compare all others with it.",
      discussion:
        "Without it, the largest full network of the lists is what others are compared with.",
      valueName: "512+256"))
  var reference: PlusLists<Int>?

  /// The most networks of a sweep.
  static let maximumNetworks = 10_000

  func validate() throws {
    if let reference, reference.lists.count != 1 {
      throw ValidationError(
        "'--reference' is one network, but lists \(reference.lists.count); join its layers by '+'.")
    }
    for size in reference?.flattened ?? [] where !(1...Pattern.maximumNeurons).contains(size) {
      throw ValidationError(
        "'--reference' sizes must be in 1...\(Pattern.maximumNeurons), but one is \(size).")
    }
    for size in hidden?.flattened ?? [] where !(1...Pattern.maximumNeurons).contains(size) {
      throw ValidationError(
        "'--hidden' sizes must be in 1...\(Pattern.maximumNeurons), but one is \(size).")
    }
    for density in densities?.flattened ?? [] where !(density > 0 && density <= 1) {
      throw ValidationError("'--densities' must be above 0 and at most 1, but one is \(density).")
    }
    for degree in outDegrees?.flattened ?? [] where degree < 1 {
      throw ValidationError("'--out-degrees' must be 1 or more, but one is \(degree).")
    }
    if let budget {
      guard budget >= 1 else {
        throw ValidationError("'--budget-weights' must be 1 or more, but is \(budget).")
      }
      guard outDegrees == nil else {
        throw ValidationError(
          "'--budget-weights' decides the connections, and so does '--out-degrees'; give one.")
      }
    }
    try check("--densities", densities?.lists.map(\.count), allowsOne: true)
    try check("--out-degrees", outDegrees?.lists.map(\.count), allowsOne: false)
    let patterns = try patternLists()
    try check("--patterns", patterns.map(\.count), allowsOne: true)
    let count = hiddenSizes.count * max(connectivities.count, 1) * patterns.count
    guard count <= Self.maximumNetworks else {
      throw ValidationError(
        "The lists make \(count) networks; at most \(Self.maximumNetworks) are one sweep.")
    }
  }

  /// Every list must fit one of the networks.
  private func check(_ option: String, _ counts: [Int]?, allowsOne: Bool) throws {
    let junctions = Set(hiddenSizes.map { $0.count + 1 })
    for count in counts ?? [] where !(junctions.contains(count) || allowsOne && count == 1) {
      let numbers = junctions.sorted().map(String.init).joined(separator: " or ")
      throw ValidationError(
        """
        '\(option)' has a list of \(count), but the networks have \(numbers) junctions; give \
        \(allowsOne ? "one number, or one per junction" : "one per junction"), joined by '+'.
        """)
    }
  }

  private var hiddenSizes: [[Int]] { hidden?.lists ?? [[512, 256]] }

  private var connectivities: [NetworkRecipe.Connectivity] {
    let degrees = (outDegrees?.lists ?? []).map { NetworkRecipe.Connectivity.outDegrees($0) }
    let usual = outDegrees == nil && budget == nil ? [[0.05], [0.1], [0.25], [0.5], [1]] : []
    return (densities?.lists ?? usual).map { .densities($0) } + degrees
  }

  /// The files of patterns that are read.
  var patternFiles: [String] {
    ((try? patternLists()) ?? []).flatMap(\.self).compactMap {
      if case .file(let path) = $0 { path } else { nil }
    }
  }

  private func patternLists() throws -> [[PatternList.Entry]] {
    guard let patterns else { return [[.family(.structured)]] }
    return try PatternList.alternatives(parsing: patterns)
  }

  /// The networks that the options describe.
  ///
  /// - Parameter common: What all networks share.
  /// - Returns: The grid.
  /// - Throws: `SparseError` for a file that holds no pattern.
  func grid(_ common: NetworkRecipe) throws -> SweepGrid {
    SweepGrid(
      common: common, hidden: hiddenSizes, connectivities: connectivities,
      sources: try patternLists().map { try $0.map { try $0.source() } }, budget: budget,
      reference: reference?.lists[0])
  }
}
