import ArgumentParser
import SparseCore

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

/// Alternatives separated by commas, each a list joined by `+`, such as `100,40+40`.
struct PlusLists<Element: LosslessStringConvertible & Sendable>: ExpressibleByArgument {
  let lists: [[Element]]

  /// All numbers of all lists.
  var flattened: [Element] { lists.flatMap { $0 } }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let lists = parts.compactMap { part in
      CommaList<Element>(argument: part.replacing("+", with: ","))?.elements
    }
    guard lists.count == parts.count else { return nil }
    self.lists = lists
  }
}

/// Comma-separated pattern families, such as `structured,balanced,full`.
struct FamilyList: Sendable {
  let families: [PatternFamily]

  /// - Throws: `ValidationError` that lists the known families.
  init(parsing argument: String) throws {
    do {
      families = try argument.split(separator: ",", omittingEmptySubsequences: false)
        .map { try PatternFamily(parsing: String($0)) }
    } catch let error as SparseError {
      throw ValidationError("'--pattern': \(error.message)")
    }
  }

  /// Alternatives separated by commas, each one family or families joined by `+`.
  ///
  /// - Throws: `ValidationError` that lists the known families.
  static func alternatives(parsing argument: String) throws -> [[PatternFamily]] {
    try argument.split(separator: ",", omittingEmptySubsequences: false).map { alternative in
      try alternative.split(separator: "+", omittingEmptySubsequences: false).map { text in
        do {
          return try PatternFamily(parsing: String(text))
        } catch let error as SparseError {
          throw ValidationError("'--patterns': \(error.message)")
        }
      }
    }
  }
}
