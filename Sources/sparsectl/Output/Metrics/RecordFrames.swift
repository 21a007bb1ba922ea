/// Records of bytes as TensorFlow frames them in its files (TFRecord).
///
/// | bytes | content |
/// |---|---|
/// | 8 | the record's length, little-endian |
/// | 4 | the masked checksum of these 8 bytes |
/// | length | the record |
/// | 4 | the masked checksum of the record |
///
/// Source: <https://www.tensorflow.org/tutorials/load_data/tfrecord>, "TFRecords format details".
enum RecordFrames {
  private static let headBytes = 12
  private static let tailBytes = 4

  /// A record in its frame.
  static func frame(_ record: [UInt8]) -> [UInt8] {
    let length = little(UInt64(record.count))
    return length + little(mask(CRC32C.checksum(length))) + record
      + little(mask(CRC32C.checksum(record)))
  }

  /// Takes frames apart, up to the first that is damaged or not all there; no reader goes past it.
  ///
  /// - Parameter bytes: Any bytes.
  /// - Returns: The whole records, and how many bytes they take with their frames.
  static func whole(in bytes: [UInt8]) -> (records: [ArraySlice<UInt8>], end: Int) {
    var records: [ArraySlice<UInt8>] = []
    var end = 0
    while let record = record(at: end, in: bytes) {
      records.append(record)
      end = record.endIndex + tailBytes
    }
    return (records, end)
  }

  private static func record(at start: Int, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let room = bytes.count - start - headBytes - tailBytes
    guard room >= 0 else { return nil }
    let length = bytes[start..<start + 8]
    guard let count = Int(exactly: number(length)), count <= room,
      number(bytes[start + 8..<start + headBytes]) == UInt64(mask(CRC32C.checksum(length)))
    else { return nil }
    let first = start + headBytes
    let record = bytes[first..<first + count]
    let sum = number(bytes[first + count..<first + count + tailBytes])
    return sum == UInt64(mask(CRC32C.checksum(record))) ? record : nil
  }

  /// What a checksum is stored as: that of a text with a checksum in it would mean little.
  private static func mask(_ checksum: UInt32) -> UInt32 {
    (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
