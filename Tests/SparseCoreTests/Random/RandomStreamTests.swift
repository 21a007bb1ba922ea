import Foundation
import Testing

@testable import SparseCore

@Suite("RandomStream") struct RandomStreamTests {
  @Test("xoshiro256** gives the published numbers from the state 1, 2, 3, 4")
  func referenceVector() {
    var random = RandomStream(state: (1, 2, 3, 4))
    let published: [UInt64] = [
      11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
      607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
      10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
    ]
    #expect(published.map { _ in random.next() } == published)
  }

  @Test("SplitMix64 gives the published numbers from the state 1234567")
  func splitMixReferenceVector() {
    var mixer = SplitMix64(state: 1_234_567)
    let published: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(published.map { _ in mixer.next() } == published)
  }

  @Test("FNV-1a gives the published hashes")
  func fnvReferenceVector() {
    #expect(fnv1a64("") == 0xcbf2_9ce4_8422_2325)
    #expect(fnv1a64("a") == 0xaf63_dc4c_8601_ec8c)
    #expect(fnv1a64("foobar") == 0x8594_4171_f739_67e8)
  }

  // Computed by an independent Python program from the documented construction.
  @Test(
    "a stream is fixed by its seed, purpose and index",
    arguments: [
      (0, "pattern", 0, [11_719_353_133_430_794_528, 10_388_063_575_485_457_691]),
      (42, "weights", 3, [128_609_239_463_933_160, 2_870_333_018_722_264_313]),
      (.max, "", -1, [12_491_493_063_876_670_406, 3_135_324_047_900_388_350]),
    ] as [(UInt64, String, Int, [UInt64])]
  )
  func goldenStreams(seed: UInt64, purpose: String, index: Int, expected: [UInt64]) {
    var random = RandomStream(seed: seed, purpose: purpose, index: index)
    #expect(expected.map { _ in random.next() } == expected)
  }

  @Test("streams that differ in one argument have nothing in common")
  func streamsDiffer() {
    var seen: Set<UInt64> = []
    var streams = 0
    for seed in [0, 1, 2, UInt64.max] {
      for purpose in ["", "pattern", "weights", "weight"] {
        for index in 0..<50 {
          var random = RandomStream(seed: seed, purpose: purpose, index: index)
          for _ in 0..<4 { seen.insert(random.next()) }
          streams += 1
        }
      }
    }
    #expect(seen.count == 4 * streams)
  }

  @Test("a copy continues with the same numbers, and so does a saved and restored stream")
  func copiesAndCoding() throws {
    var original = RandomStream(seed: 9, purpose: "dropout", index: 2)
    _ = original.normal()
    var copy = original
    let saved = try JSONEncoder().encode([original])
    var restored = try #require(try JSONDecoder().decode([RandomStream].self, from: saved).first)
    #expect(restored == original && restored.hashValue == original.hashValue)
    for _ in 0..<100 {
      let expected = original.next()
      #expect(copy.next() == expected)
      #expect(restored.next() == expected)
    }
    #expect(restored != RandomStream(seed: 9, purpose: "dropout", index: 2))
  }

  @Test(
    "a damaged saved stream is refused",
    arguments: [
      "", "12", String(repeating: "0", count: 64), String(repeating: "g", count: 64),
      String(repeating: "1", count: 63) + "é", String(repeating: "1", count: 65),
    ]
  )
  func damagedState(text: String) throws {
    let data = try JSONEncoder().encode([text])
    let error = #expect(throws: SparseError.self) {
      try JSONDecoder().decode([RandomStream].self, from: data)
    }
    #expect(error?.code == .corruptFile)
  }
}
