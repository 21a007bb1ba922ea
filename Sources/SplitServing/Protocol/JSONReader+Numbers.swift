extension JSONReader {
  /// Reads a number and rounds it correctly.
  ///
  /// The value is formed in `Double`, from at most 19 digits and a power of ten, with an error below
  /// 3 units in its last place. Unless it then lies that close to the middle between two floats,
  /// rounding it is rounding the number itself; otherwise the standard library parses the text.
  ///
  /// - Returns: The nearest float; infinity for numbers beyond all floats.
  mutating func number() throws -> Float {
    skipToNumber()
    let start = position
    let isNegative = takeMinus()
    let (mantissa, exponent, isWhole) = try decimal(from: start)
    if mantissa == 0, isWhole { return isNegative ? -0.0 : 0 }
    if isWhole, abs(exponent) < Self.powersOfTen.count {
      let power = Self.powersOfTen[abs(exponent)]
      let value = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
      // The 29 bits that a float lacks; their middle value is the middle between two floats.
      let rest = Int(value.bitPattern & 0x1fff_ffff) - 0x1000_0000
      if value >= Double(Float.leastNormalMagnitude), value <= 0x1p127, abs(rest) > 8 {
        return isNegative ? -Float(value) : Float(value)
      }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Float(text) else { throw failure("has no number", at: start) }
    return value
  }

  /// Reads a whole number.
  mutating func integer() throws -> Int {
    skipToNumber()
    let start = position
    _ = takeMinus()
    while isDigit { position += 1 }
    let text = bytes[start..<position]
    let isNumber = text.last.map { $0 != UInt8(ascii: "-") } ?? false
    guard isNumber, byte != UInt8(ascii: "."), byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E")
    else { throw failure("has something other than a whole number", at: start) }
    guard let value = Int(String(decoding: text, as: UTF8.self)) else {
      throw failure(
        "has a whole number of \(text.count) digits, more than 64 bits can hold", at: start)
    }
    return value
  }

  /// 10⁰ to 10³⁸, each correctly rounded.
  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32,
    1e33, 1e34, 1e35, 1e36, 1e37, 1e38,
  ]

  private mutating func skipToNumber() { _ = next() }

  @inline(__always)
  private var isDigit: Bool { byte.map { $0 &- UInt8(ascii: "0") < 10 } ?? false }

  private mutating func takeMinus() -> Bool {
    guard byte == UInt8(ascii: "-") else { return false }
    position += 1
    return true
  }

  /// Reads what follows a number's sign.
  ///
  /// - Returns: The digits and the exponent; `isWhole` is false where there are too many for them.
  private mutating func decimal(
    from start: Int
  ) throws -> (mantissa: UInt64, exponent: Int, isWhole: Bool) {
    var mantissa: UInt64 = 0
    var digits = 0
    /// Takes digits; leading zeros do not count.
    func takeDigits(_ reader: inout Self) -> Int {
      let first = reader.position
      while let byte = reader.byte, byte &- UInt8(ascii: "0") < 10 {
        if digits > 0 || byte != UInt8(ascii: "0") { digits += 1 }
        if digits <= 19 { mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0")) }
        reader.position += 1
      }
      return reader.position - first
    }
    let startsWithZero = byte == UInt8(ascii: "0")
    let whole = takeDigits(&self)
    guard whole == 1 || (whole > 1 && !startsWithZero) else {
      throw failure("has something other than a number", at: start)
    }
    var exponent = 0
    if byte == UInt8(ascii: ".") {
      position += 1
      exponent = -takeDigits(&self)
      guard exponent < 0 else { throw failure("has a number without decimals", at: start) }
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      position += 1
      let isNegative = takeMinus()
      if !isNegative, byte == UInt8(ascii: "+") { position += 1 }
      guard isDigit else { throw failure("has a number without exponent", at: start) }
      var power = 0
      while let digit = byte, isDigit {
        power = min(power * 10 + Int(digit - UInt8(ascii: "0")), 1_000_000)
        position += 1
      }
      exponent += isNegative ? -power : power
    }
    return (mantissa, exponent, digits <= 19)
  }
}
