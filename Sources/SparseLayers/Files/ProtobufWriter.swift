/// Writes messages in the wire format of Protocol Buffers, field by field, in the order of calls.
///
/// This package writes two such formats, TensorBoard's events and ONNX, each with a handful of
/// message types, and reads none. That does not need swift-protobuf, which would cost every user of
/// the library its generated code and its build time.
///
///     var writer = ProtobufWriter()
///     writer.varint(1, 150)
///     writer.message(3) { $0.string(2, "testing") }
///
/// A field of the value zero is written like any other; a caller who wants the default of proto3
/// leaves the field out.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
///
/// - Precondition: Every field number lies in 1..<2^29, as in the format.
package struct ProtobufWriter {
  /// The message so far.
  package private(set) var bytes: [UInt8] = []

  /// Begins an empty message.
  package init() {}

  /// Writes a field of type `int32`, `int64`, `uint32`, `bool` or an enumeration.
  ///
  /// - Parameters:
  ///   - field: The field's number.
  ///   - value: The value; a negative one takes ten bytes, as for every `int32` and `int64`.
  package mutating func varint(_ field: Int, _ value: Int64) {
    tag(field, .varint)
    append(varint: UInt64(bitPattern: value))
  }

  /// Writes a field of type `float`.
  ///
  /// - Parameters:
  ///   - field: The field's number.
  ///   - value: The value; NaN and infinities keep their bits.
  package mutating func float(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    bytes += littleEndianBytes(of: [value.bitPattern])
  }

  /// Writes a field of type `double`.
  ///
  /// - Parameters:
  ///   - field: The field's number.
  ///   - value: The value; NaN and infinities keep their bits.
  package mutating func double(_ field: Int, _ value: Double) {
    tag(field, .fixed64)
    bytes += littleEndianBytes(of: [value.bitPattern])
  }

  /// Writes a field of type `string`.
  ///
  /// - Parameters:
  ///   - field: The field's number.
  ///   - value: The text, stored as UTF-8.
  package mutating func string(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

  /// Writes a field of type `bytes`.
  ///
  /// - Parameters:
  ///   - field: The field's number.
  ///   - value: The contents.
  package mutating func bytes(_ field: Int, _ value: [UInt8]) {
    tag(field, .lengthDelimited)
    append(varint: UInt64(value.count))
    bytes += value
  }

  /// Writes a field whose type is a message.
  ///
  /// - Parameters:
  ///   - field: The field's number.
  ///   - write: Writes the fields of that message.
  /// - Throws: What `write` throws; nothing of the field is written then.
  package mutating func message(
    _ field: Int, _ write: (inout ProtobufWriter) throws -> Void
  ) rethrows {
    var inner = ProtobufWriter()
    try write(&inner)
    bytes(field, inner.bytes)
  }
}

// MARK: - The wire format

extension ProtobufWriter {
  /// How many bytes follow a tag.
  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func tag(_ field: Int, _ type: WireType) {
    precondition((1..<1 << 29).contains(field), "field number \(field) is not in 1..<2^29")
    append(varint: UInt64(field) << 3 | type.rawValue)
  }

  /// Appends seven bits a byte, the lowest first; the top bit says that more follow.
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
