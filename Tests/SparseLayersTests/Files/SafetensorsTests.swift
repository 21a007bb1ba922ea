import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("Safetensors")
struct SafetensorsTests {
  /// One tensor of every element type, a scalar, an empty one, and a name that needs escapes.
  static func variety() throws -> Safetensors {
    try Safetensors(
      metadata: ["kind": "variety"],
      tensors: [
        .init(name: "u8", integers: [0, 255] as [UInt8], shape: [2]),
        .init(name: "i8", integers: [-128, 127] as [Int8], shape: [1, 2]),
        .init(name: "u16", integers: [1, 2, 65535] as [UInt16], shape: [3]),
        .init(name: "i16", integers: [-32768] as [Int16], shape: [1, 1, 1]),
        .init(name: "u32", integers: [.max] as [UInt32], shape: []),
        .init(name: "i32", integers: [.min, 7] as [Int32], shape: [2]),
        .init(name: "u64", integers: [.max] as [UInt64], shape: [1]),
        .init(name: "i64", integers: [.min] as [Int64], shape: [1]),
        .init(name: "b/weights", floats: [0, -0.5, .infinity, 0x1p-149, 3, 4], shape: [2, 3]),
        .init(name: "b/empty", floats: [], shape: [0, 5]),
        .init(name: "doubles", doubles: [.pi, -.infinity], shape: [2]),
        .init(name: "half", elementType: .f16, shape: [2], bytes: [0x00, 0x3c, 0xff, 0x7b]),
        .init(
          name: "é\n\"\\/\u{7f}\u{1}𝄞",
          elementType: .bool,
          shape: [3],
          bytes: [1, 0, 1]
        ),
      ]
    )
  }

  @Test("reads what it wrote, from memory and from a file")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.safetensors")
    let model = try Self.variety()
    try model.write(to: path)
    #expect(try Safetensors(contentsOf: path) == model)
    #expect(try Safetensors(bytes: model.serialized(), source: "memory") == model)
    #expect(try BoundedFile.read(path: path, maximumBytes: 1 << 20) == model.serialized())
    #expect(try model["b/weights"]?.floats() == [0, -0.5, .infinity, 0x1p-149, 3, 4])
    #expect(model["missing"] == nil)
  }

  @Test("writes exactly the bytes of the format")
  func goldenBytes() throws {
    let model = try Safetensors(
      metadata: ["b": "2", "a": "\"é\""],
      tensors: [
        .init(name: "columns", integers: [1, 258] as [UInt16], shape: [2]),
        .init(name: "w", floats: [1, -2], shape: [2, 1]),
      ]
    )
    // The header, written by hand after the format's description; 206 bytes, padded to 208.
    let header =
      #"{"__metadata__":{"a":"\"é\"","b":"2"},"#
      + #""w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
      + #""columns":{"dtype":"U16","shape":[2],"data_offsets":[8,12]}}"#
    let padding = [UInt8](repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
    let expected =
      [UInt8(header.utf8.count + padding.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
      + padding + [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0] + [1, 0, 2, 1]
    #expect(try model.serialized() == expected)
  }

  @Test("writes the same bytes whatever the order of tensors and metadata")
  func deterministic() throws {
    let model = try Self.variety()
    var stream = RandomStream(seed: 1, purpose: "order")
    let keys = (0..<20).map { "key \($0)" }
    let bytes = try Set(
      (0..<20).map { _ in
        var metadata: [String: String] = [:]
        var (keys, tensors) = (keys, model.tensors)
        stream.shuffle(&keys)
        stream.shuffle(&tensors)
        for key in keys { metadata[key] = key }
        return try Safetensors(metadata: metadata, tensors: tensors).serialized()
      }
    )
    #expect(bytes.count == 1)
  }

  @Test("aligns the data to 8 bytes and every tensor to its elements")
  func alignment() throws {
    for extra in 0..<8 {
      let metadata = ["k": String(repeating: "x", count: extra)]
      let model = try Safetensors(metadata: metadata, tensors: Self.variety().tensors)
      let header = try #require(try model.serialized().first.map { Int($0) })
      #expect(header % 8 == 0)
      var offset = 0
      for tensor in model.tensors {
        #expect(offset % tensor.elementType.byteCount == 0, "\(tensor.name)")
        offset += tensor.bytes.count
      }
    }
  }

  @Test("holds nothing at all, or only text")
  func withoutTensors() throws {
    for metadata in [[:], ["a": "", "": "b"]] {
      let model = try Safetensors(metadata: metadata, tensors: [])
      #expect(try Safetensors(bytes: model.serialized(), source: "memory") == model)
    }
    #expect(
      try Safetensors(tensors: []).serialized() == [8, 0, 0, 0, 0, 0, 0, 0] + "{}      ".utf8
    )
  }

  @Test("refuses tensors that a file could not tell apart")
  func refusesEqualNames() throws {
    let first = Safetensors.Tensor(name: "a", floats: [1], shape: [1])
    let error = #expect(throws: SparseError.self) { try Safetensors(tensors: [first, first]) }
    #expect(error?.code == .invalidArgument)
    let reserved = Safetensors.Tensor(name: "__metadata__", floats: [1], shape: [1])
    #expect(throws: SparseError.self) { try Safetensors(tensors: [reserved]) }
    // Also where they came in later.
    var model = try Safetensors(tensors: [first])
    model.tensors.append(first)
    #expect(throws: SparseError.self) { try model.serialized() }
    #expect(throws: SparseError.self) { try model.write(to: "/dev/null") }
  }

  @Test("stops when a tensor's shape does not fit its elements")
  func shapeMustFit() async {
    await #expect(processExitsWith: .failure) {
      _ = Safetensors.Tensor(name: "a", floats: [1, 2, 3], shape: [2, 2])
    }
  }

  @Test("refuses a file larger than allowed, and what is no file")
  func refusesWrongFiles() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.safetensors")
    try Self.variety().write(to: path)
    let error = #expect(throws: SparseError.self) {
      try Safetensors(contentsOf: path, maximumBytes: 100)
    }
    #expect(error?.code == .unsupported)
    expectFileError(ENOENT, naming: directory.file("none")) {
      _ = try Safetensors(contentsOf: directory.file("none"))
    }
    expectFileError(EISDIR, naming: directory.path) {
      try Self.variety().write(to: directory.path)
    }
  }
}

