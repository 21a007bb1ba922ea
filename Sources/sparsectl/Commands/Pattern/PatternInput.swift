import ArgumentParser
import SparseCore
import SparseLayers

/// The patterns of a file: one, or those of a model's junctions.
struct PatternInput {
  /// A pattern and what to call it.
  struct Junction {
    let name: String
    let pattern: Pattern
  }

  /// The file.
  let path: String

  /// Whether the file is a model, whose junctions have names.
  private let isModel: Bool

  /// The patterns, in the order in which they run.
  private(set) var junctions: [Junction]

  /// The model's ways from input to output; none for a pattern by itself.
  private(set) var ways: [Way] = []

  /// Junctions that follow each other.
  struct Way {
    /// The branch of a model that they lead to; nil for files.
    let branch: String?
    let names: [String]
    let patterns: PatternChain
  }

  /// Reads a file; one that is no pattern file by name or beginning must be a model.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - isQualified: Whether names of a model's junctions are to begin with that of the file.
  /// - Throws: `SparseError` that names the file and what is wrong with it.
  init(_ path: String, isQualified: Bool = false) throws {
    self.path = path
    let format = try PatternFile.format(of: path)
    isModel = format == nil
    if let format {
      junctions = [Junction(name: path, pattern: try PatternFile.read(path, as: format))]
      return
    }
    let network = try ModelFile(contentsOf: path).network
    func name(_ name: String) -> String { isQualified ? "\(path):\(name)" : name }
    junctions = network.junctions.map { Junction(name: name($0.name), pattern: $0.layer.pattern) }
    ways = try network.junctionChains.map {
      Way(branch: name($0.branch), names: $0.names.map(name), patterns: $0.patterns)
    }
  }

  /// The junctions that an option chooses: all of them without it.
  ///
  /// - Parameter name: A junction's name, or nil.
  /// - Returns: At least one, where the file has any.
  /// - Throws: `SparseError` naming those that there are.
  func junctions(named name: String?) throws -> [Junction] {
    guard let name else { return junctions }
    let chosen = junctions.filter { $0.name == name }
    guard !chosen.isEmpty, isModel else {
      let near = Suggestion.sentence(for: name, among: isModel ? junctions.map(\.name) : [])
      throw SparseError(.invalidArgument, "\(path): has no junction '\(name)'. \(choice)\(near)")
    }
    return chosen
  }

  /// The one junction that an option chooses.
  ///
  /// - Parameter name: A junction's name, or nil where there is but one.
  /// - Returns: That junction.
  /// - Throws: `SparseError` naming those that there are.
  func junction(named name: String?) throws -> Junction {
    let chosen = try junctions(named: name)
    guard chosen.count == 1 else {
      throw SparseError(
        .invalidArgument, "\(path): has \(chosen.count) junctions, but one is wanted. \(choice)")
    }
    return chosen[0]
  }

  private var choice: String {
    guard isModel else {
      return "A pattern file has one pattern without a name: leave '--junction' out."
    }
    let names = junctions.map(\.name).joined(separator: ", ")
    return "Choose with '--junction' among \(names.isEmpty ? "none" : names)."
  }
}

/// Which junction of a model is meant.
struct JunctionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The junction of a model, such as backbone.0.", valueName: "name"))
  var junction: String?
}

/// Where a pattern is written.
struct PatternOutput: ExpressibleByArgument {
  let path: String
  let format: PatternFile.Format

  init?(argument: String) {
    guard let format = PatternFile.Format(path: argument) else { return nil }
    self.format = format
    path = argument
  }

  func write(_ pattern: Pattern) throws {
    try PatternFile.write(pattern, to: path, as: format)
  }
}
