import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("Pairs of images")
struct ImagePairsTests {
  private static let side = 12

  /// Images of one grey each, from `first` on, which tells them apart.
  private func images(_ count: Int, first: Int, labelShift: Int = 0) throws -> Dataset {
    try Dataset(
      features: .bytes(
        (0..<count).flatMap { Array(repeating: UInt8(first + $0), count: Self.side * Self.side) }),
      featureCount: Self.side * Self.side,
      imageShape: ImageShape(rows: Self.side, columns: Self.side),
      targets: [
        Target(
          name: "label", classNames: (0..<10).map(String.init),
          labels: (0..<count).map { Int32(($0 + labelShift) % 10) })
      ])
  }

  /// Training images 1…60 or 101…160, test images 61…80 or 161…180.
  private func source(_ shift: Int = 0, labelShift: Int = 0) throws -> DatasetParts {
    try DatasetParts(
      training: images(60, first: 1 + shift, labelShift: labelShift),
      test: images(20, first: 61 + shift, labelShift: labelShift))
  }

  private func counts(_ training: Int, _ validation: Int, _ test: Int) -> ImagePairs.Counts {
    var counts = ImagePairs.Counts()
    (counts.training, counts.validation, counts.test) = (training, validation, test)
    return counts
  }

  private func bytes(_ data: Dataset?) -> [UInt8] {
    guard case .bytes(let bytes) = data?.features else { return [] }
    return bytes
  }

  @Test("lie in opposite corners, and the brighter pixel counts where they overlap")
  func canvas() throws {
    let parts = try ImagePairs(left: source(), right: source(100), seed: 1).parts(counts(9, 0, 4))
    let data = parts.training
    #expect(data.imageShape == ImageShape(rows: 20, columns: 20))
    for pair in 0..<data.sampleCount {
      let pixels = bytes(data)[pair * 400..<(pair + 1) * 400]
      func pixel(_ row: Int, _ column: Int) -> UInt8 {
        pixels[pixels.startIndex + row * 20 + column]
      }
      let (left, right) = (pixel(0, 0), pixel(19, 19))
      #expect((1...60).contains(left) && (101...160).contains(right))
      for row in 0..<20 {
        for column in 0..<20 {
          let isLeft = row < 12 && column < 12
          let isRight = row >= 8 && column >= 8
          #expect(pixel(row, column) == (isRight ? right : isLeft ? left : 0))
        }
      }
      #expect(data.targets.map(\.name) == ["left", "right"])
      #expect(data.targets[0].labels[pair] == Int32(left - 1) % 10)
      #expect(data.targets[1].labels[pair] == Int32(right - 101) % 10)
    }
  }

  @Test("no image is in two parts, on either side, and all of a part are used alike")
  func disjoint() throws {
    let same = try source()
    let parts = try ImagePairs(left: same, right: same, seed: 4).parts(counts(150, 40, 60))
    func used(_ part: Dataset?, _ corner: Int) -> [UInt8] {
      stride(from: corner, to: bytes(part).count, by: 400).map { bytes(part)[$0] }
    }
    // The darkest pixel of a corner is its own image's.
    let all = [parts.training, parts.validation, parts.test].map { used($0, 0) + used($0, 399) }
    #expect(all.map(\.count) == [300, 80, 120])
    #expect(all.map { Set($0).count } == [50, 10, 20])
    #expect(Set(all[0]).isDisjoint(with: all[1]))
    #expect(Set(all[0]).union(all[1]).isDisjoint(with: all[2]))
    let left = used(parts.training, 0)
    #expect(Set(left).allSatisfy { image in left.count { $0 == image } == 3 })
  }

  @Test("follow from the seed")
  func golden() throws {
    func hashes(seed: UInt64) throws -> [String?] {
      let parts = try ImagePairs(left: source(), right: source(100, labelShift: 3), seed: seed)
        .parts(counts(30, 8, 10))
      return try [parts.training, parts.validation, parts.test].map {
        try $0?.contentHash().prefix(16).description
      }
    }
    let found = try hashes(seed: 5)
    #expect(
      found == ["237f6577bb95edba", "bd1c594b4e28e77f", "9c18a66b38c390d3"])
    #expect(try hashes(seed: 6)[0] != hashes(seed: 5)[0])
  }

  @Test("refuse images and counts that do not fit")
  func refused() throws {
    let other = try DatasetParts(
      training: clustersOfBytes(shape: ImageShape(rows: 3, columns: 4)),
      test: clustersOfBytes(shape: ImageShape(rows: 3, columns: 4)))
    expectError(.shapeMismatch, "12×12", "3×4") {
      _ = try ImagePairs(left: source(), right: other, seed: 0)
    }
    let pairs = try ImagePairs(left: source(), right: source(), seed: 0)
    for wrong in [counts(0, 1, 1), counts(1, -1, 1), counts(1, 1, 0), counts(500_001, 1, 1)] {
      expectError(.invalidArgument, "1 to 500000") { _ = try pairs.parts(wrong) }
    }
  }

  private func clustersOfBytes(shape: ImageShape) throws -> Dataset {
    try Dataset(
      features: .bytes(Array(repeating: 1, count: 2 * shape.pixelCount)),
      featureCount: shape.pixelCount, imageShape: shape,
      targets: [Target(name: "label", classNames: ["0", "1"], labels: [0, 1])])
  }

  @Test("written parts are read back, the same bytes each time")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let parts = try ImagePairs(left: source(), right: source(100), seed: 2)
      .parts(counts(40, 20, 20))
    let path = directory.file("pairs.npz")
    try parts.writeNPZ(to: path)
    let read = try DatasetSource.npz.load(path: path)
    for (old, new) in [
      (parts.training, read.training), (parts.test, read.test),
      (try #require(parts.validation), try #require(read.validation)),
    ] {
      #expect(try old.contentHash() == new.contentHash())
      #expect(old.imageShape == new.imageShape)
    }
    try parts.writeNPZ(to: directory.file("again.npz"))
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: path))
        == Data(contentsOf: URL(fileURLWithPath: directory.file("again.npz"))))
    expectError(.invalidArgument, "no labels") {
      let unlabeled = try Dataset(unlabeled: .bytes([1, 2]), featureCount: 1)
      try DatasetParts(training: unlabeled, test: unlabeled).writeNPZ(to: path)
    }
  }

  @Test(
    "NumPy reads what was written",
    .enabled(if: NumPy.isAvailable, "python3 has no NumPy"))
  func numPy() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("pairs.npz")
    let parts = try ImagePairs(left: source(), right: source(100), seed: 2).parts(counts(7, 5, 3))
    try parts.writeNPZ(to: path)
    let printed = try NumPy.run(
      """
      import sys, numpy as np
      f = np.load(sys.argv[1])
      print(f.files, f['xva'].shape, f['xtr'].dtype, f['ytr_right'].dtype)
      print(*f['ytr_left'], *f['yte_right'])
      print(f['xtr'].astype('i8').sum())
      """, path)
    let lines = printed.split(separator: "\n").map(String.init)
    #expect(
      lines[0] == """
        ['xtr', 'ytr_left', 'ytr_right', 'xva', 'yva_left', 'yva_right', 'xte', 'yte_left', \
        'yte_right'] (5, 20, 20) uint8 uint8
        """)
    let labels = parts.training.targets[0].labels + parts.test.targets[1].labels
    #expect(lines[1] == labels.map(String.init).joined(separator: " "))
    #expect(Int(lines[2]) == bytes(parts.training).reduce(0) { $0 + Int($1) })
  }
}
