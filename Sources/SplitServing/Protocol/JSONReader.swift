/// Reads a JSON text piece by piece, as its caller asks for values by their types.
///
/// Foundation's parser takes 0.9 s for a mebibyte of numbers, keeps one of two equal keys without a
/// word, and lets the peer choose how deep it recurses. Here numbers go straight into an array, and
/// objects and arrays nest at most ``maximumDepth`` deep.
struct JSONReader {
  /// How deep objects and arrays may be nested.
  static let maximumDepth = 100

  let bytes: [UInt8]
  private let end: Int
  var position = 0
  private var depth = 0

  /// Starts at the beginning of a text.
  ///
  /// - Parameters:
  ///   - bytes: The text, and whatever follows it.
  ///   - count: The bytes of the text.
  init(_ bytes: [UInt8], count: Int) {
    precondition(count >= 0 && count <= bytes.count, "\(count) of \(bytes.count) bytes")
    self.bytes = bytes
    end = count
  }

  /// Reads an object, and calls `member` where the value of each key begins.
  mutating func object(_ member: (inout Self, String) throws -> Void) throws {
    var keys: Set<String> = []
    try list(from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) { reader in
      let start = reader.position
      let key = try reader.string()
      guard keys.insert(key).inserted else {
        throw reader.failure("has the key '\(key.excerpt)' twice", at: start)
      }
      try reader.require(UInt8(ascii: ":"))
      try member(&reader, key)
    }
  }

  /// Reads an array, and calls `element` where each of its values begins.
  mutating func array(_ element: (inout Self) throws -> Void) throws {
    try list(from: UInt8(ascii: "["), to: UInt8(ascii: "]"), element)
  }

  /// Reads an array of numbers, or arrays of such in any arrangement, as one row of numbers.
  mutating func numbers() throws -> [Float] {
    var values: [Float] = []
    var nesting = 0
    repeat {
      // Here a value begins.
      if take(UInt8(ascii: "[")) {
        nesting += 1
        try enter()
        if next() != UInt8(ascii: "]") { continue }
      } else if nesting == 0 {
        throw failure("has something other than an array of numbers", at: position)
      } else {
        values.append(try number())
      }
      while nesting > 0, take(UInt8(ascii: "]")) {
        nesting -= 1
        depth -= 1
      }
      if nesting > 0 { try require(UInt8(ascii: ",")) }
    } while nesting > 0
    return values
  }

  /// Reads true or false.
  mutating func boolean() throws -> Bool {
    if take(word: "true") { return true }
    if take(word: "false") { return false }
    throw failure("has something other than true or false", at: position)
  }

  /// Reads any value and forgets it.
  mutating func skip() throws {
    switch next() {
    case UInt8(ascii: "{"): try object { reader, _ in try reader.skip() }
    case UInt8(ascii: "["): try array { reader in try reader.skip() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
    case UInt8(ascii: "n"):
      guard take(word: "null") else { throw failure("has an unknown word", at: position) }
    default: _ = try number()
    }
  }

  /// Checks that nothing but space follows.
  mutating func finish() throws {
    skipSpace()
    guard position == end else { throw failure("goes on behind its object", at: position) }
  }

  /// An error about the text.
  func failure(_ text: String, at position: Int) -> RequestError {
    .invalid("the request's JSON \(text), at byte \(position)")
  }
}

// MARK: - Pieces

extension JSONReader {
  /// The byte at the present position; nil at the end.
  @inline(__always)
  var byte: UInt8? { position < end ? bytes[position] : nil }

  /// The next byte that is not space, without taking it.
  mutating func next() -> UInt8? {
    skipSpace()
    return byte
  }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  /// Takes a character, after space, if it is the next one.
  mutating func take(_ character: UInt8) -> Bool {
    skipSpace()
    guard byte == character else { return false }
    position += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    skipSpace()
    let count = word.utf8CodeUnitCount
    guard end - position >= count, bytes[position..<position + count].elementsEqual("\(word)".utf8)
    else { return false }
    position += count
    return true
  }

  private mutating func require(_ character: UInt8) throws {
    guard take(character) else {
      throw failure("lacks a '\(Character(Unicode.Scalar(character)))'", at: position)
    }
  }

  private mutating func enter() throws {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw failure("is nested deeper than \(Self.maximumDepth)", at: position)
    }
  }

  private mutating func list(
    from opening: UInt8, to closing: UInt8, _ element: (inout Self) throws -> Void
  ) throws {
    try require(opening)
    try enter()
    if !take(closing) {
      repeat { try element(&self) } while take(UInt8(ascii: ","))
      try require(closing)
    }
    depth -= 1
  }
}
