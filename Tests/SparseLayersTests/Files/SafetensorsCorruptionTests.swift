import Foundation
import SparseCore
import Testing

@testable import SparseLayers

/// A file with a given header and so many bytes of data.
func safetensorsFile(header: String, dataBytes: Int) -> [UInt8] {
  littleEndianBytes(of: [UInt64(header.utf8.count)]) + Array(header.utf8)
    + [UInt8](repeating: 7, count: dataBytes)
}

/// Headers that break a rule, with the size of the data behind them and what the error must say.
let brokenHeaders: [(header: String, dataBytes: Int, reason: String)] = {
  func tensor(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }
  let valid = tensor("a", "U8", "[2]", "[0,2]")
  return [
    // Not the JSON that a header is.
    ("", 0, "'{'"), (" {}", 0, "'{'"), ("[]", 0, "'{'"), ("null", 0, "'{'"), ("{", 0, "lacks"),
    ("{}{}", 0, "goes on"), ("{}\0", 0, "goes on"), ("{\(valid),}", 2, "lacks"),
    ("{,\(valid)}", 2, "lacks"), (#"{"a"}"#, 0, "lacks"), (#"{"a":1}"#, 0, "lacks"),
    (#"{"a":[]}"#, 0, "lacks"), (#"{"a":{}}"#, 0, "lacks"), (#"{a:{}}"#, 0, "lacks"),
    (#"{"a"#, 0, "ends inside"), (#"{"\x":{}}"#, 0, "escape"), (#"{"\ud800":{}}"#, 0, "surrogate"),
    (#"{"\ud800\u0041":{}}"#, 0, "surrogate"), (#"{"\udc00":{}}"#, 0, "surrogate"),
    (#"{"\u12g4":{}}"#, 0, "hexadecimal"), (#"{"\u+123":{}}"#, 0, "hexadecimal"),
    (#"{"\"#, 0, "escape"), (#"{"\u12"#, 0, "hexadecimal"), ("{\"a\n\":{}}", 0, "control"),
    // Names.
    ("{\(valid),\(valid)}", 2, "twice"),
    (
      #"{\#(tensor("é", "U8", "[0]", "[0,0]")),\#(tensor("e\u{301}", "U8", "[0]", "[0,0]"))}"#, 0,
      "twice"
    ),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "twice"),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0, "twice"),
    (#"{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0, "twice"),
    // Text.
    (#"{"__metadata__":{"a":1}}"#, 0, "lacks"), (#"{"__metadata__":{"a":null}}"#, 0, "lacks"),
    (#"{"__metadata__":{"a":{}}}"#, 0, "lacks"), (#"{"__metadata__":[]}"#, 0, "lacks"),
    (#"{"__metadata__":"a"}"#, 0, "lacks"), (#"{"__metadata__":null}"#, 0, "lacks"),
    // Fields.
    (#"{"a":{"shape":[0],"data_offsets":[0,0]}}"#, 0, "lacks 'dtype'"),
    (#"{"a":{"dtype":"U8","data_offsets":[0,0]}}"#, 0, "lacks 'dtype'"),
    (#"{"a":{"dtype":"U8","shape":[0]}}"#, 0, "lacks 'dtype'"),
    (#"{"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}}"#, 0, "lacks"),
    (#"{"a":{"dtype":"U8","shape":0,"data_offsets":[0,0]}}"#, 0, "lacks"),
    (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"stride":[1]}}"#, 0, "unknown key"),
    ("{\(tensor("a", "U8", "[0]", "[0]"))}", 0, "two numbers"),
    ("{\(tensor("a", "U8", "[0]", "[0,0,0]"))}", 0, "two numbers"),
    // Numbers.
    ("{\(tensor("a", "U8", "[-2]", "[0,2]"))}", 2, "whole number"),
    ("{\(tensor("a", "U8", "[2.0]", "[0,2]"))}", 2, "lacks"),
    ("{\(tensor("a", "U8", "[2e0]", "[0,2]"))}", 2, "lacks"),
    ("{\(tensor("a", "U8", "[02]", "[0,2]"))}", 2, "whole number"),
    ("{\(tensor("a", "U8", "[+2]", "[0,2]"))}", 2, "whole number"),
    ("{\(tensor("a", "U8", "[\"2\"]", "[0,2]"))}", 2, "whole number"),
    ("{\(tensor("a", "U8", "[null]", "[0,2]"))}", 2, "whole number"),
    ("{\(tensor("a", "U8", "[2,]", "[0,2]"))}", 2, "whole number"),
    ("{\(tensor("a", "U8", "[99999999999999999999]", "[0,2]"))}", 2, "whole number"),
    // Sizes.
    ("{\(tensor("a", "U8", "[3]", "[0,2]"))}", 2, "takes 3 bytes"),
    ("{\(tensor("a", "F32", "[1]", "[0,2]"))}", 2, "takes 4 bytes"),
    ("{\(tensor("a", "U8", "[4294967296,4294967296]", "[0,0]"))}", 0, "more bytes than any"),
    ("{\(tensor("a", "U8", "[4294967296,4294967296,0]", "[0,0]"))}", 0, "more bytes than any"),
    ("{\(tensor("a", "F64", "[2305843009213693952]", "[0,0]"))}", 0, "more bytes than any"),
    (
      "{\(tensor("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]"))}", 0,
      "but 0 follow"
    ),
    ("{\(tensor("a", "U8", "[2]", "[2,0]"))}", 2, "[2, 0]"),
    ("{\(tensor("a", "U8", "[2]", "[9223372036854775807,1]"))}", 2, "[9223372036854775807, 1]"),
    // Places.
    ("{}", 1, "0 bytes of data, but 1"), ("{\(valid)}", 1, "2 bytes of data, but 1"),
    ("{\(valid)}", 3, "2 bytes of data, but 3"),
    ("{\(tensor("a", "U8", "[2]", "[1,3]"))}", 3, "gap"),
    ("{\(valid),\(tensor("b", "U8", "[1]", "[3,4]"))}", 4, "gap"),
    ("{\(valid),\(tensor("b", "U8", "[2]", "[1,3]"))}", 3, "overlaps"),
    ("{\(valid),\(tensor("b", "U8", "[2]", "[0,2]"))}", 2, "overlaps"),
    ("{\(tensor("a", "U8", "[4]", "[0,4]")),\(tensor("b", "U8", "[0]", "[2,2]"))}", 4, "overlaps"),
  ]
}()

/// A small file for exhaustive damage.
func smallSafetensorsFile() throws -> [UInt8] {
  try Safetensors(
    metadata: ["a": "b"],
    tensors: [
      .init(name: "w", floats: [1, 2], shape: [1, 2]),
      .init(name: "c", integers: [3] as [UInt16], shape: [1]),
    ]
  ).serialized()
}

/// As `brokenHeaders`; too long to be a test's arguments, which its log shows.
let deepHeaders: [(header: String, dataBytes: Int, reason: String)] = [
  (String(repeating: #"{"a":"#, count: 100_000), 0, "unknown key"),
  ("{" + String(repeating: "[", count: 100_000), 0, "lacks"),
]

@Suite("Safetensors that are damaged or hostile")
struct SafetensorsCorruptionTests {
  @Test("refuses headers that break a rule, with the rule", arguments: brokenHeaders)
  func refusesHeader(header: String, dataBytes: Int, reason: String) {
    let error = #expect(throws: SparseError.self) {
      try Safetensors(
        bytes: safetensorsFile(header: header, dataBytes: dataBytes),
        source: "x.safetensors"
      )
    }
    #expect(error?.code == .corruptFile)
    #expect(error?.message.hasPrefix("x.safetensors: ") == true)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }

  @Test("refuses a header nested 100,000 deep")
  func refusesNesting() {
    for (header, dataBytes, reason) in deepHeaders {
      refusesHeader(header: header, dataBytes: dataBytes, reason: reason)
    }
  }

  @Test(
    "refuses element types it does not know, with those it does",
    arguments: ["F8_E4M3", "f32"]
  )
  func refusesElementType(type: String) {
    let header = #"{"a":{"dtype":"\#(type)","shape":[0],"data_offsets":[0,0]}}"#
    let error = #expect(throws: SparseError.self) {
      try Safetensors(bytes: safetensorsFile(header: header, dataBytes: 0), source: "x")
    }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("BF16") == true)
  }

  @Test("refuses a header that is not UTF-8")
  func refusesInvalidText() {
    for bytes: [UInt8] in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]] {
      let header = Array(#"{"__metadata__":{"a":""#.utf8) + bytes + Array(#""}}"#.utf8)
      let file = littleEndianBytes(of: [UInt64(header.count)]) + header
      let error = #expect(throws: SparseError.self) { try Safetensors(bytes: file, source: "x") }
      #expect(error?.message.contains("UTF-8") == true)
    }
  }

  @Test("refuses any length of header beyond the file or the limit, without allocating it")
  func refusesHeaderLength() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    for length: UInt64 in [1, 100_000_001, 1 << 62, 1 << 63, .max - 7, .max] {
      let bytes = littleEndianBytes(of: [length])
      let error = #expect(throws: SparseError.self) { try Safetensors(bytes: bytes, source: "x") }
      #expect(error?.code == .corruptFile)
      #expect(error?.message.contains("\(length)") == true)
      // In a file of 2 GB that takes no space, the limit alone protects.
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(truncate(path, length == 1 ? 8 : 2_000_000_000) == 0)
      #expect(throws: SparseError.self) { try Safetensors(contentsOf: path) }
    }
  }

  @Test("accepts any space and order that JSON allows")
  func acceptsFreeForm() throws {
    let header = """
      {\t"b" : { "data_offsets":[2 , 3],\r\n "shape" : [ ], "dtype":"U8" } ,
       "\\u0061\\ud834\\udd1e\\/\\b\\f" : {"dtype":"U16","shape":[1,1],"data_offsets":[0,2]},
       "c":{"dtype":"F64","shape":[0,9223372036854775807],"data_offsets":[2,2]},
       "__metadata__":{"\\"":"\\n"} }  \n
      """
    let model = try Safetensors(
      bytes: safetensorsFile(header: header, dataBytes: 3),
      source: "x"
    )
    #expect(model.tensors.map(\.name) == ["a𝄞/\u{8}\u{c}", "c", "b"])
    #expect(model.tensors.map(\.shape) == [[1, 1], [0, .max], []])
    #expect(model.metadata == ["\"": "\n"])
  }

  @Test("refuses a file cut off at any byte, in memory and on disk")
  func truncated() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    let bytes = try smallSafetensorsFile()
    for count in 0..<bytes.count {
      let part = Array(bytes.prefix(count))
      let error = #expect(throws: SparseError.self) { try Safetensors(bytes: part, source: "x") }
      #expect(error?.code == .corruptFile, "cut to \(count) bytes")
      try Data(part).write(to: URL(fileURLWithPath: path))
      #expect(throws: SparseError.self) { try Safetensors(contentsOf: path) }
    }
    #expect(throws: SparseError.self) { try Safetensors(bytes: bytes + [0], source: "x") }
  }

  @Test("any flipped bit of length or header gives an error or a file that is valid itself")
  func flippedBits() throws {
    let bytes = try smallSafetensorsFile()
    let dataBytes = 10
    var accepted = 0
    for bit in 0..<(bytes.count - dataBytes) * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      guard let model = try? Safetensors(bytes: damaged, source: "x") else { continue }
      accepted += 1
      #expect(model.tensors.map(\.bytes.count).reduce(0, +) == dataBytes, "bit \(bit)")
      let copy = try Safetensors(bytes: model.serialized(), source: "copy")
      // A tensor's new type may change its place, but nothing else.
      #expect(copy.metadata == model.metadata, "bit \(bit)")
      for tensor in model.tensors { #expect(copy[tensor.name] == tensor, "bit \(bit)") }
    }
    // Names, texts, padding and U16 ↔ F16 can change unnoticed; the structure cannot.
    #expect(accepted > 0 && accepted < 100)
  }

  @Test("names in errors are cut short and cannot control a terminal")
  func namesInErrors() {
    let name = "\\u001b[2J" + String(repeating: "n", count: 10_000)
    let header = #"{"\#(name)":{"dtype":"X","shape":[],"data_offsets":[0,0]}}"#
    let error = #expect(throws: SparseError.self) {
      try Safetensors(bytes: safetensorsFile(header: header, dataBytes: 0), source: "x")
    }
    #expect(error.map { $0.message.utf8.count < 400 && !$0.message.utf8.contains(0x1b) } == true)
  }
}
