import SparseLayers

@testable import SparseCore

extension FuzzReader {
  static func matrixMarket(_ bytes: [UInt8]) throws -> Bool {
    try isPattern(PatternFaults(matrixMarketBytes: bytes, source: "input")) {
      try Pattern(matrixMarketBytes: bytes, source: "input")
    }
  }

  static func edgeList(_ bytes: [UInt8]) throws -> Bool {
    try isPattern(PatternFaults(edgeListBytes: bytes, source: "input")) {
      try Pattern(edgeListBytes: bytes, source: "input")
    }
  }

  /// A file is read exactly when looking for its faults finds none.
  private static func isPattern(
    _ faults: PatternFaults, _ read: () throws -> Pattern
  ) throws -> Bool {
    guard let pattern = try outcome(of: read) else {
      try require(faults.count > 0, "refused, although no fault is found")
      return false
    }
    try require(faults.count == 0, "read in spite of \(faults.count) faults")
    try checkWritten(pattern)
    return true
  }

  static func checkWritten(_ pattern: Pattern) throws {
    guard pattern.inputs + pattern.outputs <= writtenNeurons else { return }
    let texts: [(Pattern) throws -> Pattern] = [
      { try Pattern(matrixMarketText: $0.matrixMarketText(), source: "written") },
      { try Pattern(edgeListBytes: Array($0.edgeListText().utf8), source: "written") },
      { pattern in try withFile(pattern.npzBytes()) { try Pattern(contentsOf: $0) } },
    ]
    for again in texts {
      let found = try must("reading a pattern again") { try again(pattern) }
      try require(found == pattern, "another pattern")
    }
  }
}
