import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("IDXFile")
struct IDXFileTests {
  private let images = idx([2, 3, 4], Array(0..<24))

  @Test("images and labels come back as written, compressed or not", arguments: [false, true])
  func roundTrip(compressed: Bool) throws {
    let directory = try TemporaryDirectory()
    let labels = idx([5], [9, 8, 7, 6, 5])
    let imagePath = try write(
      compressed ? Gzip.stored(images) : images,
      "images",
      in: directory
    )
    let labelPath = try write(
      compressed ? Gzip.stored(labels) : labels,
      "labels",
      in: directory
    )
    let image = try IDXFile(path: imagePath, rank: 3)
    #expect(image.dimensions == [2, 3, 4])
    #expect(image.bytes == Array(0..<24))
    let label = try IDXFile(path: labelPath, rank: 1)
    #expect(label.dimensions == [5])
    #expect(label.bytes == [9, 8, 7, 6, 5])
  }

  @Test("a file cut anywhere is refused with both byte counts", arguments: [false, true])
  func truncated(compressed: Bool) throws {
    let directory = try TemporaryDirectory()
    for count in 0..<images.count {
      let cut = Array(images[..<count])
      let path = try write(compressed ? Gzip.stored(cut) : cut, "cut", in: directory)
      expectError(.corruptFile, path, "\(count < 16 ? count : count - 16)", count < 16 ? "" : "24")
      {
        _ = try IDXFile(path: path, rank: 3)
      }
    }
  }

  @Test("bytes after the promised ones are refused with both counts", arguments: [1, 2, 300_000])
  func oversized(excess: Int) throws {
    let directory = try TemporaryDirectory()
    let long = images + [UInt8](repeating: 0, count: excess)
    for file in [long, Gzip.stored(long)] {
      let path = try write(file, "long", in: directory)
      expectError(.corruptFile, path, "2×3×4 = 24 bytes", "holds \(24 + excess)") {
        _ = try IDXFile(path: path, rank: 3)
      }
    }
  }

  @Test("dimensions whose product overflows or is too large are refused before memory is taken")
  func hugeDimensions() throws {
    let directory = try TemporaryDirectory()
    let huge: [[UInt32]] = [
      [.max, .max, .max], [1 << 31, 1 << 31, 4], [.max, 1, 1], [60_000, 10_000, 10_000],
    ]
    for dimensions in huge {
      for file in [idx(dimensions, [1, 2, 3]), Gzip.stored(idx(dimensions, [1, 2, 3]))] {
        let path = try write(file, "huge", in: directory)
        let error = #expect(throws: SparseError.self) { try IDXFile(path: path, rank: 3) }
        #expect(error?.message.hasPrefix(path) == true)
      }
    }
  }

  @Test("a dimension of zero gives no bytes")
  func empty() throws {
    let directory = try TemporaryDirectory()
    let path = try write(idx([0, 28, 28], []), "empty", in: directory)
    #expect(try IDXFile(path: path, rank: 3).bytes.isEmpty)
  }

  @Test("other element types and ranks are refused by their magic number")
  func otherKinds() throws {
    let directory = try TemporaryDirectory()
    for (start, code) in [
      ([0, 0, 13, 3], SparseError.Code.unsupported), ([0, 0, 8, 1], .unsupported),
      ([0, 0, 7, 3], .corruptFile), ([1, 0, 8, 3], .corruptFile), ([80, 75, 3, 4], .corruptFile),
    ] as [([UInt8], SparseError.Code)] {
      let path = try write(start + images.dropFirst(4), "other", in: directory)
      expectError(code, path, "00 00 08 03") { _ = try IDXFile(path: path, rank: 3) }
    }
  }

  @Test("damage never traps, and what is still read has the promised size")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    for (what, bytes) in damagedCopies(of: images) + damagedCopies(of: Gzip.stored(images)) {
      let path = try write(bytes, "damaged", in: directory)
      guard let file = try? IDXFile(path: path, rank: 3) else { continue }
      #expect(file.bytes.count == file.dimensions.reduce(1, *), "\(what)")
      #expect(!what.hasPrefix("cut"))
    }
  }
}
