import SparseCore
import Testing

@Suite("SHA256Digest") struct SHA256DigestTests {
  // The examples published with FIPS 180-2 and by NIST's CAVP.
  @Test(
    "gives the published digests",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
          + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ]
  )
  func publishedExamples(message: String, expected: String) throws {
    #expect(try SHA256Digest.hexadecimal(of: Array(message.utf8)) == expected)
  }

  @Test("gives the published digest of a million letters a, fed in pieces of any size")
  func millionLetters() throws {
    for piece in [63, 64, 65, 9973] {
      var digest = try SHA256Digest()
      var remaining = 1_000_000
      while remaining > 0 {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: min(piece, remaining))
        try digest.update(bytes.span)
        try digest.update([])
        remaining -= bytes.count
      }
      #expect(
        try digest.finalize()
          == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      )
    }
  }

  @Test("feeds numbers as little-endian bytes")
  func littleEndian() throws {
    var numbers = try SHA256Digest()
    try numbers.update(littleEndian: [0x0403_0201, 0xFFFF_FFFE] as [UInt32])
    try numbers.update(littleEndian: [0x0807_0605_0403_0201] as [UInt64])
    try numbers.update(littleEndian: [1.0, -0.0] as [Float])
    let bytes: [UInt8] = [
      1, 2, 3, 4, 0xFE, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x80,
    ]
    #expect(try numbers.finalize() == SHA256Digest.hexadecimal(of: bytes))
  }
}
