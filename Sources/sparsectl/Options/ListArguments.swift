import ArgumentParser
import SparseCore

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
}
