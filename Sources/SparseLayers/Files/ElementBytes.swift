/// Whether this machine stores the most significant byte of a number first.
private var isBigEndian: Bool { UInt16(1).littleEndian != 1 }

/// The elements' bytes, each element little-endian: one copy where memory has that order already.
func littleEndianBytes<Element: BitwiseCopyable>(of elements: [Element]) -> [UInt8] {
  // SAFETY: the elements are BitwiseCopyable, so that all their bytes may be read.
  let bytes = unsafe elements.withUnsafeBytes { unsafe [UInt8]($0) }
  return isBigEndian ? reversedGroups(of: MemoryLayout<Element>.size, in: bytes) : bytes
}

/// The elements whose little-endian bytes these are.
///
/// - Precondition: The bytes make whole elements.
func littleEndianElements<Element: BitwiseCopyable>(
  of type: Element.Type,
  in bytes: [UInt8]
) -> [Element] {
  let size = MemoryLayout<Element>.size
  precondition(
    size == MemoryLayout<Element>.stride && bytes.count % size == 0,
    "\(bytes.count) bytes are not a whole number of \(Element.self)"
  )
  let ordered = isBigEndian ? reversedGroups(of: size, in: bytes) : bytes
  let count = bytes.count / size
  // SAFETY: the capacity is count * size bytes, all of which are copied; any bits make an element.
  return unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
    unsafe UnsafeMutableRawBufferPointer(buffer).copyBytes(from: ordered)
    initialized = count
  }
}

/// The bytes with the order reversed inside each group, which turns one byte order into the other.
func reversedGroups(of size: Int, in bytes: [UInt8]) -> [UInt8] {
  precondition(size > 0 && bytes.count % size == 0, "\(bytes.count) bytes in groups of \(size)")
  return stride(from: 0, to: bytes.count, by: size).flatMap { start in
    bytes[start..<start + size].reversed()
  }
}

extension Float {
  /// Widens a 16-bit IEEE float, given by its bits, without loss.
  ///
  /// `Float16` does the same, but does not exist on every platform.
  package init(halfBits bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1f
    let fraction = UInt32(bits & 0x3ff)
    self =
      switch exponent {
      case 0: Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)  // subnormal
      case 31: Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)  // infinity or NaN
      default: Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
      }
  }
}

extension UInt16 {
  /// The bits of the nearest 16-bit IEEE float, ties to even; values beyond its range become its
  /// largest finite ones.
  ///
  /// - Parameter value: A finite number.
  package init(halfBitsOf value: Float) {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = Swift.min(value.magnitude, 65504)
    guard magnitude >= 0x1p-14 else {
      // Subnormal: a whole number of steps, which may round up to the smallest normal one.
      self = sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
      return
    }
    let bits = magnitude.bitPattern
    let rounded = bits + 0xfff + (bits >> 13 & 1)
    self = sign | UInt16(truncatingIfNeeded: (rounded >> 13) - (112 << 10))
  }
}

extension Safetensors.ElementType {
  /// How many bytes a tensor of this type has; `nil` when that is no size at all.
  ///
  /// As the reference implementation does, this multiplies from the left and refuses an overflow
  /// even where a later length of 0 would undo it.
  func byteCount(ofShape shape: [Int]) -> Int? {
    var count = 1
    for length in shape + [byteCount] {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
