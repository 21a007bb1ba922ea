import SparseCore
import Testing

@testable import SplitServing

@Suite("The JSON reader") struct JSONReaderTests {
  private func reader(_ text: String) -> JSONReader {
    JSONReader(Array(text.utf8), count: text.utf8.count)
  }

  private func numbers(_ text: String) throws -> [Float] {
    var reader = reader(text)
    let values = try reader.numbers()
    try reader.finish()
    return values
  }

  @Test("rounds every number as the standard library does", arguments: 0..<4 as Range<UInt64>)
  func rounding(seed: UInt64) throws {
    var stream = RandomStream(seed: seed, purpose: "numbers")
    for _ in 0..<5000 {
      let float = Float(bitPattern: UInt32(stream.below(1 << 31)))
      guard float.isFinite else { continue }
      // As Python writes them, exact middles between floats, and numbers with many digits.
      let texts = [
        "\(float)", "\(Double(float))", "\((Double(float) + Double(float.nextUp)) / 2)",
        "\(stream.below(1 << 30)).\(stream.below(1 << 30))e\(stream.below(80) - 60)",
        "\(stream.below(1 << 30))\(stream.below(1 << 30))\(stream.below(1 << 30))",
      ]
      for text in texts {
        let expected = try #require(Float(text))
        #expect(try numbers("[\(text)]") == [expected], "\(text), seed \(seed)")
        #expect(try numbers("[-\(text)]") == [-expected], "\(text), seed \(seed)")
      }
    }
  }

  @Test(
    "reads the edges of what floats can be",
    arguments: [
      ("0", Float(0)), ("0.0e5", 0), ("1e-50", 0), ("1.4e-45", Float.leastNonzeroMagnitude),
      ("3.4028235e38", .greatestFiniteMagnitude), ("1e39", .infinity),
      ("1e999999999999", .infinity),
      ("1e-999999999999", 0), ("16777217", 16_777_216), ("16777219", 16_777_220),
      ("0.000000000000000000000000000000000000000000001", .leastNonzeroMagnitude),
      ("16777217.0000000000000000000000000000001", 16_777_218),
    ])
  func edges(text: String, value: Float) throws {
    #expect(try numbers("[\(text)]") == [value])
  }

  @Test("tells minus zero from zero")
  func minusZero() throws {
    let values = try numbers("[-0, 0, -0.0]")
    #expect(values.map(\.sign) == [.minus, .plus, .minus])
  }

  @Test("takes numbers in any arrangement of arrays, in their order")
  func nesting() throws {
    #expect(try numbers("[]") == [])
    #expect(try numbers(" [ [ ] , [ 1 , [ 2 ] ] , [ [ [ 3 ] ] ] , 4 ] ") == [1, 2, 3, 4])
    #expect(try numbers("[[],[]]") == [])
  }

  @Test(
    "refuses what is no array of numbers",
    arguments: [
      "", "1", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "[1]]", "[01]", "[1.]", "[.5]",
      "[+1]", "[-]", "[1e]", "[1e+]", "[NaN]", "[Infinity]", "[\"1\"]", "[true]", "[null]", "[{}]",
      "[0x10]", "[1_000]", "[--1]", "[1..2]", "[٣]",
    ])
  func malformedNumbers(text: String) {
    #expect(throws: RequestError.self) { try numbers(text) }
  }

  @Test("reads as deep as it says, and no deeper")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    for read in [{ try numbers($0) == [] }, { text in try skipped(text) }] {
      #expect(try read(nested(100)))
      let error = #expect(throws: RequestError.self) { try read(nested(101)) }
      #expect(error?.message.contains("deeper than 100") == true)
      #expect(throws: RequestError.self) { try read(nested(1_000_000)) }
    }
    func objects(_ depth: Int) -> String {
      String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
    }
    #expect(try skipped(objects(100)))
    #expect(throws: RequestError.self) { try skipped(objects(101)) }
    #expect(throws: RequestError.self) { try skipped(String(repeating: "{\"a\":[", count: 60)) }
  }

  private func skipped(_ text: String) throws -> Bool {
    var reader = reader(text)
    try reader.skip()
    try reader.finish()
    return true
  }

  @Test(
    "reads strings with every kind of escape",
    arguments: [
      (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u00e9é""#, "éé"),
      (#""\ud83d\ude00""#, "😀"), (#""日本""#, "日本"),
    ])
  func strings(text: String, value: String) throws {
    var reader = reader(text)
    #expect(try reader.string() == value)
    try reader.finish()
  }

  @Test(
    "refuses damaged strings, words, keys and ends",
    arguments: [
      "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ud83d\\n\"",
      "\"\\ude00\"", "\"a\nb\"", "tru", "nul", "truex", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
      "{a:1}", "{\"a\":1,\"a\":2}", "[1,2", "1 1", "}", ":", "\u{feff}1",
    ])
  func damaged(text: String) {
    #expect(throws: RequestError.self) { try skipped(text) }
  }

  @Test("refuses strings that are not UTF-8")
  func notUTF8() {
    var reader = JSONReader([0x22, 0xff, 0x22], count: 3)
    #expect(throws: RequestError.self) { try reader.string() }
  }

  @Test("reads whole numbers of 64 bits and no others")
  func integers() throws {
    for value in [0, 7, -7, Int.max, Int.min] {
      var reader = reader(" \(value) ")
      #expect(try reader.integer() == value)
    }
    for text in ["9223372036854775808", "1.0", "1e3", "-", "", "x", "99999999999999999999999"] {
      var reader = reader(text)
      #expect(throws: RequestError.self) { try reader.integer() }
    }
  }
}
