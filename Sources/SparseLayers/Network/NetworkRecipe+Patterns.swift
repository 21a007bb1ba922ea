public import SparseCore

/// The connections of one junction, before they are made.
public enum JunctionPattern: Hashable, Sendable {
  /// They are drawn.
  case recipe(PatternRecipe)
  /// They were given.
  case given(Pattern)

  /// The number of connections.
  public var edges: Int {
    switch self {
    case .recipe(let recipe): recipe.edges
    case .given(let pattern): pattern.edgeCount
    }
  }

  /// Makes the pattern, which takes time and memory where it is drawn.
  ///
  /// - Returns: The pattern.
  /// - Throws: `SparseError` when the family cannot make it.
  public func makePattern() throws -> Pattern {
    switch self {
    case .recipe(let recipe): try recipe.makePattern()
    case .given(let pattern): pattern
    }
  }
}

extension NetworkRecipe {
  /// The number of junctions of the chain from input to output.
  public var junctionCount: Int { layerSizes.count - 1 }

  /// Works out each junction's pattern, and says where a density had to be rounded.
  ///
  /// - Returns: One pattern per junction from the input to the main task's output, and one sentence
  ///   per rounding anywhere in the network.
  /// - Throws: `SparseError.Code.invalidArgument`, `invalidPattern` or `shapeMismatch`, naming the
  ///   junction.
  public func patterns() throws -> (junctions: [JunctionPattern], roundings: [String]) {
    guard layerSizes.count >= 2 else {
      throw SparseError(
        .invalidArgument,
        "A network needs at least 2 layer sizes, but \(layerSizes.count) were given.")
    }
    if let index = layerSizes.firstIndex(where: { $0 < 1 }) {
      throw SparseError(
        .invalidArgument, "Layer \(index) has size \(layerSizes[index]); sizes are 1 or more.")
    }
    try validateTasks()
    let sources = try junctionSources()
    let amounts = try amounts()
    var found = FoundPatterns()
    for index in 0..<junctionCount - 1 {
      try found.add(
        Junction(
          name: "junction \(index + 1)", number: index, inputs: layerSizes[index],
          outputs: layerSizes[index + 1], seed: seed),
        sources[index], amounts[index])
    }
    for rank in allTasks.indices {
      let head = try headPatterns(rank: rank)
      if rank == 0 { found.junctions += head.junctions }
      found.roundings += head.roundings
    }
    return (found.junctions, found.roundings)
  }

  /// Works out the patterns of one task's head, after the checks of `patterns()`.
  func headPatterns(rank: Int) throws -> (junctions: [JunctionPattern], roundings: [String]) {
    let task = allTasks[rank]
    var found = FoundPatterns()
    let sizes = [layerSizes[junctionCount - 1]] + task.hiddenSizes + [task.classes]
    for depth in 0..<sizes.count - 1 {
      let isOutput = depth == sizes.count - 2
      let isChain = rank == 0 && task.hiddenSizes.isEmpty
      try found.add(
        Junction(
          name: isChain
            ? "junction \(junctionCount)" : "junction \(depth + 1) of task '\(task.name)'",
          number: headNumber(rank: rank, depth: depth), inputs: sizes[depth],
          outputs: sizes[depth + 1], seed: seed),
        isOutput ? junctionSources()[junctionCount - 1] : .family(.balanced),
        isOutput ? amounts()[junctionCount - 1] : .density(task.density))
    }
    return (found.junctions, found.roundings)
  }

  /// How many connections each junction is to keep.
  private func amounts() throws -> [Amount] {
    switch connectivity {
    case .outDegrees(let degrees):
      try oneEach(degrees, "out-degrees", allowsOne: false).map { .outDegree($0) }
    case .densities(let densities) where densities.count == 1:
      try DensityPolicy.uniform.densities(densities[0], layerSizes: layerSizes)
        .map { .density($0) }
    case .densities(let densities): try oneEach(densities, "densities").map { .density($0) }
    case .policy(let policy, let density):
      try policy.densities(density, layerSizes: layerSizes).map { .density($0) }
    case .densest: Array(repeating: .densest, count: junctionCount)
    }
  }

