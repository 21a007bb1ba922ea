import Testing

@testable import sparsectl

@Suite("CRC32C and the frames of records")
struct RecordFramesTests {
  /// A command of iSCSI, READ (10).
  private static let command: [UInt8] = [
    0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0,
    0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
  ]

  /// The examples of RFC 3720, appendix B.4; then the check value that catalogues list, and nothing.
  static let examples: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    (command, 0xd996_3a56),
    (Array("123456789".utf8), 0xe306_9283),
    ([], 0),
  ]

  @Test("checksums are those of RFC 3720", arguments: examples)
  func checksums(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
  }

  @Test("a frame has the length, its masked checksum, the record and its masked checksum")
  func frame() {
    let frame = RecordFrames.frame(Array("123456789".utf8))
    // (0xe3069283 >> 15 | 0xe3069283 << 17) + 0xa282ead8 = 0xc78ab0e5, modulo 2^32.
    #expect(frame.prefix(8) == [9, 0, 0, 0, 0, 0, 0, 0])
    #expect(frame[12..<21] == Array("123456789".utf8)[...])
    #expect(frame.suffix(4) == [0xe5, 0xb0, 0x8a, 0xc7])
    #expect(frame.count == 25)
  }

  @Test("frames are taken apart again, up to the first that is not whole")
  func whole() {
    let records: [[UInt8]] = [[], [1, 2, 3], [UInt8](repeating: 7, count: 300)]
    let frames = records.map(RecordFrames.frame)
    let bytes = frames.flatMap { $0 }
    let ends = frames.indices.map { frames[...$0].reduce(0) { $0 + $1.count } }
    for length in 0...bytes.count {
      let (found, end) = RecordFrames.whole(in: Array(bytes.prefix(length)))
      let count = ends.count { $0 <= length }
      #expect(found.map(Array.init) == Array(records.prefix(count)), "\(length) bytes")
      #expect(end == (count == 0 ? 0 : ends[count - 1]))
    }
  }

  @Test("a frame with any bit turned over is not whole")
  func damage() {
    let bytes = RecordFrames.frame([1, 2, 3]) + RecordFrames.frame([4])
    for bit in 0..<8 * bytes.count {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let count = bit / 8 < 19 ? 0 : 1
      #expect(RecordFrames.whole(in: damaged).records.count == count, "bit \(bit)")
    }
  }

  @Test("a length that no memory has is not believed")
  func hugeLength() {
    #expect(RecordFrames.whole(in: [UInt8](repeating: 0xff, count: 64)).end == 0)
    #expect(RecordFrames.whole(in: [UInt8](repeating: 0, count: 64)).end == 0)
  }
}
