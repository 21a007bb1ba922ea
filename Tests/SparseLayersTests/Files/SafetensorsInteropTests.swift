import Foundation
import SparseCore
import Testing

@testable import SparseLayers

/// A Python with numpy and safetensors, named by the environment variable SPARSE_TEST_PYTHON.
enum Python {
  static let path = ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"]

  /// Runs a script and returns what it printed; a failure's text goes to standard error.
  static func run(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path))
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}

@Suite(
  "Safetensors and Python's safetensors",
  .enabled(if: Python.path != nil, "set SPARSE_TEST_PYTHON to a Python with numpy and safetensors")
)
struct SafetensorsInteropTests {
  @Test("Python reads equal arrays and text, and saves them as the same bytes")
  func sameBytes() throws {
    let directory = try TemporaryDirectory()
    let (ours, theirs) = (directory.file("ours"), directory.file("theirs"))
    let model = try SafetensorsTests.variety()
    try model.write(to: ours)
    _ = try Python.run(
      #"""
      import sys, numpy as np
      from safetensors import safe_open
      from safetensors.numpy import load_file, save_file
      inf = float("inf")
      expected = {
        "u8": np.array([0, 255], np.uint8), "i8": np.array([[-128, 127]], np.int8),
        "u16": np.array([1, 2, 65535], np.uint16), "i16": np.array([[[-32768]]], np.int16),
        "u32": np.array(2**32 - 1, np.uint32), "i32": np.array([-2**31, 7], np.int32),
        "u64": np.array([2**64 - 1], np.uint64), "i64": np.array([-2**63], np.int64),
        "b/weights": np.array([[0, -0.5, inf], [2**-149, 3, 4]], np.float32),
        "b/empty": np.zeros((0, 5), np.float32), "doubles": np.array([np.pi, -inf]),
        "half": np.array([1, 65504], np.float16),
        "é\n\"\\/\x7f\x01𝄞": np.array([True, False, True]),
      }
      read = load_file(sys.argv[1])
      assert read.keys() == expected.keys(), read.keys() ^ expected.keys()
      for name, array in expected.items():
        assert read[name].dtype == array.dtype and read[name].shape == array.shape, name
        assert np.array_equal(read[name], array), name
      with safe_open(sys.argv[1], "numpy") as file:
        assert file.metadata() == {"kind": "variety"}, file.metadata()
      save_file(expected, sys.argv[2], {"kind": "variety"})
      """#,
      ours,
      theirs
    )
    #expect(try Safetensors(contentsOf: theirs) == model)
    #expect(try BoundedFile.read(path: theirs, maximumBytes: 1 << 20) == model.serialized())
  }

  @Test("text of any kind arrives in both directions")
  func metadata() throws {
    let directory = try TemporaryDirectory()
    let (ours, theirs) = (directory.file("ours"), directory.file("theirs"))
    let controls = String(String.UnicodeScalarView((0..<0x80).compactMap(Unicode.Scalar.init)))
    let model = try Safetensors(
      metadata: ["controls": controls, "": "", "日本": "𝄞\u{2028}é", "json": #"{"a":[1,"\n"]}"#],
      tensors: [.init(name: "w", floats: [1], shape: [1])]
    )
    try model.write(to: ours)
    _ = try Python.run(
      #"""
      import sys
      from safetensors import safe_open
      from safetensors.numpy import load_file, save_file
      with safe_open(sys.argv[1], "numpy") as file: metadata = file.metadata()
      assert metadata["controls"] == "".join(map(chr, range(128)))
      assert metadata["日本"] == "𝄞\u2028é" and metadata["json"] == '{"a":[1,"\\n"]}'
      assert metadata[""] == "" and len(metadata) == 4
      save_file(load_file(sys.argv[1]), sys.argv[2], metadata)
      """#,
      ours,
      theirs
    )
    #expect(try Safetensors(contentsOf: theirs) == model)
  }

  @Test("accepts no file that Python refuses, and all it accepts but for stated exceptions")
  func sameJudgement() throws {
    let directory = try TemporaryDirectory()
    let valid = try smallSafetensorsFile()
    var files = (brokenHeaders + deepHeaders).map {
      safetensorsFile(header: $0.header, dataBytes: $0.dataBytes)
    }
    files += (0...valid.count).map { Array(valid.prefix($0)) }
    for position in valid.indices {
      for bit in 0..<8 {
        var damaged = valid
        damaged[position] ^= 1 << bit
        files.append(damaged)
      }
      files.append(Array(valid[..<position] + valid[(position + 1)...]))
    }
    let list = directory.file("files")
    try AtomicFile.write(to: list) { sink in
      for file in files { try sink.write(Data(file).base64EncodedString() + "\n") }
    }
    let verdicts = try Python.run(
      #"""
      import base64, sys, safetensors
      for line in open(sys.argv[1]):
        try: print(",".join(sorted(name for name, _ in
          safetensors.deserialize(base64.b64decode(line)))).encode().hex() or "-")
        except safetensors.SafetensorError: print("refused")
      """#,
      list
    ).split(separator: "\n")
    try #require(verdicts.count == files.count)
    // Space in front, null for no text and equal keys are against the format's description, which
    // Python does not enforce; unknown keys are our own rule.
    let stricter = ["does not begin with '{'", "lacks a '{', at byte 24", "twice", "unknown key"]
    for (file, verdict) in zip(files, verdicts) {
      do {
        let names = try Safetensors(bytes: file, source: "x").tensors.map(\.name)
        let text = names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
          .joined(separator: ",").utf8.map { String(format: "%02x", $0) }.joined()
        #expect(verdict == (text.isEmpty ? "-" : text))
      } catch let error as SparseError {
        if verdict == "refused" { continue }
        let isStated = stricter.contains { error.message.contains($0) }
        #expect(isStated, "only Python accepts this: \(error.message)")
      }
    }
  }
}
