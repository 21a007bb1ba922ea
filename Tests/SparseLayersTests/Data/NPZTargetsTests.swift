import SparseCore
import Testing

@testable import SparseLayers

@Suite("Targets of NPZ files")
struct NPZTargetsTests {
  private static let two = NPY.file("|u1", "(2, 1)", [0, 1])
  private static let x = NPY.file("|u1", "(2, 3)", [0, 1, 2, 253, 254, 255])

  private func load(_ labels: KeyValuePairs<String, [UInt8]>) throws -> DatasetParts {
    let directory = try TemporaryDirectory()
    // The archive takes pairs in order, and so do the targets.
    var entries: [(String, [UInt8])] = [("xtr.npy", Self.x), ("xte.npy", Self.x)]
    if labels.contains(where: { $0.key.hasPrefix("yva") }) { entries.append(("xva.npy", Self.x)) }
    entries += labels.map { ("\($0.key).npy", $0.value) }
    let path = try write(NPY.archive(of: entries), "data.npz", in: directory)
    return try DatasetSource.npz.load(path: path)
  }

  @Test("named label arrays become targets of their names, in the file's order")
  func named() throws {
    let parts = try load([
      "ytr_shape": Self.two, "ytr_hue 2": NPY.file("|u1", "(2,)", [4, 2]),
      "yte_hue 2": NPY.file("|u1", "(2,)", [5, 0]), "yte_shape": Self.two,
    ])
    for part in [parts.training, parts.test] {
      #expect(part.targets.map(\.name) == ["shape", "hue 2"])
      #expect(part.targets.map(\.classCount) == [2, 6])
    }
    #expect(parts.training.targets[1].labels == [4, 2])
    #expect(parts.test.targets[1].labels == [5, 0])
  }

  @Test("a named array may be one-hot")
  func namedOneHot() throws {
    let oneHot = NPY.file("|u1", "(2, 3)", [0, 0, 1, 1, 0, 0])
    let parts = try load(["ytr_a": oneHot, "yte_a": oneHot, "ytr_b": Self.two, "yte_b": Self.two])
    #expect(parts.training.targets.map(\.labels) == [[2, 0], [0, 1]])
    #expect(parts.training.targets.map(\.classCount) == [3, 2])
  }

  @Test("a column of whole numbers a task is told from one-hot rows by a number above 1")
  func columns() throws {
    // The test part alone could be one-hot; the training part says what it is.
    let parts = try load([
      "ytr": NPY.file("|i1", "(2, 2)", [2, 1, 0, 3]),
      "yte": NPY.file("<i8", "(2, 2)", [0, 1, 1, 0].flatMap(\.littleEndianBytes)),
      "yva": NPY.file("|u1", "(2, 2)", [1, 1, 0, 0]),
    ])
    #expect(parts.training.targets.map(\.name) == ["task-0", "task-1"])
    #expect(parts.training.targets.map(\.labels) == [[2, 0], [1, 3]])
    #expect(parts.test.targets.map(\.labels) == [[0, 1], [1, 0]])
    #expect(parts.validation?.targets.map(\.labels) == [[1, 0], [1, 0]])
    #expect(parts.test.targets.map(\.classCount) == [3, 4])
    // Without one, rows must be one-hot.
    let oneHot = NPY.file("|u1", "(2, 2)", [0, 1, 1, 0])
    #expect(try load(["ytr": oneHot, "yte": oneHot]).training.targets.map(\.labels) == [[1, 0]])
    expectError(.corruptFile, "array 'ytr': row 1 is not one-hot", "'ytr_NAME'") {
      _ = try load(["ytr": NPY.file("|u1", "(2, 2)", [0, 1, 1, 1]), "yte": oneHot])
    }
  }

