import SparseCore

/// Turns the bytes of an `.npy` array into elements, piece by piece.
struct NPYDecoder {
  private static let pieceBytes = 1 << 18

  /// What the header said.
  let header: NPYHeader

  /// Decodes all elements.
  ///
  /// - Parameter read: Fills the range of the array it is given, or throws.
  /// - Returns: The array.
  /// - Throws: What `read` throws, and `SparseError` for an element that has no value here.
  func decode(
    _ read: (_ bytes: inout [UInt8], _ target: Range<Int>) throws -> Void
  ) throws -> NPYArray {
    try requireMemory()
    let elements: NPYArray.Elements =
      switch (header.element.kind, header.element.size) {
      case (.unsigned, 1): .bytes(try bytes(read))
      case (.boolean, _): .booleans(try map(UInt8.self, read) { try Self.boolean($0) })
      case (.signed, 1): .integers(try map(Int8.self, read) { Int64($0) })
      case (.signed, 2): .integers(try map(Int16.self, read) { Int64($0) })
      case (.signed, 4): .integers(try map(Int32.self, read) { Int64($0) })
      case (.signed, _): .integers(try map(Int64.self, read) { $0 })
      case (.unsigned, 2): .integers(try map(UInt16.self, read) { Int64($0) })
      case (.unsigned, 4): .integers(try map(UInt32.self, read) { Int64($0) })
      case (.unsigned, _): .integers(try map(UInt64.self, read) { try Self.signed($0) })
      case (.float, 4): .floats(try map(UInt32.self, read) { Float(bitPattern: $0) })
      case (.float, _): .floats(try map(UInt64.self, read) { Float(Double(bitPattern: $0)) })
      case (.byteString, _), (.string, _): .strings(try strings(read))
      }
    return NPYArray(shape: header.shape, elements: elements)
  }

  /// Refuses arrays that take too much memory once they are decoded.
  ///
  /// A byte of a file may become an integer of eight, or a text.
  private func requireMemory() throws {
    let elementBytes =
      switch (header.element.kind, header.element.size) {
      case (.unsigned, 1), (.boolean, _): 1
      case (.float, _): MemoryLayout<Float>.stride
      case (.signed, _), (.unsigned, _): MemoryLayout<Int64>.stride
      case (.byteString, let size), (.string, let size): MemoryLayout<String>.stride + size
      }
    guard header.count <= DataLimits.arrayBytes / elementBytes else {
      throw SparseError(
        .unsupported,
        """
        has \(header.count) elements, which take \(elementBytes) bytes each in memory; at most \
        \(DataLimits.arrayBytes) bytes are read into one array. Save it in parts.
        """)
    }
  }

  private func bytes(_ read: (inout [UInt8], Range<Int>) throws -> Void) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: header.count)
    try read(&bytes, 0..<bytes.count)
    return bytes
  }

  /// Decodes elements that are stored as integers of a fixed width.
  private func map<Stored: FixedWidthInteger & BitwiseCopyable, Element>(
    _ type: Stored.Type,
    _ read: (inout [UInt8], Range<Int>) throws -> Void,
    _ transform: (Stored) throws -> Element
  ) throws -> [Element] {
    let width = Stored.bitWidth / 8
    var piece = [UInt8](repeating: 0, count: min(header.byteCount, Self.pieceBytes))
    var elements: [Element] = []
    elements.reserveCapacity(header.count)
    while elements.count < header.count {
      let count = min(header.count - elements.count, piece.count / width)
      try read(&piece, 0..<count * width)
      // SAFETY: bytes have no padding.
      let stored = unsafe piece.span.bytes
      for index in 0..<count {
        // SAFETY: (index + 1) · width <= count · width <= piece.count; integers take any bits.
        let raw = unsafe stored.unsafeLoadUnaligned(
          fromByteOffset: index * width,
          as: Stored.self
        )
        elements.append(
          try transform(header.element.isBigEndian ? raw.bigEndian : raw.littleEndian)
        )
      }
    }
    return elements
  }

  private func strings(_ read: (inout [UInt8], Range<Int>) throws -> Void) throws -> [String] {
    let size = header.element.size
    var bytes = [UInt8](repeating: 0, count: header.byteCount)
    try read(&bytes, 0..<bytes.count)
    return try (0..<header.count).map { index in
      let element = bytes[index * size..<(index + 1) * size]
      guard let text = text(of: element) else {
        throw SparseError(
          .corruptFile,
          "has an element, number \(index), that is no text. Save it again."
        )
      }
      return text
    }
  }

  private func text(of element: ArraySlice<UInt8>) -> String? {
    if header.element.kind == .byteString {
      let used = element[..<((element.lastIndex { $0 != 0 }).map { $0 + 1 } ?? element.startIndex)]
      return String(validating: used, as: UTF8.self)
    }
    let start = element.startIndex
    let units = stride(from: start, to: element.endIndex, by: 4).map { first in
      (0..<4).reduce(UInt32(0)) { unit, byte in
        unit << 8 | UInt32(element[first + (header.element.isBigEndian ? byte : 3 - byte)])
      }
    }
    let used = units[..<((units.lastIndex { $0 != 0 }).map { $0 + 1 } ?? 0)]
    return String(validating: used, as: UTF32.self)
  }

  private static func boolean(_ byte: UInt8) throws -> Bool {
    guard byte <= 1 else {
      throw SparseError(
        .corruptFile,
        "has the byte \(byte) as an element of type bool. Save it again."
      )
    }
    return byte == 1
  }

  private static func signed(_ value: UInt64) throws -> Int64 {
    guard let result = Int64(exactly: value) else {
      throw SparseError(
        .unsupported,
        "has the element \(value); the largest that is read is \(Int64.max)."
      )
    }
    return result
  }
}
