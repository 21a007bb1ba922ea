import SparseCore
import Testing

@testable import SplitServing

@Suite("Wrong messages") struct WrongMessageTests {
  private static let ones = [Float](repeating: 1, count: 24)

  private static func tensor(
    _ name: String = "input", _ shape: [Int] = [1, 24], _ datatype: String = "FP32",
    numbers: [Float] = ones, bytes: [UInt8]? = nil
  ) -> TestMessage.Tensor {
    .init(name: name, shape: shape, datatype: datatype, numbers: numbers, bytes: bytes)
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var body: [UInt8]
    var headerLength: Int?
    var words: [String]

    init(_ name: String, _ tensors: [TestMessage.Tensor], rest: String = "", says: String...) {
      testDescription = name
      (body, headerLength) = TestMessage(tensors: tensors, rest: rest).encoded
      words = says
    }

    init(_ name: String, json: String, headerLength: Int? = nil, says: String...) {
      testDescription = name
      body = Array(json.utf8)
      self.headerLength = headerLength
      words = says
    }
  }

  /// One entry of a list more than is taken.
  private static func many(_ entry: String) -> String {
    Array(repeating: entry, count: 1025).joined(separator: ",")
  }

  static let cases: [Case] = [
    Case("too few bytes", [tensor(bytes: [1, 2, 3])], says: "'input'", "3 bytes", "96"),
    Case("too many bytes", [tensor(bytes: bytes(of: ones + ones))], says: "'input'", "192"),
    Case("wrong input name", [tensor("inputs")], says: "'inputs'", "'input'"),
    Case("no input", [], says: "'input'"),
    Case("an input twice", [tensor(), tensor()], says: "'input'", "twice"),
    Case("wrong datatype", [tensor("input", [1, 24], "INT64")], says: "'input'", "INT64", "FP32"),
    Case(
      "unknown output", [tensor()], rest: ",\"outputs\":[{\"name\":\"logits\"}]", says: "'logits'",
      "exit1"),
    Case(
      "an output twice", [tensor()],
      rest: ",\"outputs\":[{\"name\":\"other\"},{\"name\":\"other\"}]",
      says: "'other'", "twice"),
    Case("too few numbers", [tensor(numbers: [1, 2])], says: "'input'", "2 numbers"),
    Case("too many features", [tensor("input", [1, 25])], says: "'input'", "[1, 25]", "[-1, 24]"),
    Case("one dimension", [tensor("input", [24])], says: "'input'", "[24]"),
    Case("a negative dimension", [tensor("input", [-1, 24])], says: "'input'", "[-1, 24]"),
    Case(
      "overflowing dimensions", [tensor("input", [Int.max, 24], bytes: bytes(of: ones))],
      says: "'input'", "\(Int.max)"),
    Case(
      "dimensions whose product wraps to the right size",
      [tensor("input", [1 << 62, 24], bytes: bytes(of: ones))], says: "'input'"),
    Case(
      "a dimension of 100 digits",
      json: """
        {"inputs":[{"name":"input","datatype":"FP32","shape":[\(String(repeating: "9", count: 100)),24],\
        "data":[]}]}
        """, says: "'input'", "64 bits"),
    Case(
      "a broken scale",
      [tensor("input", [1, 24], "INT8"), tensor("scale", [5], numbers: [1, 1, 1, 1, 1])],
      says: "'scale'", "24"),
    Case(
      "a scale for floats", [tensor(), tensor("scale", [1], numbers: [1])], says: "'scale'", "FP32"),
    Case(
      "a zero point alone",
      [tensor("input", [1, 24], "INT8"), tensor("zero_point", [1], numbers: [1])],
      says: "'zero_point'", "'scale'"),
    Case(
      "a byte beyond 255", [tensor("input", [1, 24], "UINT8", numbers: ones.dropLast() + [256])],
      says: "'input'", "256"),
    Case(
      "half a step", [tensor("input", [1, 24], "INT8", numbers: ones.dropLast() + [0.5])],
      says: "'input'", "0.5"),
    Case(
      "a NaN", [tensor(bytes: bytes(of: ones.dropLast() + [.nan]))], says: "'input'", "value 23"),
    Case("an empty message", json: "", says: "'{'"),
    Case("malformed JSON", json: "{\"inputs\":[", says: "JSON"),
    Case("an array", json: "[1,2]", says: "'{'"),
    Case("more behind it", json: "{\"inputs\":[]} x", says: "goes on"),
    Case("tensors without end", json: "{\"inputs\":[\(many("{}"))]}", says: "1024", "'inputs'"),
    Case(
      "outputs without end", json: "{\"outputs\":[\(many("{\"name\":\"output\"}"))]}",
      says: "1024", "'outputs'"),
    Case(
      "dimensions without end",
      json: "{\"inputs\":[{\"name\":\"input\",\"shape\":[\(many("1"))]}]}",
      says: "'input'", "1024", "'shape'"),
    Case("a header length beyond the body", json: "{}", headerLength: 3, says: "3", "2 bytes"),
    Case("a negative header length", json: "{}", headerLength: -1, says: "-1"),
    Case("a header length of 0", json: "{}", headerLength: 0, says: "JSON"),
    Case("bytes nobody claims", json: "{\"inputs\":[]}xyz", headerLength: 13, says: "3 bytes"),
    Case(
      "JSON nested too deep", json: "{\"x\":" + String(repeating: "[", count: 200), says: "deeper"),
    Case(
      "numbers nested too deep",
      json: "{\"inputs\":[{\"name\":\"input\",\"data\":" + String(repeating: "[", count: 200),
      says: "'input'", "deeper"),
    Case(
      "no shape", json: "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"data\":[]}]}",
      says: "'input'", "shape"),
    Case(
      "no data", json: "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1,24]}]}",
      says: "'input'", "data"),
    Case(
      "a huge size of bytes",
      json: """
        {"inputs":[{"name":"input","datatype":"FP32","shape":[1,24],\
        "parameters":{"binary_data_size":9223372036854775807}}]}
        """, says: "'input'", "9223372036854775807"),
    Case(
      "shared memory",
      json: """
        {"inputs":[{"name":"input","datatype":"FP32","shape":[1,24],\
        "parameters":{"shared_memory_region":"r"}}]}
        """, says: "'input'", "shared memory"),
    Case(
      "a negative timeout", [tensor()], rest: ",\"parameters\":{\"timeout\":-1}", says: "timeout",
      "-1"),
    Case(
      "a classification", [tensor()],
      rest: ",\"outputs\":[{\"name\":\"output\",\"parameters\":{\"classification\":3}}]",
      says: "classification"),
  ]

  @Test("are refused with a text that names what is wrong", arguments: cases)
  func refused(wrong: Case) {
    let error = #expect(throws: RequestError.self) { try call(wrong.body, wrong.headerLength) }
    #expect(error?.code == .invalid)
    for word in wrong.words {
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "") lacks \(word)")
    }
  }
}

