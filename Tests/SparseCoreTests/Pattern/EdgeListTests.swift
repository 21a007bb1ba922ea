import SparseCore
import Testing

@Suite("Pattern as comma-separated edges") struct EdgeListTests {
  @Test("writes the documented text")
  func text() throws {
    let small = try pattern(inputs: 12, [[0, 9], [], [11]])
    #expect(
      small.edgeListText()
        == "# 12 inputs and 3 outputs, counted from 0\ninput,output\n0,0\n9,0\n11,2\n")
  }

  @Test("reads what it wrote, also neurons at the end without edges", arguments: PatternCase.all)
  func roundTrip(testCase: PatternCase) throws {
    let made = try testCase.make()
    #expect(try Pattern(edgeListBytes: Array(made.edgeListText().utf8), source: "test") == made)
  }

  @Test(
    "reads edges in any order; the largest numbers decide where nothing says the sizes",
    arguments: [
      "input,output\n2,1\n0,0\n2,0\n", "input,output\r\n0,0\r\n2,0\r\n2,1",
      "# edges\n\ninput, output\n 0 , 0\n# more\n2,\t0\n2,1\n\n",
      "# 3 inputs and 2 outputs, counted from 0\ninput,output\n0,0\n2,0\n2,1\n",
    ])
  func accepted(text: String) throws {
    let expected = try pattern(inputs: 3, [[0, 2], [2]])
    #expect(try Pattern(edgeListBytes: Array(text.utf8), source: "test") == expected)
  }

  @Test(
    "refuses what is malformed, naming the line",
    arguments: [
      ("", 1, "ends before its heading"), ("# only\n", 1, "ends before its heading"),
      ("0,1\n", 1, "heading is not"), ("input;output\n", 1, "a comma is missing"),
      ("input,output,weight\n", 1, "',weight' follows"),
      ("input,output\n", 1, "there are no edges"),
      ("input,output\n0\n", 2, "a comma is missing"),
      ("input,output\n0,\n", 2, "output is missing"),
      ("input,output\n,1\n", 2, "input is missing"), ("input,output\n0,1,2\n", 2, "',2' follows"),
      ("input,output\n0,-1\n", 2, "output '-1' is not a whole number"),
      ("input,output\n1.5,1\n", 2, "input '1.5' is not a whole number"),
      ("input,output\n99999999999999999999,1\n", 2, "too large"),
      ("input,output\n16777216,1\n", 2, "input 16777216 is outside 0...16777215"),
      ("# 3 inputs and 2 outputs\ninput,output\n0,2\n", 3, "output 2 is outside 0...1"),
      ("# 3 inputs and 0 outputs\ninput,output\n0,2\n", 1, "number of outputs is 0"),
      ("input,output\n0,1\n1,1\n0,1\n", 4, "edge 0,1 repeats the one of line 2"),
    ])
  func refused(text: String, line: Int, expected: String) throws {
    let error = try #require(
      #expect(throws: SparseError.self) {
        try Pattern(edgeListBytes: Array(text.utf8), source: "edges.csv")
      })
    #expect(error.message.hasPrefix("edges.csv, line \(line): "), "\(error.message)")
    #expect(error.message.contains(expected), "\(error.message)")
  }
}

@Suite("Faults of pattern files") struct PatternFaultsTests {
  private func faults(_ text: String) -> PatternFaults {
    PatternFaults(matrixMarketBytes: Array(text.utf8), source: "f.mtx")
  }

  private static let header = "%%MatrixMarket matrix coordinate pattern general\n"

  @Test("all are counted, and listed in the order of their lines")
  func all() {
    let found = faults(
      Self.header + "3 4 8\n1 1\n4 1\n1 2\n1 1\n2 9\n% c\nx 1\n1 1\n3 4\n")
    #expect(found.count == 5)
    #expect(
      found.messages.map { $0.split(separator: ".")[1].dropFirst(5).description } == [
        "line 4: row 4 is outside 1", "line 6: entry (1, 1) repeats the one of line 3",
        "line 7: column 9 is outside 1", "line 9: the row 'x' is not a whole number",
        "line 10: entry (1, 1) repeats the one of line 3",
      ])
  }

  @Test("too many and too few entries are faults; a file without faults has none")
  func counts() {
    #expect(faults(Self.header + "2 2 1\n1 1\n").count == 0)
    #expect(faults(Self.header + "2 2 1\n1 1\n1 2\n2 2\n").count == 2)
    let short = faults(Self.header + "2 2 3\n1 1\n")
    #expect(short.count == 1 && short.messages[0].contains("ends after 1 of the 3"))
    let header = faults("nonsense")
    #expect(header.count == 1 && header.messages[0].contains("does not start with"))
  }

  @Test("only the first ten have messages")
  func many() {
    let lines = (1...50).map { _ in "1 1\n" }.joined()
    let found = faults(Self.header + "8 8 50\n" + lines)
    #expect(found.count == 49 && found.messages.count == PatternFaults.maximumMessages)
    #expect(found.messages[0].contains("line 4"))
    let edges = PatternFaults(
      edgeListBytes: Array("# 2 inputs and 2 outputs\ninput,output\n0,0\n5,0\n0,0\n".utf8),
      source: "f")
    #expect(edges.count == 2)
  }

  @Test("of an edge list are all counted, also where nothing says the sizes")
  func withoutSizes() {
    let found = PatternFaults(
      edgeListBytes: Array("input,output\nx,0\n2,1\n0,y\n1,1\n2,1\n".utf8), source: "f")
    #expect(found.count == 3)
    for (message, line) in zip(found.messages, [2, 4, 6]) {
      #expect(message.hasPrefix("f, line \(line): "), "\(message)")
    }
  }
}