@Suite("Safetensors elements")
struct SafetensorsElementTests {
  @Test("integers of any stored type convert where they fit")
  func integersConvert() throws {
    let tensor = Safetensors.Tensor(name: "i", integers: [0, 1, 127] as [Int8], shape: [3])
    #expect(try tensor.unsignedIntegers() == [0, 1, 127])
    #expect(try tensor.integers(as: Int8.self) == [0, 1, 127])
    #expect(try tensor.integers(as: Int.self) == [0, 1, 127])
    let wide = Safetensors.Tensor(name: "w", integers: [5, .max] as [UInt64], shape: [2])
    #expect(try wide.integers(as: UInt64.self) == [5, .max])
    let negative = Safetensors.Tensor(name: "n", integers: [-1] as [Int64], shape: [1])
    for tensor in [wide, negative] {
      let error = #expect(throws: SparseError.self) { try tensor.unsignedIntegers() }
      #expect(error?.code == .corruptFile)
    }
    let empty = Safetensors.Tensor(name: "e", integers: [] as [UInt16], shape: [0])
    #expect(try empty.unsignedIntegers().isEmpty)
  }

  @Test("refuses to take one kind of number for another, with the type that is there")
  func kindsStayApart() throws {
    let model = try SafetensorsTests.variety()
    for tensor in model.tensors {
      let isFloat = [.f16, .bf16, .f32].contains(tensor.elementType)
      let isDouble = isFloat || tensor.elementType == .f64
      let isInteger = !isDouble && tensor.elementType != .bool
      #expect(isFloat == ((try? tensor.floats()) != nil), "\(tensor.name)")
      #expect(isDouble == ((try? tensor.doubles()) != nil), "\(tensor.name)")
      if isInteger { continue }
      let error = #expect(throws: SparseError.self) { try tensor.unsignedIntegers() }
      #expect(error?.message.contains(tensor.elementType.rawValue) == true)
    }
  }

  #if !(os(macOS) && arch(x86_64))
  @Test("widens all 65,536 half-precision numbers as Float16 does")
  func halfPrecision() throws {
    let bits = (0...UInt16.max).map { $0 }
    let bytes = littleEndianBytes(of: bits)
    let tensor = Safetensors.Tensor(
      name: "h",
      elementType: .f16,
      shape: [65536],
      bytes: bytes
    )
    for (bits, value) in zip(bits, try tensor.floats()) {
      let expected = Float(Float16(bitPattern: bits))
      #expect(
        value.isNaN ? expected.isNaN : value.bitPattern == expected.bitPattern,
        "bits \(bits)"
      )
    }
  }
  #endif

  @Test("widens BF16, whose bits are the upper half of a Float's")
  func brainFloats() throws {
    let bytes: [UInt8] = [0x80, 0x3f, 0x00, 0xc0, 0x80, 0x7f]
    let tensor = Safetensors.Tensor(name: "b", elementType: .bf16, shape: [3], bytes: bytes)
    #expect(try tensor.floats() == [1, -2, .infinity])
    #expect(try tensor.doubles() == [1, -2, .infinity])
  }

  @Test("the step for big-endian machines turns each element around, and back")
  func byteOrder() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    #expect(reversedGroups(of: 1, in: bytes) == bytes)
    #expect(reversedGroups(of: 4, in: bytes) == [4, 3, 2, 1, 8, 7, 6, 5])
    #expect(reversedGroups(of: 8, in: reversedGroups(of: 8, in: bytes)) == bytes)
    #expect(littleEndianBytes(of: [0x0102_0304 as UInt32]) == [4, 3, 2, 1])
  }
}
