import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("NPZ data sets")
struct NPZDatasetTests {
  private static let pixels = NPY.file("|u1", "(2, 3)", [0, 1, 2, 253, 254, 255])
  private static let numbers = NPY.file("<i8", "(2,)", [2, 0].flatMap(\.littleEndianBytes))
  private static let oneHot = NPY.floats([0, 0, 1, 1, 0, 0], "(2, 3)")

  private func load(_ entries: KeyValuePairs<String, [UInt8]>) throws -> DatasetParts {
    let directory = try TemporaryDirectory()
    let path = try write(NPY.archive(entries), "data.npz", in: directory)
    return try DatasetSource.npz.load(path: path)
  }

  /// Loads two parts that only differ in what is given for the training part.
  private func load(x: [UInt8] = pixels, y: [UInt8] = oneHot) throws -> DatasetParts {
    try load(["xtr.npy": x, "ytr.npy": y, "xte.npy": Self.pixels, "yte.npy": Self.oneHot])
  }

  @Test("all three parts are read; bytes stay bytes")
  func parts() throws {
    let parts = try load([
      "xtr.npy": Self.pixels, "ytr.npy": Self.oneHot, "xva.npy": Self.pixels,
      "yva.npy": Self.numbers, "xte.npy": Self.pixels, "yte.npy": Self.numbers,
    ])
    for part in [parts.training, parts.validation ?? parts.training, parts.test] {
      guard case .bytes([0, 1, 2, 253, 254, 255]) = part.features else {
        Issue.record("bytes became \(part.features)")
        return
      }
      #expect(part.featureCount == 3)
      #expect(part.imageShape == nil)
      #expect(
        part.targets == [Target(name: "label", classNames: ["0", "1", "2"], labels: [2, 0])]
      )
    }
    #expect(parts.validation != nil)
    #expect(try load().validation == nil)
  }

  @Test("the classes of numbered labels are counted over all parts")
  func classCount() throws {
    let parts = try load([
      "xtr.npy": Self.pixels, "ytr.npy": NPY.file("|u1", "(2,)", [0, 1]),
      "xte.npy": Self.pixels, "yte.npy": NPY.file("|i1", "(2, 1)", [4, 0]),
    ])
    #expect(parts.training.targets[0].classCount == 5)
    #expect(parts.test.targets[0].labels == [4, 0])
  }

  @Test("images keep their shape", arguments: ["(2, 3, 1)", "(2, 1, 3, 1)"])
  func images(shape: String) throws {
    let file = NPY.file("|u1", shape, [0, 1, 2, 253, 254, 255])
    let parts = try load([
      "xtr.npy": file, "ytr.npy": Self.oneHot, "xte.npy": file, "yte.npy": Self.oneHot,
    ])
    #expect(parts.training.imageShape?.pixelCount == 3)
    #expect(parts.training.featureCount == 3)
  }

  @Test("a missing array is named", arguments: ["xtr", "ytr", "xte", "yte", "yva"])
  func missing(name: String) throws {
    let directory = try TemporaryDirectory()
    // Another name of the same length takes the array out.
    var file = NPY.archive([
      "xtr.npy": Self.pixels, "ytr.npy": Self.oneHot, "xte.npy": Self.pixels,
      "yte.npy": Self.oneHot, "xva.npy": Self.pixels, "yva.npy": Self.oneHot,
    ])
    for start in file.indices where file[start...].starts(with: name.utf8) {
      file[start] = UInt8(ascii: "q")
    }
    let path = try write(file, "data.npz", in: directory)
    expectError(.invalidArgument, path, "'\(name)'") {
      _ = try DatasetSource.npz.load(path: path)
    }
  }

  @Test("numbers that are not finite are refused with array, row and column")
  func finite() throws {
    for value in [Float.nan, .infinity] {
      expectError(.corruptFile, "data.npz: array 'xtr': row 1, column 2 is \(value)") {
        _ = try load(x: NPY.floats([0, 0, 0, 0, 0, value], "(2, 3)"))
      }
    }
    expectError(.corruptFile, "row 0, column 1 is inf", "single precision") {
      _ = try load(
        x: NPY.file("<f8", "(1, 2)", [0, 1e39].flatMap(\.bitPattern.littleEndianBytes)),
        y: NPY.file("|u1", "(1,)", [0])
      )
    }
  }

  @Test(
    "rows that are not one-hot are refused with their number",
    arguments: [[0, 0, 0], [1, 1, 0], [0, 2, 0], [0.5, 0.5, 0], [1, 0, -1], [1, .nan, 0]]
      as [[Float]]
  )
  func oneHot(row: [Float]) throws {
    expectError(.corruptFile, "data.npz: array 'ytr': row 1", "one-hot") {
      _ = try load(y: NPY.floats([0, 1, 0] + row, "(2, 3)"))
    }
  }

  @Test("one-hot rows of bytes and booleans count too")
  func oneHotTypes() throws {
    for descr in ["|u1", "|b1", "|i1"] {
      let parts = try load(y: NPY.file(descr, "(2, 3)", [0, 1, 0, 0, 0, 1]))
      #expect(parts.training.targets[0].labels == [1, 2])
    }
  }

  @Test("labels out of range are refused with their row")
  func labelRange() throws {
    for (value, words) in [(-1, "row 1 has the label -1"), (1 << 40, "\(1 << 40)")] {
      expectError(.corruptFile, "array 'ytr'", words) {
        _ = try load(y: NPY.file("<i8", "(2,)", [0, value].flatMap(\.littleEndianBytes)))
      }
    }
    // The test part is one-hot with three classes, so that 3 is none.
    expectError(.shapeMismatch, "'yte' has 3 classes", "4") {
      _ = try load(y: NPY.file("|u1", "(2,)", [0, 3]))
    }
  }

  @Test("shapes, types and counts that do not fit are refused")
  func shapes() throws {
    let vector = NPY.file("|u1", "(6,)", [1, 2, 3, 4, 5, 6])
    let text = NPY.file("|S1", "(2, 3)", Array("abcdef".utf8))
    expectError(.shapeMismatch, "'xtr'", "(6,)") { _ = try load(x: vector) }
    expectError(.shapeMismatch, "'xtr'", "(0, 3)") {
      _ = try load(x: NPY.file("|u1", "(0, 3)", []))
    }
    expectError(.unsupported, "'xtr'", "text") { _ = try load(x: text) }
    expectError(.unsupported, "'ytr'", "text") { _ = try load(y: text) }
    expectError(.unsupported, "'ytr'", "integers") { _ = try load(y: NPY.floats([0, 1], "(2,)")) }
    expectError(.shapeMismatch, "'ytr'", "()") { _ = try load(y: NPY.file("|u1", "()", [1])) }
    expectError(.shapeMismatch, "'xtr' has 2 samples", "'ytr' has 3") {
      _ = try load(y: NPY.file("|u1", "(3,)", [0, 1, 2]))
    }
    expectError(.shapeMismatch, "floats", "bytes") {
      _ = try load(x: NPY.floats([1, 2, 3, 4, 5, 6], "(2, 3)"))
    }
  }

  @Test("label columns are refused")
  func labelColumns() {
    expectError(.invalidArgument, "CSV", "npz") {
      _ = try DatasetSource.npz.load(path: "data.npz", labelColumns: ["a"])
    }
  }
}

