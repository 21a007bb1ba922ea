import SparseCore
import SparseLayers
import Testing

@Suite("Formats of pattern files") struct PatternFormatTests {
  private func pattern(_ family: PatternFamily, _ inputs: Int, _ outputs: Int) throws -> Pattern {
    try PatternRecipe.nearest(
      family: family, inputs: inputs, outputs: outputs, density: 0.3, seed: 2, junction: 0
    ).recipe.makePattern()
  }

  @Test("every format gives back the same connections", arguments: PatternFile.Format.allCases)
  func roundTrip(format: PatternFile.Format) throws {
    let directory = try TemporaryDirectory()
    for (family, inputs, outputs) in [
      (PatternFamily.structured, 40, 12), (.random, 33, 70), (.balanced, 7, 1), (.random, 3, 200),
    ] {
      let made = try pattern(family, inputs, outputs)
      let path = directory.file("pattern.\(format.rawValue)")
      try PatternFile.write(made, to: path, as: format)
      #expect(try PatternFile.read(path, as: format) == made)
      #expect(PatternFile.Format(path: path) == format)
    }
  }

  @Test("names choose the format in letters of any case")
  func names() {
    #expect(PatternFile.Format(path: "a.b/P.MTX") == .matrixMarket)
    #expect(PatternFile.Format(path: "p.npz") == .npz)
    #expect(PatternFile.Format(path: "p.mtx.csv") == .edgeList)
    for name in ["p", "p.safetensors", "mtx", "p.", ""] {
      #expect(PatternFile.Format(path: name) == nil)
    }
  }

  @Test("a file without a telling name is known by how it begins; what is neither may be a model")
  func beginnings() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("pattern")
    let made = try pattern(.structured, 40, 12)
    for format in [PatternFile.Format.matrixMarket, .npz] {
      try PatternFile.write(made, to: path, as: format)
      #expect(try PatternFile.format(of: path) == format)
      #expect(try PatternFile.read(path, as: format) == made)
    }
    for text in ["", "%", "input,output\n", "{}"] {
      try AtomicFile.write(to: path) { try $0.write(text) }
      #expect(try PatternFile.format(of: path) == nil)
    }
  }

  @Test("the same connections make the same NPZ bytes")
  func deterministic() throws {
    let made = try pattern(.structured, 40, 12)
    #expect(try made.npzBytes() == pattern(.structured, 40, 12).npzBytes())
  }

  @Test(
    "SciPy opens the NPZ file with the same connections, and what it saves is read",
    .enabled(if: Python.path != nil, "set SPARSE_TEST_PYTHON to a Python with scipy"))
  func scipy() throws {
    let directory = try TemporaryDirectory()
    let made = try pattern(.random, 33, 70)
    try PatternFile.write(made, to: directory.file("p.npz"), as: .npz)
    try PatternFile.write(made, to: directory.file("p.csv"), as: .edgeList)
    let output = try Python.run(Self.script, directory.path)
    let numbers = output.split(separator: " ").map { Int($0) ?? -1 }
    #expect(numbers == [70, 33] + made.rowOffsets + made.columns.map { Int($0) })
    for name in ["csr", "coo"] {
      #expect(try PatternFile.read(directory.file("\(name).npz"), as: .npz) == made)
    }
  }

  private static let script = #"""
    import sys
    import numpy as np
    from scipy.sparse import coo_matrix, load_npz, save_npz
    matrix = load_npz(sys.argv[1] + "/p.npz")
    assert matrix.format == "csr" and matrix.dtype == bool and matrix.data.all()
    assert matrix.has_canonical_format
    edges = np.loadtxt(sys.argv[1] + "/p.csv", delimiter=",", skiprows=2, dtype=int)
    listed = coo_matrix((np.ones(len(edges)), (edges[:, 1], edges[:, 0])), shape=matrix.shape)
    assert (listed.toarray() == matrix.toarray()).all()
    save_npz(sys.argv[1] + "/csr.npz", (matrix * 2.5).tocsr())
    save_npz(sys.argv[1] + "/coo.npz", matrix.tocoo())
    print(*matrix.shape, *matrix.indptr, *matrix.indices, end="")
    """#
}
