/// Goes through a text file line by line, word by word, without making strings.
///
/// Blank lines and comments are skipped wherever they stand; lines may end with a carriage return.
struct LineScanner {
  /// What a file format looks like.
  struct Format {
    /// What a comment starts with.
    let comment: UInt8

    /// What stands between words beside blanks, if anything.
    var separator: UInt8?

    /// The end of every message: what to do about it.
    let remedy: String
  }

  /// The current line, from 1; 0 before the first.
  private(set) var line = 0

  /// The bytes behind the current line.
  var remainingBytes: Int { bytes.count - min(lineEnd + 1, bytes.count) }

  private let bytes: [UInt8]
  private let source: String
  private let format: Format
  private var position = 0
  private var lineEnd = -1

  init(_ bytes: [UInt8], source: String, format: Format) {
    self.bytes = bytes
    self.source = source
    self.format = format
  }

  /// Describes a fault on a line, the current one unless another is given.
  func corrupt(
    _ fault: String, line: Int? = nil, code: SparseError.Code = .corruptFile
  ) -> SparseError {
    SparseError(code, "\(source), line \(line ?? max(self.line, 1)): \(fault). \(format.remedy)")
  }
}

// MARK: - Lines

extension LineScanner {
  private static let newline = UInt8(ascii: "\n")

  /// Goes to the next line, whatever is on it; false when there is none.
  mutating func nextRawLine() -> Bool {
    guard lineEnd < bytes.count else { return false }
    position = lineEnd + 1
    guard position < bytes.count else {
      lineEnd = bytes.count
      return false
    }
    lineEnd = position
    while lineEnd < bytes.count, bytes[lineEnd] != Self.newline { lineEnd += 1 }
    line += 1
    return true
  }

  /// Goes to the next line that is neither blank nor a comment; false when there is none.
  mutating func nextLine() -> Bool {
    while nextRawLine() {
      skipBlanks()
      if position < lineEnd, bytes[position] != format.comment { return true }
    }
    return false
  }
}

// MARK: - Words and numbers of the current line

extension LineScanner {
  private func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  private mutating func skipBlanks() {
    while position < lineEnd, isBlank(bytes[position]) { position += 1 }
  }

  /// Returns the range of the next word of the line, empty where there is none, and goes past it.
  private mutating func nextWordRange() -> Range<Int> {
    skipBlanks()
    let start = position
    while position < lineEnd, !isBlank(bytes[position]), bytes[position] != format.separator {
      position += 1
    }
    return start..<position
  }

  /// The next word for a message or a keyword; long ones are cut.
  mutating func nextWord() -> String? {
    let range = nextWordRange()
    return range.isEmpty ? nil : text(range)
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.prefix(40)], as: UTF8.self)
  }

  /// Reads a whole number that is not negative.
  mutating func number(_ name: String) throws -> Int {
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

  /// Reads a whole number in a range.
  mutating func number(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    let value = try number(name)
    guard range.contains(value) else { throw corrupt("\(name) \(value) is outside \(range)") }
    return value
  }

  /// Goes past a value, which must be a decimal number.
  mutating func skipValue() throws {
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

  /// Goes past the separator.
  mutating func expectSeparator() throws {
    skipBlanks()
    guard position < lineEnd, bytes[position] == format.separator else {
      throw corrupt("a comma is missing")
    }
    position += 1
  }

  /// Checks that nothing more is on the line.
  mutating func expectLineEnd() throws {
    skipBlanks()
    guard position < lineEnd else { return }
    throw corrupt("'\(text(position..<lineEnd))' follows where the line should end")
  }
}
