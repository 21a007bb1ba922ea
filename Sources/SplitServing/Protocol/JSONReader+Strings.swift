extension JSONReader {
  /// Reads a string.
  mutating func string() throws -> String {
    guard take(UInt8(ascii: "\"")) else {
      throw failure("has something other than a string", at: position)
    }
    let start = position
    while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    var text = Array(bytes[start..<position])
    while let byte {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("has a string that is not UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"): try text.append(contentsOf: escape())
      case 0..<0x20: throw failure("has a bare control character in a string", at: position - 1)
      default: text.append(byte)
      }
    }
    throw failure("ends inside a string", at: start)
  }

  private mutating func escape() throws -> [UInt8] {
    let start = position - 1
    defer { position += 1 }
    switch byte {
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

  /// Reads the rest of an escape, from its 'u' to its last digit but one.
  private mutating func unicodeEscape(from start: Int) throws -> [UInt8] {
    var units = [try codeUnit()]
    if UTF16.isLeadSurrogate(units[0]) {
      position += 1
      guard byte == UInt8(ascii: "\\") else { throw halfAPair(at: start) }
      position += 1
      guard byte == UInt8(ascii: "u") else { throw halfAPair(at: start) }
      units.append(try codeUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw halfAPair(at: start)
    }
    return Array(text.utf8)
  }

  private func halfAPair(at start: Int) -> RequestError {
    failure("has half a surrogate pair in a string", at: start)
  }

  /// Reads four digits behind the present position, and stops on the last of them.
  private mutating func codeUnit() throws -> UInt16 {
    let start = position
    var value: UInt16 = 0
    for _ in 0..<4 {
      position += 1
      guard let digit = byte.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw failure("has an escape without four hexadecimal digits", at: start)
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
