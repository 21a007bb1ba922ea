/// Makes `.npy` files of format version 1.0.
enum NPYEncoder {
  /// Makes a file of bytes that are laid out as NumPy wants them.
  ///
  /// - Parameters:
  ///   - type: NumPy's description of the element type, for example `<i4`.
  ///   - shape: The size of each dimension; none for a single value.
  ///   - elements: The elements' bytes, row-major.
  /// - Returns: The whole file.
  static func file(type: String, shape: [Int], elements: [UInt8]) -> [UInt8] {
    let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    // The elements start at a multiple of 64 bytes; magic, version and length take 10, a newline 1.
    let padding = 63 - (10 + header.count) % 64
    header += Array(repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    let length = littleEndianBytes(of: [UInt16(header.count)])
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + length + header + elements
  }

  /// Makes a file of one-dimensional 32-bit integers.
  static func file(_ elements: [Int32]) -> [UInt8] {
    file(type: "<i4", shape: [elements.count], elements: littleEndianBytes(of: elements))
  }
}
