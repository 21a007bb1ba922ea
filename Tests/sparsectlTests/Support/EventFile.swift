import Foundation
import Testing

/// An event file of TensorBoard, taken apart by its documented format alone: it shares no code with
/// what writes it.
struct EventFile {
  /// One event.
  struct Event {
    var wallTime = 0.0
    var step: UInt64 = 0
    var version: String?
    /// The scalars of the summary, in their order.
    var values: [(tag: String, value: Float)] = []
  }

  var events: [Event] = []

  init(contentsOf path: String) throws {
    var rest = try bytes(of: path)[...]
    while !rest.isEmpty {
      let head = try Self.take(12, of: &rest)
      let length = Self.little(head.prefix(8))
      #expect(Self.little(head.suffix(4)) == UInt64(Self.masked(head.prefix(8))))
      let record = try Self.take(Int(length), of: &rest)
      #expect(Self.little(try Self.take(4, of: &rest)) == UInt64(Self.masked(record)))
      events.append(try Self.event(record))
    }
  }

  /// The events that have a tag, as steps with values.
  func scalars(_ tag: String) -> [(step: UInt64, value: Float)] {
    events.flatMap { event in
      event.values.filter { $0.tag == tag }.map { (event.step, $0.value) }
    }
  }

  // MARK: - Frames

  private static func take(
    _ count: Int, of bytes: inout ArraySlice<UInt8>
  ) throws -> ArraySlice<UInt8> {
    try #require(bytes.count >= count, "\(bytes.count) bytes are left of \(count)")
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  private static func little(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
  }

  /// CRC-32C bit by bit, rotated right by 15 and moved on, as TensorFlow masks it.
  private static func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0x82f6_3b78 : 0) }
    }
    sum = ~sum
    return (sum >> 15 | sum << 17) &+ 0xa282_ead8
  }

  // MARK: - Messages

  /// A field's content: a number, or bytes.
  private enum Content {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private static func fields(_ message: ArraySlice<UInt8>) throws -> [(UInt64, Content)] {
    var rest = message
    func varint() throws -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        let next = rest.popFirst()
        let byte = try #require(next)
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
      }
      throw CancellationError()
    }
    var fields: [(UInt64, Content)] = []
    while !rest.isEmpty {
      let tag = try varint()
      let content: Content =
        switch tag & 7 {
        case 0: .number(try varint())
        case 1: .number(little(try take(8, of: &rest)))
        case 2: .bytes(try take(Int(try varint()), of: &rest))
        case 5: .number(little(try take(4, of: &rest)))
        default: throw CancellationError()
        }
      fields.append((tag >> 3, content))
    }
    return fields
  }

  private static func event(_ message: ArraySlice<UInt8>) throws -> Event {
    var event = Event()
    for (field, content) in try fields(message) {
      switch (field, content) {
      case (1, .number(let bits)): event.wallTime = Double(bitPattern: bits)
      case (2, .number(let step)): event.step = step
      case (3, .bytes(let text)): event.version = String(decoding: text, as: UTF8.self)
      case (5, .bytes(let summary)):
        event.values += try fields(summary).map { field, content in
          guard field == 1, case .bytes(let value) = content else { throw CancellationError() }
          return try scalar(value)
        }
      case (10, .bytes): break
      default: Issue.record("an event has an unknown field \(field)")
      }
    }
    return event
  }

  private static func scalar(_ message: ArraySlice<UInt8>) throws -> (tag: String, value: Float) {
    var scalar = (tag: "", value: Float.nan)
    for (field, content) in try fields(message) {
      switch (field, content) {
      case (1, .bytes(let text)): scalar.tag = String(decoding: text, as: UTF8.self)
      case (2, .number(let bits)): scalar.value = Float(bitPattern: UInt32(bits))
      default: Issue.record("a value has an unknown field \(field)")
      }
    }
    return scalar
  }
}
