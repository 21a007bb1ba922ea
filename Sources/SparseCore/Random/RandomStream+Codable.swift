// MARK: - Saving and restoring a stream

extension RandomStream: Codable {
  /// Restores a stream from the text that `encode(to:)` wrote.
  ///
  /// - Parameter decoder: Where to read from.
  /// - Throws: `SparseError` when the text is not 64 hexadecimal digits, or all of them are zero.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    let digits = Array(text.utf8)
    guard digits.count == 64, let words = Self.words(fromHexadecimal: digits) else {
      throw SparseError(
        .corruptFile,
        "A random stream's state must be 64 hexadecimal digits, but is '\(text.prefix(80))'. "
          + "The file was changed or damaged; start from an undamaged copy."
      )
    }
    guard words != (0, 0, 0, 0) else {
      throw SparseError(
        .corruptFile,
        "A random stream's state is all zero, which no stream reaches. "
          + "The file was changed or damaged; start from an undamaged copy."
      )
    }
    self.init(state: words)
  }

  /// Writes the state as one text of 64 hexadecimal digits, exact in every format.
  ///
  /// A text rather than four numbers: many JSON readers round integers above 2^53.
  ///
  /// - Parameter encoder: Where to write to.
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(
      [state.0, state.1, state.2, state.3].map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
    )
  }

  private static func words(fromHexadecimal digits: [UInt8]) -> (UInt64, UInt64, UInt64, UInt64)? {
    var words = [UInt64](repeating: 0, count: 4)
    for (position, digit) in digits.enumerated() {
      guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
      words[position / 16] = words[position / 16] << 4 | UInt64(value)
    }
    return (words[0], words[1], words[2], words[3])
  }
}
