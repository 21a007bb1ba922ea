import Testing

/// What is wrong with a file.
struct WireError: Error {
  let text: String
}

/// A message in the wire format of Protocol Buffers, taken apart without knowing its type.
struct WireMessage {
  enum Content: Equatable {
    case number(UInt64)
    case bytes([UInt8])
  }

  /// The fields in the order of the file.
  private(set) var fields: [(number: Int, content: Content)] = []

  /// Reads a message; every byte must belong to a field.
  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    func varint() throws -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 70, by: 7) {
        guard let byte = rest.popFirst() else { break }
        value |= UInt64(byte & 0x7f) << shift
        if byte & 0x80 == 0 { return value }
      }
      throw WireError(text: "a varint without an end")
    }
    func take(_ count: UInt64) throws -> [UInt8] {
      try #require(count <= UInt64(rest.count), "\(count) bytes of \(rest.count)")
      defer { rest = rest.dropFirst(Int(count)) }
      return Array(rest.prefix(Int(count)))
    }
    while !rest.isEmpty {
      let tag = try varint()
      let content: Content
      switch tag & 7 {
      case 0: content = .number(try varint())
      case 2: content = .bytes(try take(try varint()))
      case 5: content = .number(littleEndian(try take(4)))
      default: throw WireError(text: "wire type \(tag & 7)")
      }
      fields.append((Int(tag >> 3), content))
    }
  }

  /// The contents of all fields of a number that are bytes.
  func bytes(_ number: Int) -> [[UInt8]] {
    fields.compactMap { field in
      guard field.number == number, case .bytes(let bytes) = field.content else { return nil }
      return bytes
    }
  }

  /// The messages of a number.
  func messages(_ number: Int) throws -> [WireMessage] {
    try bytes(number).map { try WireMessage($0) }
  }

  /// The only message of a number.
  func message(_ number: Int) throws -> WireMessage {
    let all = try messages(number)
    try #require(all.count == 1, "\(all.count) messages of field \(number)")
    return all[0]
  }

  /// The texts of a number.
  func texts(_ number: Int) -> [String] {
    bytes(number).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The only text of a number; empty where there is none.
  func text(_ number: Int) -> String { texts(number).first ?? "" }

  /// The whole numbers of a number.
  func integers(_ number: Int) -> [Int] {
    fields.compactMap { field in
      guard field.number == number, case .number(let value) = field.content else { return nil }
      return Int(truncatingIfNeeded: value)
    }
  }

  /// The only 32-bit float of a number.
  func float(_ number: Int) throws -> Float {
    Float(bitPattern: UInt32(try #require(integers(number).first)))
  }
}

/// The number whose bytes come lowest first.
func littleEndian(_ bytes: [UInt8]) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
