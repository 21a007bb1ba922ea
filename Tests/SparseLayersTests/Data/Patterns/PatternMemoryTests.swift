#if os(Linux)
import Foundation
import SparseCore
import Testing
import _AllocationCounter

#if DEBUG
private let isMeasured = false
#else
private let isMeasured = allocation_counter_works() == 1
#endif

/// The most memory that this process has had in use so far, in bytes.
private func peakBytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
  let words = line.split(whereSeparator: \.isWhitespace)
  return try #require(words.dropFirst().first.flatMap { Int($0) }) * 1024
}

@Suite("The memory of a pattern") struct PatternMemoryTests {
  // In a process of its own, whose peak no other test raises.
  @Test(
    "of the most rows and one edge is one number for each row, also while it is read and digested",
    .enabled(if: isMeasured, "measured in optimised builds without a sanitizer"))
  func manyRows() async {
    await #expect(processExitsWith: .success) {
      let before = try peakBytes()
      let pattern = try Pattern(
        matrixMarketText: """
          %%MatrixMarket matrix coordinate pattern general
          16777216 16777216 1
          16777216 1
          """, source: "test")
      #expect(pattern.rowOffsets.suffix(2) == [0, 1])
      #expect(try pattern.sha256.count == 64)
      // 128 MiB of row offsets; a second array of that size would double it.
      #expect(try peakBytes() - before < 192 << 20)
    }
  }
}
#endif
