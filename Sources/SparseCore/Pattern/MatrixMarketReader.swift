/// Reads a Matrix Market coordinate file byte by byte, an entry at a time.
///
/// The format is that of Ronald F. Boisvert, Roldan Pozo, Karin A. Remington: *The Matrix Market
/// Exchange Formats: Initial Design*, NISTIR 5935, 1996. Blank lines and lines that start with `%` are
/// skipped wherever they stand; lines may end with a carriage return.
struct MatrixMarketReader {
  /// The sizes that the file declares.
  private(set) var shape: JunctionShape

  /// The number of entries that the file declares.
  private(set) var declaredEntries = 0

  /// The line read last, from 1.
  private(set) var line = 0

  private let bytes: [UInt8]
  private let source: String
  private var hasValues = false
  private var position = 0
  private var lineEnd = 0
  private var entries = 0

  /// Reads the header and the sizes.
  ///
  /// - Throws: `SparseError` when they are malformed, unsupported or too large.
  init(_ bytes: [UInt8], source: String) throws {
    self.bytes = bytes
    self.source = source
    shape = try JunctionShape(inputs: 1, outputs: 1)
    try readHeader()
    try readSizes()
  }

  /// How many entries to make room for: what is declared, unless the file is too short for it.
  var plausibleEntries: Int {
    min(declaredEntries, (bytes.count - lineEnd) / 4 + 1)
  }

  /// Reads the next entry, counted from 0; `nil` after the last.
  ///
  /// - Throws: `SparseError` when an entry is malformed or out of range, or their number is wrong.
  mutating func nextEntry() throws -> (row: Int, column: Int)? {
    guard nextLine() else {
      guard entries == declaredEntries else {
        throw corrupt("the file ends after \(entries) of the \(declaredEntries) entries declared")
      }
      return nil
    }
    guard entries < declaredEntries else {
      throw corrupt("there is another entry after the \(declaredEntries) declared")
    }
    let row = try index("row", limit: shape.outputs)
    let column = try index("column", limit: shape.inputs)
    if hasValues { try skipValue() }
    try expectLineEnd()
    entries += 1
    return (row, column)
  }

  /// Describes a fault on the current line.
  func corrupt(_ fault: String, code: SparseError.Code = .corruptFile) -> SparseError {
    SparseError(
      code, "\(source), line \(line): \(fault). Write it again as a Matrix Market file, or correct it.")
  }
}

// MARK: - Header

extension MatrixMarketReader {
  private mutating func readHeader() throws {
    let expected = "'%%MatrixMarket matrix coordinate pattern general'"
    line = 1
    lineEnd = endOfLine(from: 0)
    var words: [String] = []
    while let word = nextWord() { words.append(word.lowercased()) }
    guard words.first == "%%matrixmarket", words.count == 5 else {
      throw corrupt("the file does not start with \(expected)")
    }
    guard words[1] == "matrix", words[2] == "coordinate" else {
      throw corrupt(
        "'\(words[1]) \(words[2])' is not supported, only 'matrix coordinate'", code: .unsupported)
    }
    guard ["pattern", "real", "integer"].contains(words[3]) else {
      throw corrupt(
        "field '\(words[3])' is not supported, only pattern, real and integer", code: .unsupported)
    }
    guard words[4] == "general" else {
      throw corrupt(
        "symmetry '\(words[4])' is not supported, only general, with every entry written out",
        code: .unsupported)
    }
    hasValues = words[3] != "pattern"
  }

  private mutating func readSizes() throws {
    guard nextLine() else {
      throw corrupt("the file ends before the line with rows, columns and entries")
    }
    let outputs = try number("number of rows")
    let inputs = try number("number of columns")
    let entries = try number("number of entries")
    try expectLineEnd()
    guard (1...Pattern.maximumNeurons).contains(outputs),
      (1...Pattern.maximumNeurons).contains(inputs)
    else {
      throw corrupt(
        "\(outputs) rows and \(inputs) columns are declared, but each must be between 1 and "
          + "\(Pattern.maximumNeurons)")
    }
    shape = try JunctionShape(inputs: inputs, outputs: outputs)
    guard entries <= min(shape.cells, Pattern.maximumEdges) else {
      throw corrupt(
        "\(entries) entries are declared, but \(outputs) rows and \(inputs) columns have at most "
          + "\(min(shape.cells, Pattern.maximumEdges))")
    }
    declaredEntries = entries
  }
}

// MARK: - Words and numbers of the current line

extension MatrixMarketReader {
  private static let newline = UInt8(ascii: "\n")

  private func endOfLine(from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != Self.newline { end += 1 }
    return end
  }

  /// Goes to the next line that is neither blank nor a comment; false when there is none.
  private mutating func nextLine() -> Bool {
    while lineEnd < bytes.count {
      position = lineEnd + 1
      lineEnd = endOfLine(from: position)
      guard position < bytes.count else { break }
      line += 1
      skipBlanks()
      if position < lineEnd, bytes[position] != UInt8(ascii: "%") { return true }
    }
    return false
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  private mutating func skipBlanks() {
    while position < lineEnd, isBlank(bytes[position]) { position += 1 }
  }

  /// Returns the range of the next word of the line, empty at its end, and goes past it.
  private mutating func nextWordRange() -> Range<Int> {
    skipBlanks()
    let start = position
    while position < lineEnd, !isBlank(bytes[position]) { position += 1 }
    return start..<position
  }

  /// The next word for a message or a keyword; long ones are cut.
  private mutating func nextWord() -> String? {
    let range = nextWordRange()
    return range.isEmpty ? nil : text(range)
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.prefix(40)], as: UTF8.self)
  }

  /// Reads a whole number that is not negative.
  private mutating func number(_ name: String) throws -> Int {
    let range = nextWordRange()
    guard !range.isEmpty else { throw corrupt("the \(name) is missing") }
    var value = 0
    for byte in bytes[range] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
        throw corrupt("the \(name) '\(text(range))' is not a whole number")
      }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
      // Far above every limit and far below overflow.
      guard value < 1 << 50 else {
        throw corrupt("the \(name) '\(text(range))' is too large")
      }
    }
    return value
  }

  /// Reads an index counted from 1 and returns it counted from 0.
  private mutating func index(_ name: String, limit: Int) throws -> Int {
    let value = try number(name)
    guard value >= 1, value <= limit else {
      throw corrupt("\(name) \(value) is outside 1...\(limit)")
    }
    return value - 1
  }

  /// Goes past a value, which must be a decimal number.
  private mutating func skipValue() throws {
    let range = nextWordRange()
    guard !range.isEmpty else { throw corrupt("the value is missing") }
    // Double(_:) would also take hexadecimal digits, infinities and NaN.
    let isDecimal = bytes[range].allSatisfy { byte in
      (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || "+-.eE".utf8.contains(byte)
    }
    guard isDecimal, range.count <= 40, Double(text(range)) != nil else {
      throw corrupt("the value '\(text(range))' is not a decimal number")
    }
  }

  private mutating func expectLineEnd() throws {
    if let word = nextWord() {
      throw corrupt("'\(word)' follows where the line should end")
    }
  }
}
