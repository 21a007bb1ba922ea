/// Reads a Matrix Market coordinate file, an entry at a time.
///
/// The format is that of Ronald F. Boisvert, Roldan Pozo, Karin A. Remington: *The Matrix Market
/// Exchange Formats: Initial Design*, NISTIR 5935, 1996.
struct MatrixMarketReader: EdgeReader {
  private(set) var shape: JunctionShape
  private(set) var isAtEnd = false

  private var scanner: LineScanner
  private var hasValues = false
  private var declaredEntries = 0
  private var entries = 0

  /// Reads the header and the sizes.
  ///
  /// - Throws: `SparseError` when they are malformed, unsupported or too large.
  init(_ bytes: [UInt8], source: String) throws {
    let format = LineScanner.Format(
      comment: UInt8(ascii: "%"), remedy: "Write it again as a Matrix Market file, or correct it.")
    scanner = LineScanner(bytes, source: source, format: format)
    shape = try JunctionShape(inputs: 1, outputs: 1)
    try readHeader()
    try readSizes()
  }

  var line: Int { scanner.line }

  var plausibleEdges: Int { min(declaredEntries, scanner.remainingBytes / 4 + 1) }

  mutating func nextEdge() throws -> Edge? {
    guard scanner.nextLine() else {
      isAtEnd = true
      guard entries >= declaredEntries else {
        throw scanner.corrupt(
          "the file ends after \(entries) of the \(declaredEntries) entries declared")
      }
      return nil
    }
    entries += 1
    guard entries <= declaredEntries else {
      throw scanner.corrupt("there is another entry after the \(declaredEntries) declared")
    }
    let row = try scanner.number("row", in: 1...shape.outputs)
    let column = try scanner.number("column", in: 1...shape.inputs)
    if hasValues { try scanner.skipValue() }
    try scanner.expectLineEnd()
    return Edge(output: row - 1, input: column - 1)
  }

  func repeated(_ edge: Edge, line: Int, firstLine: Int) -> SparseError {
    scanner.corrupt(
      "entry (\(edge.output + 1), \(edge.input + 1)) repeats the one of line \(firstLine)",
      line: line)
  }
}

// MARK: - Header

extension MatrixMarketReader {
  private mutating func readHeader() throws {
    let expected = "'%%MatrixMarket matrix coordinate pattern general'"
    var words: [String] = []
    if scanner.nextRawLine() {
      while words.count < 6, let word = scanner.nextWord() { words.append(word.lowercased()) }
    }
    guard words.first == "%%matrixmarket", words.count == 5 else {
      throw scanner.corrupt("the file does not start with \(expected)")
    }
    guard words[1] == "matrix", words[2] == "coordinate" else {
      throw scanner.corrupt(
        "'\(words[1]) \(words[2])' is not supported, only 'matrix coordinate'",
        code: .unsupported
      )
    }
    guard ["pattern", "real", "integer"].contains(words[3]) else {
      throw scanner.corrupt(
        "field '\(words[3])' is not supported, only pattern, real and integer",
        code: .unsupported
      )
    }
    guard words[4] == "general" else {
      throw scanner.corrupt(
        "symmetry '\(words[4])' is not supported, only general, with every entry written out",
        code: .unsupported
      )
    }
    hasValues = words[3] != "pattern"
  }

  private mutating func readSizes() throws {
    guard scanner.nextLine() else {
      throw scanner.corrupt("the file ends before the line with rows, columns and entries")
    }
    let outputs = try scanner.number("number of rows")
    let inputs = try scanner.number("number of columns")
    let entries = try scanner.number("number of entries")
    try scanner.expectLineEnd()
    guard (1...Pattern.maximumNeurons).contains(outputs),
      (1...Pattern.maximumNeurons).contains(inputs)
    else {
      throw scanner.corrupt(
        "\(outputs) rows and \(inputs) columns are declared, but each must be between 1 and "
          + "\(Pattern.maximumNeurons)"
      )
    }
    shape = try JunctionShape(inputs: inputs, outputs: outputs)
    let most = min(shape.cells, Pattern.maximumEdges)
    guard entries <= most else {
      throw scanner.corrupt(
        "\(entries) entries are declared, but \(outputs) rows and \(inputs) columns have at most "
          + "\(most)"
      )
    }
    declaredEntries = entries
  }
}
