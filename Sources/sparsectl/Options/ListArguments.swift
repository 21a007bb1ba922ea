import ArgumentParser
import SparseCore
import SparseLayers

/// Comma-separated values of one option, such as `784,512,256,10`.
struct CommaList<Element: LosslessStringConvertible & Sendable>: ExpressibleByArgument {
  let elements: [Element]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let elements = parts.compactMap { Element(String($0.trimmingPrefix(" "))) }
    guard elements.count == parts.count, !elements.isEmpty else { return nil }
    self.elements = elements
  }
}

/// Comma-separated patterns, such as `structured,clash-free:1,z=8,links.mtx`.
struct PatternList: Sendable {
  /// A family, or the path of a file that was not read yet.
  enum Entry: Sendable {
    case family(PatternFamily)
    case file(String)
  }

  let entries: [Entry]

  /// How patterns are written, for help texts.
  static let usage =
    "Known are: \(PatternFamily.usages.joined(separator: "; ")); and file:PATH, or a path that ends in "
    + ".mtx or .npz, for a Matrix Market file or one of scipy.sparse.save_npz."

  /// - Throws: `ValidationError` that lists the known families.
  init(parsing argument: String) throws {
    do {
      entries = try PatternFamily.split(list: argument).map { text in
        if let path = PatternSource.path(in: text) { return .file(path) }
        return .family(try PatternFamily(parsing: text))
      }
    } catch let error as SparseError {
      throw ValidationError("'--pattern': \(error.message)")
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
  func sources() throws -> [PatternSource] {
    try entries.map { entry in
      switch entry {
      case .family(let family): .family(family)
      case .file(let path): .given(try GivenPattern(contentsOf: path))
      }
    }
  }
}
