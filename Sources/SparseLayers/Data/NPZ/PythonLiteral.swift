import SparseCore

/// Reads the few Python literals that the header of an `.npy` file is made of, strictly.
struct PythonLiteral {
  private let text: [UInt8]
  private(set) var position = 0

  /// Starts at the beginning of a text.
  init(_ text: [UInt8]) { self.text = text }

  /// The next byte that is no space; `nil` at the end.
  mutating func peek() -> UInt8? {
    while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
    return position < text.count ? text[position] : nil
  }

  /// Takes a character if it is the next one.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Takes a character that must be the next one.
  mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw unexpected("'\(character)'") }
  }

  /// Takes a string in single or double quotes, of printable ASCII and without escapes.
  mutating func string() throws -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw unexpected("a string")
    }
    let start = position + 1
    var end = start
    while end < text.count, text[end] != quote {
      guard (0x20..<0x7f).contains(text[end]), text[end] != UInt8(ascii: "\\") else {
        position = end
        throw unexpected("a string without escapes")
      }
      end += 1
    }
    guard end < text.count else { throw unexpected("a string that ends") }
    position = end + 1
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  /// Takes `True` or `False`.
  mutating func boolean() throws -> Bool {
    _ = peek()
    for (word, value) in [("True", true), ("False", false)]
    where text[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw unexpected("True or False")
  }

  /// Takes a tuple of whole numbers that are not negative.
  mutating func sizes() throws -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !take(")") {
      sizes.append(try wholeNumber())
      guard take(",") else {
        // Python writes a tuple of one element with a comma; without it, it would be a number.
        guard sizes.count > 1 else { throw unexpected("','") }
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func wholeNumber() throws -> Int {
    _ = peek()
    let digits = text[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw unexpected("a whole number up to \(Int.max)")
    }
    position += digits.count
    return value
  }

  /// The error of finding something else than what must come next.
  func unexpected(_ wanted: String) -> SparseError {
    SparseError(
      .corruptFile,
      "the .npy header needs \(wanted) at its character \(position). Save the array again with "
        + "numpy.savez."
    )
  }
}
