import SparseCore

/// Reads the JSON that safetensors headers are made of: objects, arrays, strings, whole numbers.
///
/// This is not Foundation's parser because that one keeps one of two equal keys without a word,
/// turns numbers into `Double` on the way, and hides where in the file a mistake is. A header needs
/// only this much of JSON, and the caller asks for each value by its type, so that nesting is
/// bounded by the grammar of the header and not by the stack.
struct HeaderScanner {
  private let bytes: [UInt8]
  private let source: String
  private var position = 0

  /// Starts at the beginning of a header.
  ///
  /// - Throws: `SparseError` with code `.corruptFile` when the bytes are not UTF-8.
  init(_ bytes: [UInt8], source: String) throws {
    self.bytes = bytes
    self.source = source
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw failure("is not UTF-8 text", at: 0)
    }
    // The format wants the brace at once, so that no other kind of file passes for a header.
    guard bytes.first == UInt8(ascii: "{") else { throw failure("does not begin with '{'", at: 0) }
  }

  /// Reads an object, and calls `member` where the value of each key begins.
  mutating func object(_ member: (inout Self, String) throws -> Void) throws {
    var keys: Set<String> = []
    try list(from: "{", to: "}") { scanner in
      let start = scanner.position
      let key = try scanner.string()
      guard keys.insert(key).inserted else {
        throw scanner.failure("has the key \(key.excerpt) twice", at: start)
      }
      try scanner.require(":")
      try member(&scanner, key)
    }
  }

  /// Reads an array of whole numbers that are not negative.
  mutating func integers() throws -> [Int] {
    var values: [Int] = []
    try list(from: "[", to: "]") { scanner in values.append(try scanner.integer()) }
    return values
  }

  /// Reads a string.
  mutating func string() throws -> String {
    try require("\"")
    let start = position
    var text: [UInt8] = []
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try text.append(contentsOf: escape())
      case 0..<0x20: throw failure("has a bare control character in a string", at: position - 1)
      default: text.append(byte)
      }
    }
    throw failure("ends inside a string", at: start)
  }

  /// Checks that nothing but space follows.
  mutating func end() throws {
    skipSpace()
    guard position == bytes.count else { throw failure("goes on behind its object", at: position) }
  }

  /// An error at the present position.
  func failure(_ text: String) -> SparseError { failure(text, at: position) }
}

// MARK: - Pieces

extension HeaderScanner {
  private mutating func next() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  /// Takes a character, after space, if it is the next one.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw failure("lacks a '\(character)'", at: position) }
  }

  private mutating func list(
    from opening: Unicode.Scalar,
    to closing: Unicode.Scalar,
    _ element: (inout Self) throws -> Void
  ) throws {
    try require(opening)
    if take(closing) { return }
    repeat { try element(&self) } while take(",")
    try require(closing)
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    let digits = bytes[start..<position]
    // What follows a number shows whether it was whole: '.', 'e' and the like are no separators.
    let isNumber = !digits.isEmpty && (digits.first != 0x30 || digits.count == 1)
    guard isNumber, let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw failure("has something other than a whole number in 0...\(Int.max)", at: start)
    }
    return value
  }

  private mutating func escape() throws -> [UInt8] {
    let start = position - 1
    switch next() {
    case UInt8(ascii: "\""): return [0x22]
    case UInt8(ascii: "\\"): return [0x5c]
    case UInt8(ascii: "/"): return [0x2f]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicodeEscape(from: start)
    default: throw failure("has an unknown escape in a string", at: start)
    }
  }

  private mutating func unicodeEscape(from start: Int) throws -> [UInt8] {
    var units = [try codeUnit()]
    if UTF16.isLeadSurrogate(units[0]), next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") {
      units.append(try codeUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw failure("has half a surrogate pair in a string", at: start)
    }
    return Array(text.utf8)
  }

  private mutating func codeUnit() throws -> UInt16 {
    let start = position
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw failure("has an escape without four hexadecimal digits", at: start)
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// An error; positions are counted from the start of the file, whose first 8 bytes are a length.
  private func failure(_ text: String, at position: Int) -> SparseError {
    SparseError(
      .corruptFile,
      "\(source): the safetensors header \(text), at byte \(position + 8). The file is damaged or "
        + "not a safetensors file; copy or write it again."
    )
  }
}
