/// The checksum of iSCSI and of TensorFlow's records: CRC-32 with Castagnoli's polynomial.
///
/// Source: RFC 3720, sections 12.1 and B.4; the polynomial 0x1edc6f41, bits reflected.
enum CRC32C {
  /// The checksums of single bytes.
  private static let table: [UInt32] = (UInt32(0)..<256).map { byte in
    (0..<8).reduce(byte) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
    }
  }

  /// The checksum of some bytes.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      table[Int((sum ^ UInt32(byte)) & 0xff)] ^ sum >> 8
    }
  }
}
