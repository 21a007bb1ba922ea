import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("GzipReader")
struct GzipReaderTests {
  private let limit = 1 << 22

  @Test("a file that is not gzip is taken as it is", arguments: [0, 1, 2, 1000, 300_000])
  func plainFile(count: Int) throws {
    let directory = try TemporaryDirectory()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let path = try write(bytes, "plain", in: directory)
    #expect(try GzipReader.contents(ofFile: path, maximumBytes: limit) == bytes)
  }

  // 262,144 is the piece the file is read in, 65,535 the largest stored block.
  @Test(
    "stored members give their bytes back",
    arguments: [0, 1, 65_535, 65_536, 262_100, 262_144, 700_000]
  )
  func storedMember(count: Int) throws {
    let directory = try TemporaryDirectory()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let path = try write(Gzip.stored(bytes), "stored.gz", in: directory)
    #expect(try GzipReader.contents(ofFile: path, maximumBytes: limit) == bytes)
  }

  @Test("several members follow each other", arguments: [1, 2, 7])
  func members(count: Int) throws {
    let directory = try TemporaryDirectory()
    let parts = (0..<count).map { [UInt8](repeating: UInt8($0), count: $0) }
    let path = try write(parts.flatMap { Gzip.stored($0) }, "members.gz", in: directory)
    #expect(try GzipReader.contents(ofFile: path, maximumBytes: limit) == parts.flatMap { $0 })
  }

  @Test("a member may begin anywhere in a piece of the file, also across its edge")
  func memberEdges() throws {
    let directory = try TemporaryDirectory()
    let first = [UInt8](repeating: 7, count: 262_000)
    let member = Gzip.stored(first)
    // The name moves the second member's magic number over the edge of the first 262,144 bytes.
    let room = 262_144 - member.count - 1
    for length in room - 20...room + 2 {
      let name = String(repeating: "n", count: length)
      let file = Gzip.naming(name, member) + Gzip.stored([1, 2, 3])
      let path = try write(file, "edge.gz", in: directory)
      #expect(try GzipReader.contents(ofFile: path, maximumBytes: limit) == first + [1, 2, 3])
    }
  }

  @Test("a strongly compressed file needs no more output than is accepted")
  func bomb() throws {
    let directory = try TemporaryDirectory()
    let file = Gzip.zeros(copies: 4000)
    let path = try write(file, "zeros.gz", in: directory)
    let size = 4000 * 258 + 1
    #expect(file.count < size / 150)
    #expect(
      try GzipReader.contents(ofFile: path, maximumBytes: size)
        == [UInt8](repeating: 0, count: size)
    )
    expectError(.unsupported, path, "more than the \(size - 1) bytes") {
      _ = try GzipReader.contents(ofFile: path, maximumBytes: size - 1)
    }
  }

  @Test("the size of the file is checked before it is read")
  func largeFile() throws {
    let directory = try TemporaryDirectory()
    let path = try write([UInt8](repeating: 0, count: 101), "plain", in: directory)
    expectError(.unsupported, path, "101", "100") {
      _ = try GzipReader.contents(ofFile: path, maximumBytes: 100)
    }
  }

  @Test("a compressed file that was cut anywhere is refused")
  func truncated() throws {
    let directory = try TemporaryDirectory()
    let file = Gzip.stored([1, 2, 3]) + Gzip.zeros(copies: 20)
    let second = Gzip.stored([1, 2, 3]).count
    // Fewer than two bytes are no gzip, and after the first member the file is whole.
    for count in 2..<file.count where count != second {
      let path = try write(Array(file[..<count]), "cut.gz", in: directory)
      expectError(.corruptFile, path) {
        _ = try GzipReader.contents(ofFile: path, maximumBytes: limit)
      }
    }
  }

  @Test("a flipped bit in the compressed data or their checksum is refused")
  func flipped() throws {
    let directory = try TemporaryDirectory()
    let file = Gzip.zeros(copies: 20)
    let zeros = [UInt8](repeating: 0, count: 1 + 258 * 20)
    for offset in 10..<file.count {
      for bit in 0..<8 {
        var damaged = file
        damaged[offset] ^= 1 << bit
        let path = try write(damaged, "flipped.gz", in: directory)
        // Among zeros it does not matter how far back a copy reaches.
        guard let read = try? GzipReader.contents(ofFile: path, maximumBytes: limit) else {
          continue
        }
        #expect(read == zeros && offset < file.count - 8, "bit \(bit) of byte \(offset)")
      }
    }
  }

  @Test(
    "what follows the last member is refused",
    arguments: [[0], [0x1f], [0x1f, 0x8b, 8], [1, 2]]
  )
  func trailing(garbage: [UInt8]) throws {
    let directory = try TemporaryDirectory()
    let path = try write(Gzip.stored([1, 2, 3]) + garbage, "trailing.gz", in: directory)
    expectError(.corruptFile, path, "\(garbage.count) bytes follow") {
      _ = try GzipReader.contents(ofFile: path, maximumBytes: limit)
    }
  }

  @Test("a missing file and a directory are refused")
  func noFile() throws {
    let directory = try TemporaryDirectory()
    expectFileError(ENOENT, naming: directory.file("missing")) {
      _ = try GzipReader(path: directory.file("missing"))
    }
    expectError(.fileSystem, directory.path, "directory") {
      _ = try GzipReader(path: directory.path)
    }
  }
}