@Suite("Mutated messages") struct MutatedMessageTests {
  private var valid: (body: [UInt8], headerLength: Int?) {
    TestMessage(
      id: "7",
      tensors: [
        .init(shape: [1, 24], datatype: "UINT8", bytes: (0..<24).map { UInt8($0) }),
        .init(name: "scale", shape: [1], numbers: [0.5]),
      ], rest: ",\"outputs\":[{\"name\":\"output\"}],\"parameters\":{\"timeout\":9}"
    ).encoded
  }

  /// Whether a message is taken or refused; anything else than `RequestError` fails the test.
  private func isTaken(_ body: [UInt8], _ headerLength: Int?) throws -> Bool {
    do {
      _ = try call(body, headerLength)
      return true
    } catch is RequestError {
      return false
    }
  }

  @Test("are taken or refused, 100,000 times")
  func mutations() throws {
    let (body, headerLength) = valid
    #expect(try isTaken(body, headerLength))
    var stream = RandomStream(seed: 1, purpose: "mutations")
    var taken = 0
    for _ in 0..<100_000 {
      var mutant = body
      var length = headerLength
      for _ in 0...stream.below(3) {
        let place = stream.below(max(mutant.count, 1))
        switch stream.below(6) {
        case 0 where !mutant.isEmpty: mutant[place] = UInt8(stream.below(256))
        case 1 where !mutant.isEmpty: mutant[place] ^= 1 << UInt8(stream.below(8))
        case 2 where !mutant.isEmpty: mutant.remove(at: place)
        case 3: mutant.insert(Array("[]{}\",:-.e0".utf8)[stream.below(11)], at: place)
        case 4: mutant.removeLast(min(stream.below(8), mutant.count))
        default: length = stream.below(mutant.count + 20) - 10
        }
      }
      if try isTaken(mutant, length) { taken += 1 }
    }
    // Some mutations change values only; most break the message.
    #expect(taken > 1000 && taken < 60_000, "\(taken)")
  }

  @Test("are refused wherever they are cut")
  func truncations() throws {
    let (body, headerLength) = valid
    for count in 0..<body.count {
      #expect(try !isTaken(Array(body[..<count]), headerLength), "cut at \(count)")
      #expect(try !isTaken(Array(body[..<count]), nil), "cut at \(count)")
    }
  }

  @Test("of random bytes are refused", arguments: 0..<4 as Range<UInt64>)
  func random(seed: UInt64) throws {
    var stream = RandomStream(seed: seed, purpose: "random bytes")
    for _ in 0..<2000 {
      let bytes = (0..<stream.below(200)).map { _ in UInt8(stream.below(256)) }
      #expect(try !isTaken(bytes, nil))
      #expect(try !isTaken(Array("{\"inputs\":[".utf8) + bytes, nil))
    }
  }
}
