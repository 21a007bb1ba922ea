import SparseCore
import SparseLayers

/// Looks at patterns by themselves, and at those that follow each other as one network.
struct PatternExamination {
  private let sources: [PatternInput]
  private let memories: [Int]
  private let windows: (Int) throws -> ScatterWindows?
  private let ways: [PatternInput.Way]

  /// Finds out what follows what.
  ///
  /// - Parameters:
  ///   - sources: Pattern files and models.
  ///   - memories: The memories of each junction's inputs: none, one for all, or one each.
  ///   - windows: The windows of a layer that reads the data, by its neurons; nil for the smallest.
  init(
    _ sources: [PatternInput], memories: [Int],
    windows: @escaping (_ neurons: Int) throws -> ScatterWindows?
  ) {
    self.sources = sources
    self.memories = memories
    self.windows = windows
    var ways = sources.flatMap(\.ways)
    let files = sources.filter(\.ways.isEmpty).flatMap(\.junctions)
    if files.count > 1, let chain = try? PatternChain(files.map(\.pattern)) {
      ways.append(
        PatternInput.Way(branch: nil, names: files.map(\.name), patterns: chain))
    }
    self.ways = ways
  }

  /// Looks at each pattern.
  ///
  /// - Throws: `SparseError` when the memories or windows do not fit a pattern.
  func junctions() throws -> [JunctionCheck] {
    let all = sources.flatMap(\.junctions)
    guard memories.count <= 1 || memories.count == all.count else {
      throw SparseError(
        .invalidArgument,
        "'--z' lists \(memories.count) numbers for \(all.count) patterns; give one, or one each.")
    }
    let later = Set(ways.flatMap { $0.names.dropFirst() })
    return try all.enumerated().map { index, junction in
      let pattern = junction.pattern
      let chain = try PatternChain([pattern])
      let count =
        memories.isEmpty ? pattern.recipe?.family.memories : memories[index % memories.count]
      return JunctionCheck(
        summary: try PatternSummary(junction),
        scatter: try chain.scatter(
          inputs: later.contains(junction.name) ? nil : try windows(pattern.inputs)),
        memories: try count.map { ($0, try pattern.firstMemoryClash(memories: $0)) })
    }
  }

  /// Looks at patterns that follow each other.
  ///
  /// - Throws: `SparseError` when the windows do not fit.
  func chains() throws -> [ChainCheck] {
    try ways.filter { $0.names.count > 1 }.map { way in
      ChainCheck(
        name: way.branch, junctions: way.names, connectivity: way.patterns.connectivity,
        scatter: try way.patterns.scatter(inputs: try windows(way.patterns.inputs)))
    }
  }
}
