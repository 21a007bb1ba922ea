import SparseCore
import Testing
import _SparseTestSupport

@Suite("A sparse matrix") struct SparseMatrixTests {
  private func matrix() throws -> SparseMatrix {
    let pattern = try Pattern(inputs: 4, outputs: 3, rowOffsets: [0, 2, 2, 3], columns: [0, 3, 1])
    return try SparseMatrix(pattern: pattern, values: [1, -2, 3])
  }

  @Test("has its values at the edges and zeros elsewhere")
  func dense() throws {
    #expect(try matrix().dense == [1, 0, 0, -2, 0, 0, 0, 0, 0, 3, 0, 0])
  }

  @Test("multiplies a batch of samples", arguments: Backend.allCases)
  func multiplies(backend: Backend) throws {
    let product = try matrix().multiplied(
      by: [1, 2, 3, 4, 5, 6, 7, 8], samples: 2, backend: backend)
    #expect(product == [-7, 0, 6, -11, 0, 18])
    #expect(try matrix().multiplied(by: [], samples: 0, backend: backend) == [])
  }

  @Test("refuses counts that do not fit and values that are not finite")
  func refuses() throws {
    let pattern = try matrix().pattern
    let count = #expect(throws: SparseError.self) {
      try SparseMatrix(pattern: pattern, values: [1, 2])
    }
    #expect(count?.code == .shapeMismatch && count?.message.contains("2 values") == true)
    for value in [Float.nan, .infinity, -.infinity] {
      let error = #expect(throws: SparseError.self) {
        try SparseMatrix(pattern: pattern, values: [1, value, 2])
      }
      #expect(error?.code == .invalidArgument && error?.message.contains("edge 1") == true)
    }
    for (numbers, samples) in [(7, 2), (0, 1), (4, -1), (4, .max)] {
      let error = #expect(throws: SparseError.self) {
        try matrix().multiplied(by: randomFloats(numbers, seed: 0), samples: samples)
      }
      #expect(error?.code == .shapeMismatch)
    }
  }
}
