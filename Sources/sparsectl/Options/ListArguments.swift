import ArgumentParser
import SparseCore
import SparseLayers

/// Comma-separated values of one option, such as `784,512,256,10`.
struct CommaList<Element: LosslessStringConvertible & Sendable>: ExpressibleByArgument {
  let elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  /// The list as it is written.
  var text: String { elements.map(\.description).joined(separator: ",") }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let elements = parts.compactMap { Element(String($0.trimmingPrefix(" "))) }
    guard elements.count == parts.count, !elements.isEmpty else { return nil }
    self.elements = elements
  }

  var defaultValueDescription: String { text }
}

extension CommaList<Double> {
  /// Refuses what are no shares of the samples that leave at each exit.
  func requireShares() throws {
    let isWhole = abs(elements.reduce(0, +) - 1) < 1e-6
    guard isWhole, elements.allSatisfy({ (0...1).contains($0) }) else {
      throw ValidationError(
        "'--shares' must each be in 0...1 and 1 together, but are \(text).")
    }
  }
}

/// Alternatives separated by commas, each a list joined by `+`, such as `100,40+40`.
struct PlusLists<Element: LosslessStringConvertible & Sendable>: ExpressibleByArgument {
  let lists: [[Element]]

  /// All numbers of all lists.
  var flattened: [Element] { lists.flatMap { $0 } }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let lists = parts.compactMap { part in
      CommaList<Element>(argument: String(part.replacing("+", with: ",")))?.elements
    }
    guard lists.count == parts.count else { return nil }
    self.lists = lists
  }
}

extension PatternFamily {
  /// A sentence with the family that a text probably means, or nothing where it names one.
  static func suggestion(for text: String) -> String {
    let names = usages.map { String($0.prefix { $0 != ":" }) }
    return Suggestion.sentence(for: String(text.prefix { $0 != ":" }), among: names)
  }
}

/// Comma-separated patterns, such as `structured,clash-free:1,z=8,links.mtx`.
struct PatternList: Sendable {
  /// A family, or the path of a file that was not read yet.
  enum Entry: Sendable {
    case family(PatternFamily)
    case file(String)

    /// The source, whose file is read.
    func source() throws -> PatternSource {
      switch self {
      case .family(let family): .family(family)
      case .file(let path): .given(try GivenPattern(contentsOf: path))
      }
    }
  }

  let entries: [Entry]

  /// How patterns are written, for help texts.
  static let usage =
    "Known are: \(PatternFamily.usages.joined(separator: "; ")); and file:PATH, or a path that ends in "
    + ".mtx or .npz, for a Matrix Market file or one of scipy.sparse.save_npz."

  /// - Throws: `ValidationError` that lists the known families.
  init(parsing argument: String) throws {
    entries = try PatternFamily.split(list: argument).map {
      try Self.entry($0, option: "--pattern")
    }
  }

  private static func entry(_ text: String, option: String) throws -> Entry {
    if let path = PatternSource.path(in: text) { return .file(path) }
    do {
      return .family(try PatternFamily(parsing: text))
    } catch let error as SparseError {
      throw ValidationError("'\(option)': \(error.message)\(PatternFamily.suggestion(for: text))")
    }
  }

  /// Whether files are among them.
  var namesFiles: Bool {
    entries.contains { if case .file = $0 { true } else { false } }
  }

  /// The families, where no file will do.
  var families: [PatternFamily] {
    get throws {
      try entries.map { entry in
        guard case .family(let family) = entry else {
          throw ValidationError("'--pattern' takes families here, and no files.")
        }
        return family
      }
    }
  }

  /// Reads the files.
  func sources() throws -> [PatternSource] { try entries.map { try $0.source() } }

  /// Alternatives separated by commas, each one pattern or patterns joined by `+`.
  ///
  /// - Throws: `ValidationError` that lists the known families.
  static func alternatives(parsing argument: String) throws -> [[Entry]] {
    var alternatives: [[String]] = []
    let texts = argument.split(separator: "+", omittingEmptySubsequences: false)
    for (index, text) in texts.enumerated() {
      let parts = PatternFamily.split(list: String(text))
      // What follows a plus belongs to what stands before it.
      if index > 0 { alternatives[alternatives.count - 1] += parts.prefix(1) }
      alternatives += parts.dropFirst(index > 0 ? 1 : 0).map { [$0] }
    }
    return try alternatives.map { try $0.map { try entry($0, option: "--patterns") } }
  }
}
