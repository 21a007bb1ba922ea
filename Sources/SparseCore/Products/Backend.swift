/// Which implementation computes the products of a junction.
public enum Backend: String, CaseIterable, Codable, Sendable {
  /// The fastest that is available and agrees with the engine of record on the pattern at hand.
  case auto
  /// SuiteSparse:GraphBLAS, the engine of record.
  case suiteSparse = "suitesparse"
  /// Plain Swift loops: slow, short, and the oracle that the others are tested against.
  case reference
}

extension Backend {
  /// Plans the products of one junction.
  ///
  /// - Parameters:
  ///   - pattern: The junction's connections.
  ///   - threads: The most threads one product may use.
  /// - Returns: A plan whose `backend` says what was chosen.
  /// - Throws: `SparseError.Code.backend` when the library cannot be started or has no memory.
  public func plan(_ pattern: Pattern, threads: Int = 1) throws -> any JunctionPlan {
    switch self {
    case .auto, .suiteSparse: try SuiteSparsePlan(pattern, threads: threads)
    case .reference: ReferencePlan(pattern)
    }
  }
}
