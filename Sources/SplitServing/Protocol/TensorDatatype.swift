internal import SparseLayers

/// The element types that requests may send, by the names that the protocol gives them.
enum TensorDatatype: String, CaseIterable, Sendable {
  case fp32 = "FP32"
  case fp16 = "FP16"
  case int8 = "INT8"
  case uint8 = "UINT8"

  /// The bytes of an element.
  var byteCount: Int {
    switch self {
    case .fp32: 4
    case .fp16: 2
    case .int8, .uint8: 1
    }
  }

  /// Whether elements are steps on a scale that the request can give.
  var isQuantized: Bool { self == .int8 || self == .uint8 }

  /// The values of little-endian elements, which need not be aligned.
  ///
  /// - Parameters:
  ///   - bytes: A message.
  ///   - range: The elements in it.
  /// - Returns: One number per element.
  /// - Precondition: The range lies in the message and holds whole elements.
  func values(_ bytes: [UInt8], _ range: Range<Int>) -> [Float] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= bytes.count && range.count % byteCount == 0,
      "\(range) of \(bytes.count) bytes")
    switch self {
    case .fp32: return Self.floats(bytes, range)
    case .fp16:
      return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { index in
        Float(halfBits: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
      }
    case .int8: return bytes[range].map { Float(Int8(bitPattern: $0)) }
    case .uint8: return bytes[range].map { Float($0) }
    }
  }

  /// The little-endian elements of values, each the nearest there is.
  ///
  /// - Parameter values: Finite numbers; for whole-number types in their range.
  /// - Returns: `byteCount` bytes per value.
  func bytes(_ values: [Float]) -> [UInt8] {
    switch self {
    case .fp32:
      guard UInt16(1).littleEndian != 1 else {
        // SAFETY: the bytes of floats may be read as bytes.
        return unsafe values.withUnsafeBytes { unsafe Array($0) }
      }
      return values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
      }
    case .fp16:
      return values.flatMap { value in
        let bits = UInt16(halfBitsOf: value)
        return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
      }
    case .int8: return values.map { UInt8(bitPattern: Int8($0)) }
    case .uint8: return values.map { UInt8($0) }
    }
  }

  /// Whether a number that was written as text can be an element.
  func admits(_ value: Float) -> Bool {
    switch self {
    case .fp32, .fp16: value.isFinite
    case .int8: Int8(exactly: value) != nil
    case .uint8: UInt8(exactly: value) != nil
    }
  }

  private static func floats(_ bytes: [UInt8], _ range: Range<Int>) -> [Float] {
    let count = range.count / 4
    // SAFETY: the caller checked that the range lies in 'bytes'; any bits make a float.
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(buffer)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
      }
      if UInt16(1).littleEndian != 1 {
        for index in 0..<count {
          unsafe buffer[index] = Float(bitPattern: buffer[index].bitPattern.byteSwapped)
        }
      }
      initialized = count
    }
  }
}
