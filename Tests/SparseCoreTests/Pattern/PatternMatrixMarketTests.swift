import Foundation
import SparseCore
import Testing

@Suite("Pattern as Matrix Market") struct PatternMatrixMarketTests {
  private static let header = "%%MatrixMarket matrix coordinate pattern general\n"

  @Test("writes the documented text")
  func text() throws {
    let pattern = try Pattern(
      inputs: 12,
      outputs: 3,
      rowOffsets: [0, 2, 2, 3],
      columns: [0, 9, 11]
    )
    #expect(
      pattern.matrixMarketText()
        == Self.header + "% Rows are outputs, columns are inputs.\n3 12 3\n1 1\n1 10\n3 12\n"
    )
    let made = try PatternCase(family: .full, inputs: 2, outputs: 1, density: 1).make()
    #expect(
      made.matrixMarketText().contains(
        "\n% full pattern, 2 inputs, 1 outputs, 2 edges, seed 1, junction 0\n1 2 2\n1 1\n1 2\n"
      )
    )
  }

  @Test("reads what it wrote", arguments: PatternCase.all)
  func roundTrip(testCase: PatternCase) throws {
    let pattern = try testCase.make()
    let read = try Pattern(matrixMarketText: pattern.matrixMarketText(), source: "test")
    #expect(read == pattern && read.recipe == nil)
  }

  @Test(
    "reads entries in any order, with comments, blank lines, carriage returns and values",
    arguments: [
      header + "2 3 3\n1 1\n2 3\n1 3\n",
      header + "2 3 3\n1 3\n2 3\n1 1",
      header + "% a\n\n  % b\n2\t3  3\n\n2 3\n% c\n 1 3 \n1 1\n\n% d\n",
      "%%matrixmarket MATRIX Coordinate PATTERN General\r\n2 3 3\r\n1 1\r\n2 3\r\n1 3\r\n",
      "%%MatrixMarket matrix coordinate real general\n2 3 3\n1 1 0.5\n2 3 -1e-3\n1 3 0\n",
      "%%MatrixMarket matrix coordinate integer general\n2 3 3\n1 1 -7\n2 3 +2\n1 3 0\n",
    ]
  )
  func accepted(text: String) throws {
    let expected = try Pattern(inputs: 3, outputs: 2, rowOffsets: [0, 2, 3], columns: [0, 2, 2])
    #expect(try Pattern(matrixMarketText: text, source: "test") == expected)
  }

  @Test(
    "refuses what is malformed, naming the line",
    arguments: [
      ("", 1, "does not start with"),
      ("\u{FEFF}" + header + "1 1 1\n1 1\n", 1, "does not start with"),
      ("%%MatrixMarket matrix coordinate pattern\n1 1 1\n1 1\n", 1, "does not start with"),
      ("1 1 1\n1 1\n", 1, "does not start with"),
      ("%%MatrixMarket matrix array real general\n1 1\n1\n", 1, "'matrix array' is not supported"),
      ("%%MatrixMarket vector coordinate real general\n", 1, "is not supported"),
      ("%%MatrixMarket matrix coordinate complex general\n", 1, "field 'complex'"),
      ("%%MatrixMarket matrix coordinate pattern symmetric\n", 1, "symmetry 'symmetric'"),
      (header, 1, "ends before the line with rows"),
      (header + "% only\n", 2, "ends before the line with rows"),
      (header + "2 2\n1 1\n", 2, "number of entries is missing"),
      (header + "2 2 1 1\n1 1\n", 2, "'1' follows"),
      (header + "2 x 1\n1 1\n", 2, "number of columns 'x' is not a whole number"),
      (header + "-2 2 1\n1 1\n", 2, "number of rows '-2' is not a whole number"),
      (header + "0 2 0\n", 2, "must be between 1 and"),
      (header + "2 16777217 0\n", 2, "must be between 1 and"),
      (header + "99999999999999999999999999 2 1\n", 2, "is too large"),
      (header + "2 2 5\n1 1\n", 2, "5 entries are declared"),
      (header + "16777216 16777216 2147483648\n", 2, "at most 2147483647"),
      (header + "2 2 2\n1 1\n", 3, "ends after 1 of the 2"),
      (header + "16777216 16777216 2147483647\n1 1\n", 3, "ends after 1 of the 2147483647"),
      (header + "2 2 1\n1 1\n\n2 2\n", 5, "another entry after the 1"),
      (header + "2 2 2\n1 1\n3 1\n", 4, "row 3 is outside 1...2"),
      (header + "2 2 2\n1 1\n% c\n1 3\n", 5, "column 3 is outside 1...2"),
      (header + "2 2 2\n1 1\n0 1\n", 4, "row 0 is outside 1...2"),
      (header + "2 2 2\n1 1\n1 1.5\n", 4, "column '1.5' is not a whole number"),
      (header + "2 2 2\n1 1\n1\n", 4, "column is missing"),
      (header + "2 2 2\n1 1\n1 2 3\n", 4, "'3' follows"),
      (header + "2 2 3\n1 2\n2 2\n1 2\n", 5, "entry (1, 2) repeats the one of line 3"),
      (
        "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1\n", 3, "value is missing"
      ),
      (
        "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 one\n", 3,
        "value 'one' is not a decimal number"
      ),
      (
        "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1-2\n", 3,
        "value '1-2' is not a decimal number"
      ),
    ]
  )
  func refused(text: String, line: Int, expected: String) throws {
    let error = try #require(
      #expect(throws: SparseError.self) {
        try Pattern(matrixMarketText: text, source: "links.mtx")
      }
    )
    #expect(error.message.hasPrefix("links.mtx, line \(line): "), "\(error.message)")
    #expect(error.message.contains(expected), "\(error.message)")
  }

  @Test("bytes that are no text are refused, not trapped on")
  func arbitraryBytes() throws {
    var random = RandomStream(seed: 12, purpose: "fuzz")
    let good = Array((Self.header + "4 5 3\n1 1\n2 5\n4 2\n").utf8)
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0...random.below(3) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
      // Either outcome is fine; what is read must be a valid pattern of bounded size.
      if let read = try? Pattern(matrixMarketBytes: bytes, source: "fuzz") {
        #expect(read.edgeCount <= 3)
      }
    }
  }

  @Test("SciPy reads the same pattern, and its files are read", .enabled(if: SciPy.isInstalled))
  func agreesWithSciPy() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("sparse-mtx-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let patterns = try PatternCase.all.map { try $0.make() }
    for (number, pattern) in patterns.enumerated() {
      let file = directory.appendingPathComponent("\(number).mtx").path
      try pattern.matrixMarketText().write(toFile: file, atomically: true, encoding: .utf8)
    }
    let output = try SciPy.run(
      """
      import sys, scipy.io
      for number in range(int(sys.argv[2])):
          name = f"{sys.argv[1]}/{number}"
          matrix = scipy.io.mmread(name + ".mtx")
          rows = matrix.tocsr()
          rows.sort_indices()
          print(*rows.shape, *rows.indptr, *rows.indices)
          columns = (matrix.tocsc() * 2.5).tocoo()
          scipy.io.mmwrite(name + "-real.mtx", columns, field="real", symmetry="general")
      """,
      [directory.path, "\(patterns.count)"]
    )
    let lines = output.split(separator: "\n")
    #expect(lines.count == patterns.count)
    for (number, (pattern, line)) in zip(patterns, lines).enumerated() {
      let expected =
        [pattern.outputs, pattern.inputs] + pattern.rowOffsets + pattern.columns.map { Int($0) }
      #expect(line.split(separator: " ").map { Int($0) } == expected)
      let file = directory.appendingPathComponent("\(number)-real.mtx")
      let bytes = Array(try Data(contentsOf: file))
      #expect(try Pattern(matrixMarketBytes: bytes, source: file.path) == pattern)
    }
  }
}

/// Python with SciPy, as an independent reader and writer of the format.
private enum SciPy {
  /// Whether the interpreter that `SPARSE_TEST_PYTHON` names, or else `python3`, has SciPy.
  static let isInstalled = (try? run("import scipy.io", [])) != nil

  /// Runs a program and returns what it printed; throws when it fails.
  static func run(_ program: String, _ arguments: [String]) throws -> String {
    let interpreter = ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"] ?? "python3"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [interpreter, "-c", program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw SparseError(
        .unsupported,
        "\(interpreter) ended with status \(process.terminationStatus)."
      )
    }
    return String(decoding: data, as: UTF8.self)
  }
}
