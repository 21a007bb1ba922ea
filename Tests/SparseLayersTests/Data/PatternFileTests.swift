import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("A pattern's file") struct PatternFileTests {
  /// Rows {0, 3}, {}, {1, 2, 3} of 4 columns.
  private static func sample() throws -> Pattern {
    try Pattern(inputs: 4, outputs: 3, rowOffsets: [0, 2, 2, 5], columns: [0, 3, 1, 2, 3])
  }

  private static func integers(_ values: [Int], _ shape: String? = nil) -> [UInt8] {
    NPY.file("<i4", shape ?? "(\(values.count),)", values.flatMap { Int32($0).littleEndianBytes })
  }

  private static func text(_ value: String) -> [UInt8] {
    NPY.file("|S\(value.utf8.count)", "()", Array(value.utf8))
  }

  /// An NPZ file as SciPy lays it out, of the sample unless told otherwise.
  private static func csr(
    format: String = "csr", shape: [Int] = [3, 4], indptr: [Int] = [0, 2, 2, 5],
    indices: [Int] = [0, 3, 1, 2, 3]
  ) -> [UInt8] {
    NPY.archive([
      "indices.npy": integers(indices), "indptr.npy": integers(indptr), "format.npy": text(format),
      "shape.npy": integers(shape), "data.npy": NPY.floats([1, 2, 3, 4, 5], "(5,)"),
    ])
  }

  private static func coo(
    shape: [Int] = [3, 4], row: [Int] = [2, 0, 2, 0, 2], col: [Int] = [3, 0, 1, 3, 2]
  ) -> [UInt8] {
    NPY.archive([
      "row.npy": integers(row), "col.npy": integers(col), "format.npy": text("coo"),
      "shape.npy": integers(shape), "data.npy": NPY.floats([1, 2, 3, 4, 5], "(5,)"),
    ])
  }

  /// As later versions of SciPy may write it.
  private static func coords(_ values: [Int]) -> [UInt8] {
    NPY.archive([
      "coords.npy": integers(values), "format.npy": text("coo"), "shape.npy": integers([3, 4]),
    ])
  }

  private func read(_ bytes: [UInt8], _ name: String = "p.npz") throws -> Pattern {
    let directory = try TemporaryDirectory()
    return try Pattern(contentsOf: try write(bytes, name, in: directory))
  }

  @Test("is read in each format, whatever its name")
  func formats() throws {
    let expected = try Self.sample()
    #expect(try read(Self.csr()) == expected)
    #expect(try read(Self.csr(), "without ending") == expected)
    let csc = Self.csr(
      format: "csc", indptr: [0, 1, 2, 3, 5], indices: [0, 2, 2, 0, 2])
    #expect(try read(csc) == expected)
    #expect(try read(Self.coo()) == expected)
    #expect(try read(Self.coords([2, 0, 2, 0, 2, 3, 0, 1, 3, 2])) == expected)
    #expect(try read(Array(expected.matrixMarketText().utf8), "p.mtx") == expected)
    #expect(try read(expected.matrixMarketText().utf8.map { $0 }, "text") == expected)
  }

  @Test(
    "that breaks a rule is refused with its name, the place and the remedy",
    arguments: [
      (Self.csr(indices: [3, 0, 1, 2, 3]), "column 0 follows 3", "sum_duplicates"),
      (Self.csr(indices: [0, 0, 1, 2, 3]), "column 0 appears twice", "sum_duplicates"),
      (Self.csr(indices: [0, 4, 1, 2, 3]), "'indices' has 4 at position 1", "outside 0...3"),
      (Self.csr(indices: [0, -1, 1, 2, 3]), "'indices' has -1 at position 1", "outside 0...3"),
      (Self.csr(indices: [0, 3, 1, 2]), "'indices' has 4 elements", "5 are needed"),
      (Self.csr(indptr: [0, 2, 5]), "'indptr' has 3 elements", "4 are needed"),
      (Self.csr(indptr: [1, 2, 2, 5]), "row 0 starts at 1", "p.npz"),
      (Self.csr(indptr: [0, 3, 2, 5]), "row 1 starts at 3", "p.npz"),
      (Self.csr(indptr: [0, 2, 2, 13]), "13 entries", "at most 12"),
      (Self.csr(indptr: [0, 2, 2, -1]), "'indptr' has -1 at position 3", "outside"),
      (Self.csr(shape: [3, 0]), "shape (3, 0)", "each between 1"),
      (Self.csr(shape: [3]), "shape (3)", "(rows, columns)"),
      (Self.csr(shape: [3, 4, 1]), "shape (3, 4, 1)", "(rows, columns)"),
      (Self.csr(shape: [3, 16_777_217]), "16777217", "16777216"),
      (Self.csr(format: "bsr"), "format 'bsr'", "matrix.tocsr()"),
      (Self.coo(row: [2, 0, 2, 0, 3]), "'row' has 3 at position 4", "outside 0...2"),
      (Self.coo(col: [3, 0, 1, 4, 2]), "'col' has 4 at position 3", "outside 0...3"),
      (Self.coords([3, 0]), "'coords' has 3 at position 0", "outside 0...2"),
      (Self.coords([2, 4]), "'coords' has 4 at position 1", "outside 0...3"),
      (Self.coords([2, 3, 1]), "'coords' has 3 elements", "one row and one column"),
      (Self.coo(col: [3, 0, 1]), "'col' has 3 elements", "5 are needed"),
      (
        Self.coo(row: [2, 0, 2, 0, 2], col: [3, 0, 1, 3, 3]),
        "row 2 and column 3 is given twice", "sum_duplicates"
      ),
      (NPY.archive(["a.npy": Self.integers([1])]), "holds no sparse matrix", "save_npz"),
      (
        NPY.archive([
          "format.npy": Self.integers([1]), "shape.npy": Self.integers([3, 4]),
        ]), "'format' is no text", "save_npz"
      ),
      (
        NPY.archive(["format.npy": Self.text("csr"), "shape.npy": Self.integers([3, 4])]),
        "has no array 'indptr'", "it has"
      ),
      (Array("PK".utf8), "no whole NPZ", "p.npz"), ([], "no whole NPZ", "p.npz"),
    ] as [([UInt8], String, String)])
  func refusals(bytes: [UInt8], fault: String, remedy: String) throws {
    let error = try #require(#expect(throws: SparseError.self) { try read(bytes) })
    for part in [fault, remedy, "p.npz"] {
      #expect(error.message.contains(part), "'\(part)' in: \(error.message)")
    }
  }

  @Test("that was damaged anywhere is refused or still a pattern, and never traps")
  func damaged() throws {
    for (what, bytes) in damagedCopies(of: Self.csr(), step: 7) {
      do {
        let pattern = try read(bytes)
        #expect(pattern.outputs >= 1, "\(what)")
      } catch {
        #expect(error is SparseError, "\(what)")
      }
    }
  }

  @Test("that promises more than it holds is refused before anything is allocated")
  func bounded() throws {
    // 2^24 rows and as many columns, but no array of that size.
    let huge = Self.csr(shape: [1 << 24, 1 << 24])
    let error = try #require(#expect(throws: SparseError.self) { try read(huge) })
    #expect(error.message.contains("16777217 are needed"), "\(error.message)")
  }

  @Test("that is missing, or no file, is refused by name")
  func noFile() throws {
    let directory = try TemporaryDirectory()
    for path in [directory.file("none.mtx"), directory.path] {
      let error = try #require(
        #expect(throws: SparseError.self) { try Pattern(contentsOf: path) })
      #expect(error.code == .fileSystem && error.message.contains(path), "\(error.message)")
    }
  }

  @Test(
    "of SciPy is read in all its formats and widths",
    .enabled(if: Python.path != nil, "set SPARSE_TEST_PYTHON to a Python with numpy and scipy"))
  func scipy() throws {
    let directory = try TemporaryDirectory()
    let cases = try JunctionCase.all().filter { $0.pattern.edgeCount < 900 }
    for (number, junction) in cases.enumerated() {
      _ = try write(junction.pattern.matrixMarketText(), "\(number).mtx", in: directory)
    }
    _ = try Python.run(
      #"""
      import sys, numpy as np, scipy.io, scipy.sparse as sp
      for number in range(int(sys.argv[2])):
        name = f"{sys.argv[1]}/{number}"
        matrix = scipy.io.mmread(name + ".mtx").astype(np.float64)
        for format in ["csr", "csc", "coo"]:
          other = matrix.asformat(format)
          if format != "coo": other.sort_indices()
          sp.save_npz(f"{name}.{format}", other, compressed=number % 2 == 0)
        wide = sp.csr_array(matrix)
        wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
        wide.data = wide.data.astype(np.complex128)
        sp.save_npz(name + ".wide", wide)
      """#, directory.path, "\(cases.count)")
    for (number, junction) in cases.enumerated() {
      for format in ["csr", "csc", "coo", "wide"] {
        let pattern = try Pattern(contentsOf: directory.file("\(number).\(format).npz"))
        #expect(pattern == junction.pattern, "\(junction), \(format)")
      }
    }
  }
}