  @Test("more tasks than a data set can have are refused before any array is read")
  func tooManyTasks() throws {
    let directory = try TemporaryDirectory()
    let names = (0..<65).flatMap { ["ytr_\($0).npy", "yte_\($0).npy"] }
    let entries = [("xtr.npy", Self.x), ("xte.npy", Self.x)] + names.map { ($0, [UInt8]()) }
    let path = try write(NPY.archive(of: entries), "data.npz", in: directory)
    expectError(.unsupported, "data.npz: has 65 arrays 'ytr_NAME'", "at most 64") {
      _ = try DatasetSource.npz.load(path: path)
    }
    expectError(.invalidArgument, "'xtr', 'xte', 'ytr_0'", "'ytr_8', 'yte_8', …. Save") {
      _ = try NPZFile(path: path).array(named: "z")
    }
  }

  @Test("arrays that do not fit are refused by name")
  func refused() throws {
    expectError(.corruptFile, "'ytr'", "'ytr_a'") {
      _ = try load(["ytr": Self.two, "ytr_a": Self.two, "yte": Self.two, "yte_a": Self.two])
    }
    expectError(.invalidArgument, "no array 'yte_b'") {
      _ = try load(["ytr_a": Self.two, "ytr_b": Self.two, "yte_a": Self.two])
    }
    expectError(.shapeMismatch, "'yte_c'", "no 'ytr_c'") {
      _ = try load(["ytr_a": Self.two, "yte_a": Self.two, "yte_c": Self.two])
    }
    expectError(.shapeMismatch, "'xtr' has 2 samples", "3 labels of 'a'") {
      _ = try load(["ytr_a": NPY.file("|u1", "(3,)", [0, 1, 2]), "yte_a": Self.two])
    }
    expectError(.corruptFile, "'ytr'", "row 1, column 0 has the label -1") {
      _ = try load([
        "ytr": NPY.file("|i1", "(2, 2)", [2, 1, 255, 0]),
        "yte": NPY.file("|i1", "(2, 2)", [2, 1, 0, 0]),
      ])
    }
    expectError(.shapeMismatch, "'yte' has 3 columns", "'ytr' has 2") {
      _ = try load([
        "ytr": NPY.file("|i1", "(2, 2)", [2, 1, 0, 0]),
        "yte": NPY.file("|i1", "(2, 3)", [2, 1, 0, 0, 0, 0]),
      ])
    }
    expectError(.corruptFile, "65 columns", "64 tasks") {
      let wide = NPY.file("|u1", "(2, 65)", Array(repeating: 2, count: 130))
      _ = try load(["ytr": wide, "yte": wide])
    }
  }

  @Test("a file without labels says which array it lacks")
  func unlabeled() {
    expectError(.invalidArgument, "data.npz: has no array 'ytr'") { _ = try load([:]) }
  }

  @Test(
    "NumPy writes both layouts", .enabled(if: NumPy.isAvailable, "python3 has no NumPy"),
    arguments: ["columns", "named"])
  func numPy(layout: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("data.npz")
    try NumPy.run(
      """
      import sys, numpy as np
      n = np.arange(30)
      x = (n[:, None] * np.arange(6) % 251).astype('u1')
      left, right = n % 7, n * n % 4
      y = {'columns': lambda p, s: {'y' + p: np.stack([left, right], 1)[s]},
           'named': lambda p, s: {f'y{p}_task-0': left[s], f'y{p}_task-1': right[s].astype('u1')}}
      y = y[sys.argv[2]]
      np.savez_compressed(sys.argv[1], xtr=x, xte=x[5:9], **y('tr', slice(None)), **y('te', slice(5, 9)))
      """,
      path, layout)
    let parts = try DatasetSource.npz.load(path: path)
    let targets = parts.training.targets
    #expect(targets.map(\.name) == ["task-0", "task-1"])
    #expect(targets.map(\.classCount) == [7, 2])
    #expect(targets[0].labels == (0..<30).map { $0 % 7 })
    #expect(targets[1].labels == (0..<30).map { $0 * $0 % 4 })
    #expect(parts.test.targets[0].labels == [5, 6, 0, 1])
  }
}