  /// The source of each junction; the output is full where only the hidden junctions were spoken of.
  private func junctionSources() throws -> [PatternSource] {
    var result = try oneEach(sources, "patterns")
    if sources.count == 1, junctionCount > 1 {
      switch connectivity {
      case .densest, .policy(.uniform, _), .policy(.laterDenser, _):
        result[junctionCount - 1] = .family(.full)
      case .densities(let densities) where densities.count == 1:
        result[junctionCount - 1] = .family(.full)
      case .densities, .outDegrees, .policy(.erk, _): break
      }
    }
    return result
  }

  private func oneEach<T>(_ list: [T], _ what: String, allowsOne: Bool = true) throws -> [T] {
    if allowsOne, list.count == 1 { return Array(repeating: list[0], count: junctionCount) }
    guard list.count == junctionCount else {
      throw SparseError(
        .invalidArgument,
        """
        \(list.count) \(what) for \(junctionCount) junctions; give \
        \(allowsOne ? "one, or one per junction" : "one per junction").
        """)
    }
    return list
  }
}

/// How many connections a junction is to keep.
private enum Amount {
  case density(Double)
  case outDegree(Int)
  case densest
}

/// Patterns that were worked out one after the other.
private struct FoundPatterns {
  var junctions: [JunctionPattern] = []
  var roundings: [String] = []

  mutating func add(_ junction: Junction, _ source: PatternSource, _ amount: Amount) throws {
    do {
      let (pattern, rounding) = try junction.pattern(source, amount)
      junctions.append(pattern)
      if let rounding { roundings.append("\(junction): \(rounding)") }
    } catch let error as SparseError {
      throw SparseError(
        error.code, "\(junction.description.capitalizedFirst): \(error.message)", cause: error)
    }
  }
}

/// A junction whose pattern is looked for.
private struct Junction: CustomStringConvertible {
  let name: String
  let number: Int
  let inputs: Int
  let outputs: Int
  let seed: UInt64

  var description: String { "\(name) (\(inputs)→\(outputs))" }

  func pattern(
    _ source: PatternSource, _ amount: Amount
  ) throws -> (pattern: JunctionPattern, rounding: String?) {
    switch source {
    case .given(let given): return try check(given, amount)
    case .family(let family):
      switch amount {
      case .outDegree(let degree):
        let recipe = try PatternRecipe.exact(
          family: family, inputs: inputs, outputs: outputs, outDegree: degree, seed: seed,
          junction: number)
        return (.recipe(recipe), nil)
      case .density(let density): return try drawn(density == 1 ? .full : family, density)
      case .densest:
        // 'nil' is any density, and none is for the family to refuse.
        let densities = try family.admissibleDensities(inputs: inputs, outputs: outputs) ?? [1]
        let densest = densities.last ?? 0.5
        return try drawn(densest == 1 ? .full : family, densest)
      }
    }
  }

  private func drawn(
    _ family: PatternFamily, _ density: Double
  ) throws -> (JunctionPattern, String?) {
    let nearest = try PatternRecipe.nearest(
      family: family, inputs: inputs, outputs: outputs, density: density, seed: seed,
      junction: number)
    return (.recipe(nearest.recipe), nearest.rounding?.reason)
  }

  private func check(
    _ given: GivenPattern, _ amount: Amount
  ) throws -> (JunctionPattern, String?) {
    let pattern = try given.pattern(inputs: inputs, outputs: outputs)
    switch amount {
    case .outDegree(let degree):
      guard degree == pattern.constantOutDegree else {
        let found = pattern.constantOutDegree.map { "out-degree \($0)" } ?? "various out-degrees"
        throw SparseError(
          .invalidPattern,
          "\(given.source): has \(found), not the out-degree \(degree) that is asked for. Give its own, "
            + "or densities instead of out-degrees.")
      }
      return (.given(pattern), nil)
    case .density(let density):
      // A density of so many digits as people write.
      let isAsked = abs(density - pattern.density) < 0.5e-4
      return (
        .given(pattern),
        isAsked ? nil : "\(given.source) has the density \(pattern.density), which is taken"
      )
    case .densest: return (.given(pattern), nil)
    }
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
