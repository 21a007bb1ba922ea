import SparseLayers
import Testing

/// The bytes are those of the examples in <https://protobuf.dev/programming-guides/encoding/>,
/// where that page has one.
@Suite("ProtobufWriter")
struct ProtobufWriterTests {
  private func written(_ write: (inout ProtobufWriter) throws -> Void) rethrows -> [UInt8] {
    var writer = ProtobufWriter()
    try write(&writer)
    return writer.bytes
  }

  @Test("a varint field is that of the documentation: Test1 with a = 150")
  func varint() {
    #expect(written { $0.varint(1, 150) } == [0x08, 0x96, 0x01])
  }

  @Test("a string field is that of the documentation: Test2 with b = testing")
  func string() {
    #expect(
      written { $0.string(2, "testing") }
        == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
  }

  @Test("a field of a message is that of the documentation: Test3 with c.a = 150")
  func message() {
    #expect(written { $0.message(3) { $0.varint(1, 150) } } == [0x1a, 0x03, 0x08, 0x96, 0x01])
  }

  @Test("a negative integer takes the ten bytes of the documentation's -2")
  func negative() {
    #expect(
      written { $0.varint(1, -2) }
        == [0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
  }

  @Test("the bounds of 64 bits are written whole")
  func bounds() {
    #expect(
      written { $0.varint(1, .max) } == [0x08] + [UInt8](repeating: 0xff, count: 8) + [0x7f])
    #expect(
      written { $0.varint(1, .min) } == [0x08] + [UInt8](repeating: 0x80, count: 9) + [0x01])
    #expect(written { $0.varint(1, 0) } == [0x08, 0x00])
    #expect(written { $0.varint(1, 127) } == [0x08, 0x7f])
    #expect(written { $0.varint(1, 128) } == [0x08, 0x80, 0x01])
  }

  @Test("floating-point fields are little-endian, of wire types 5 and 1")
  func floatingPoint() {
    // 1 is 0x3f800000 in binary32 and 0x3ff0000000000000 in binary64 (IEEE 754).
    #expect(written { $0.float(4, 1) } == [0x25, 0x00, 0x00, 0x80, 0x3f])
    #expect(written { $0.double(1, 1) } == [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
    #expect(written { $0.float(1, -.infinity) } == [0x0d, 0x00, 0x00, 0x80, 0xff])
  }

  @Test("a tag takes as many bytes as the field's number needs, up to the largest one")
  func largeFields() {
    #expect(written { $0.varint(15, 0) } == [0x78, 0x00])
    #expect(written { $0.varint(16, 0) } == [0x80, 0x01, 0x00])
    #expect(written { $0.varint((1 << 29) - 1, 0) } == [0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00])
  }

  @Test("the length of a field counts bytes, not characters, and may take several bytes itself")
  func lengths() {
    #expect(written { $0.string(1, "é") } == [0x0a, 0x02, 0xc3, 0xa9])
    #expect(written { $0.string(1, "") } == [0x0a, 0x00])
    let contents = [UInt8](repeating: 7, count: 300)
    #expect(written { $0.bytes(1, contents) } == [0x0a, 0xac, 0x02] + contents)
  }

  @Test("a message whose writer throws leaves nothing behind")
  func throwing() {
    struct Stop: Error {}
    var writer = ProtobufWriter()
    writer.varint(1, 1)
    #expect(throws: Stop.self) {
      try writer.message(2) { inner in
        inner.varint(1, 1)
        throw Stop()
      }
    }
    #expect(writer.bytes == [0x08, 0x01])
  }
}