@Suite("NPZ files that NumPy wrote", .enabled(if: NumPy.isAvailable, "python3 has no NumPy"))
struct NumPyOracleTests {
  @Test(
    "give the numbers NumPy gives, stored or compressed",
    arguments: ["savez", "savez_compressed"]
  )
  func numbers(writer: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("numpy.npz")
    let printed = try NumPy.run(
      """
      import sys, numpy as np
      rng = np.random.default_rng(5)
      arrays = {}
      for t in ['u1','i1','<u2','>u2','<i4','>i8','<u4','<i8']:
          arrays[t[-2:] + str(len(t)) + t[0].replace('<','l').replace('>','b')] = \
            rng.integers(0, 127, (300, 1000)).astype(t)
      for t in ['<f4','>f4','<f8','>f8']:
          arrays['f' + t[2] + t[0].replace('<','l').replace('>','b')] = \
            rng.standard_normal((70000, 3)).astype(t)
      arrays['flags'] = rng.random((5, 5)) < 0.5
      np.\(writer)(sys.argv[1], **arrays)
      for name, a in arrays.items():
          f = a.astype('<f4').astype('f8').ravel()
          print(name, *a.shape, float((f * (np.arange(f.size) % 7 + 1)).sum()).hex())
      """,
      path
    )
    let file = try NPZFile(path: path)
    let lines = printed.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(file.names == lines.map { $0[0] })
    for line in lines {
      let array = try file.array(named: line[0])
      #expect(array.shape.map(String.init) == Array(line.dropFirst().dropLast()))
      let floats = try #require(array.floats)
      var sum = 0.0
      for (index, value) in floats.enumerated() { sum += Double(value) * Double(index % 7 + 1) }
      let expected = try #require(Double(line[line.count - 1]))
      // Only the order of the additions differs.
      #expect(abs(sum - expected) <= 1e-9 * abs(expected) + 1e-9, "\(line[0])")
    }
  }

  @Test("of the published layout make a data set")
  func dataset() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("data.npz")
    try NumPy.run(
      """
      import sys, numpy as np
      y = np.arange(20) % 4
      x = (np.arange(20 * 6) / 7).reshape(20, 6)
      np.savez_compressed(sys.argv[1], xtr=x, ytr=np.eye(4)[y], xte=x[:5], yte=np.eye(4)[y[:5]])
      """,
      path
    )
    let parts = try DatasetSource.npz.load(path: path)
    #expect(parts.training.targets[0].labels == (0..<20).map { $0 % 4 })
    guard case .floats(let values) = parts.training.features else {
      Issue.record("floats became bytes")
      return
    }
    #expect(values == (0..<120).map { Float(Double($0) / 7) })
  }

  @Test("and that are damaged give an error or the same numbers")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("whole.npz")
    try NumPy.run(
      "import sys, numpy as np; np.savez_compressed(sys.argv[1], a=np.arange(500) % 50)",
      path
    )
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for (what, bytes) in damagedCopies(of: file) {
      let copy = try write(bytes, "damaged.npz", in: directory)
      guard let array = try? NPZFile(path: copy).array(named: "a") else { continue }
      #expect(array.integers == (0..<500).map { $0 % 50 }, "\(what)")
      #expect(what.hasPrefix("flipped"))
    }
  }
}
