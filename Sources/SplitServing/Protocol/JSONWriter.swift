/// Writes JSON into bytes: what an answer of many numbers needs, without values in between.
struct JSONWriter {
  /// The text so far.
  private(set) var bytes: [UInt8] = []

  /// Appends text as it is.
  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Appends a string, with quotes and escapes.
  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        raw("\\u00" + (digits.count == 1 ? "0" : "") + digits)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends an array of whole numbers.
  mutating func array(_ values: [Int]) {
    raw("[\(values.map(String.init).joined(separator: ","))]")
  }

  /// Appends an array of finite numbers, each in as few digits as tell it from its neighbours.
  mutating func array(_ values: [Float]) {
    bytes.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      raw(value.description)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}
