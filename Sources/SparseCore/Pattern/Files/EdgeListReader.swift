/// Reads edges as comma-separated values: a heading, then a line `input,output` for each.
///
/// Both are counted from 0. Comments start with `#`; one that says the sizes, as
/// `Pattern.edgeListText()` writes it, stands first, and without it the largest numbers decide.
struct EdgeListReader: EdgeReader {
  private(set) var shape: JunctionShape
  private(set) var isAtEnd = false
  private var scanner: LineScanner

  /// How many edges there are at most: shorter lines are not possible.
  var plausibleEdges: Int { scanner.remainingBytes / 4 + 1 }
  var line: Int { scanner.line }

  static let heading = "input,output"

  /// Reads what stands before the first edge.
  ///
  /// - Throws: `SparseError` when it is malformed or a size is too large.
  init(_ bytes: [UInt8], source: String) throws {
    let format = LineScanner.Format(
      comment: UInt8(ascii: "#"), separator: UInt8(ascii: ","),
      remedy: "Write a line 'input,output', then the two numbers of each edge, counted from 0.")
    scanner = LineScanner(bytes, source: source, format: format)
    shape = try JunctionShape(inputs: Pattern.maximumNeurons, outputs: Pattern.maximumNeurons)
    let declared = try declaredShape()
    try readHeading()
    shape = try declared ?? impliedShape()
  }

  mutating func nextEdge() throws -> Edge? {
    guard scanner.nextLine() else {
      isAtEnd = true
      return nil
    }
    let input = try scanner.number("input", in: 0...shape.inputs - 1)
    try scanner.expectSeparator()
    let output = try scanner.number("output", in: 0...shape.outputs - 1)
    try scanner.expectLineEnd()
    return Edge(output: output, input: input)
  }

  func repeated(_ edge: Edge, line: Int, firstLine: Int) -> SparseError {
    scanner.corrupt(
      "edge \(edge.input),\(edge.output) repeats the one of line \(firstLine)",
      line: line)
  }
}

// MARK: - What stands before the edges

extension EdgeListReader {
  /// The line that says the sizes.
  static func comment(for shape: JunctionShape) -> String { "# \(shape), counted from 0" }

  /// Looks whether the first line says the sizes.
  private func declaredShape() throws -> JunctionShape? {
    var first = scanner
    guard first.nextRawLine(), first.nextWord() == "#",
      let inputs = first.nextWord().flatMap(Int.init),
      first.nextWord() == "inputs", first.nextWord() == "and",
      let outputs = first.nextWord().flatMap(Int.init), first.nextWord() == "outputs"
    else { return nil }
    do {
      return try JunctionShape(inputs: inputs, outputs: outputs)
    } catch let error as SparseError {
      throw first.corrupt(error.message)
    }
  }

  private mutating func readHeading() throws {
    guard scanner.nextLine() else { throw scanner.corrupt("the file ends before its heading") }
    let first = scanner.nextWord()
    try scanner.expectSeparator()
    guard first == "input", scanner.nextWord() == "output" else {
      throw scanner.corrupt("the heading is not '\(Self.heading)'")
    }
    try scanner.expectLineEnd()
  }

  /// The sizes by the largest numbers of all edges.
  ///
  /// Lines with a fault are passed over: whoever reads the edges meets them again.
  private func impliedShape() throws -> JunctionShape {
    var rest = self
    var (inputs, outputs) = (0, 0)
    var firstFault: (any Error)?
    while !rest.isAtEnd {
      do {
        guard let edge = try rest.nextEdge() else { break }
        inputs = max(inputs, edge.input + 1)
        outputs = max(outputs, edge.output + 1)
      } catch {
        firstFault = firstFault ?? error
      }
    }
    guard inputs > 0 else {
      throw firstFault ?? scanner.corrupt("there are no edges, and no comment says the sizes")
    }
    return try JunctionShape(inputs: inputs, outputs: outputs)
  }
}
