import SparseCore
import SparseLayers
import Testing

@Suite("Dataset")
struct DatasetTests {
  private func target(_ labels: [Int32], classes: Int = 3, name: String = "label") -> Target {
    Target(name: name, classNames: (0..<classes).map(String.init), labels: labels)
  }

  private func numbered(_ count: Int) throws -> Dataset {
    try Dataset(
      features: .floats((0..<count * 2).map(Float.init)),
      featureCount: 2,
      targets: [target((0..<count).map { Int32($0 % 3) })]
    )
  }

  @Test("keeps what it was given")
  func contents() throws {
    let data = try Dataset(
      features: .bytes([1, 2, 3, 4, 5, 6]),
      featureCount: 3,
      targets: [target([0, 2]), target([1, 0], classes: 2, name: "parity")]
    )
    #expect(data.sampleCount == 2)
    #expect(data.targets.map(\.classCount) == [3, 2])
    #expect(data.imageShape == nil)
  }

  @Test("finds its classes by name in another list, and leaves those that are not all there")
  func otherNumbers() throws {
    let data = try Dataset(
      features: .floats([1, 2, 3]), featureCount: 1, featureNames: ["size"],
      targets: [
        Target(name: "colour", classNames: ["blue", "red"], labels: [1, 0, 1]),
        Target(name: "shape", classNames: ["disc", "star"], labels: [0, 1, 1]),
        target([0, 1, 1], classes: 2),
      ])
    let numbered = try data.numbered(by: [
      "colour": ["red", "green", "blue"], "shape": ["disc", "ring"], "label": ["0", "1", "2"],
    ])
    #expect(numbered.targets.map(\.labels) == [[0, 2, 0], [0, 1, 1], [0, 1, 1]])
    #expect(numbered.targets.map(\.classCount) == [3, 2, 3])
    #expect(numbered.targets[1] == data.targets[1])
    #expect(numbered.featureNames == ["size"] && numbered.sampleCount == 3)
    #expect(try data.selecting([2]).featureNames == ["size"])
    expectError(.shapeMismatch) {
      _ = try Dataset(unlabeled: .floats([1, 2]), featureCount: 2, featureNames: ["size"])
    }
  }

  @Test("refuses counts that do not fit")
  func counts() {
    for (values, featureCount, labels) in [
      (5, 2, 2), (6, 2, 2), (6, 2, 4), (1, 2, 0),
    ] {
      expectError(.shapeMismatch) {
        _ = try Dataset(
          features: .bytes(.init(repeating: 0, count: values)),
          featureCount: featureCount,
          targets: [target(.init(repeating: 0, count: labels))]
        )
      }
    }
    for (values, featureCount) in [(0, 2), (4, 0), (4, -1)] {
      expectError(.invalidArgument) {
        _ = try Dataset(
          features: .bytes(.init(repeating: 0, count: values)),
          featureCount: featureCount,
          targets: [target([])]
        )
      }
    }
  }

  @Test("refuses an image shape that does not fit, also one that overflows")
  func imageShape() {
    for shape in [ImageShape(rows: 2, columns: 2), ImageShape(rows: .max, columns: 3)] {
      expectError(.shapeMismatch, "\(shape)", "6 features") {
        _ = try Dataset(
          features: .bytes([1, 2, 3, 4, 5, 6]),
          featureCount: 6,
          imageShape: shape,
          targets: [target([0])]
        )
      }
    }
  }

  @Test("refuses labels that are no class and names sample and label", arguments: [-1, 3, .max])
  func labels(value: Int32) {
    expectError(.invalidArgument, "sample 1", "label \(value)", "0..<3") {
      _ = try Dataset(
        features: .bytes([1, 2, 3]),
        featureCount: 1,
        targets: [target([0, value, 2])]
      )
    }
  }

  @Test("refuses features that are not finite and names sample and feature")
  func finite() {
    for value in [Float.nan, .infinity, -.infinity] {
      expectError(.invalidArgument, "sample 1", "feature 2", "\(value)") {
        _ = try Dataset(
          features: .floats([0, 0, 0, 0, 0, value]),
          featureCount: 3,
          targets: [target([0, 0])]
        )
      }
    }
  }

  @Test("refuses no target, a target without classes, and two of one name")
  func targets() {
    for targets in [[], [target([0], classes: 0)], [target([0]), target([0])]] {
      expectError(.invalidArgument) {
        _ = try Dataset(features: .bytes([1]), featureCount: 1, targets: targets)
      }
    }
  }

  @Test(
    "a validation part is disjoint, sorted, complete and of the wanted size",
    arguments: [2, 3, 10, 1000],
    [0.001, 0.1, 0.5, 0.999]
  )
  func split(count: Int, fraction: Double) throws {
    let parts = try numbered(count).validationSplit(fraction: fraction, seed: 7)
    #expect((parts.training + parts.validation).sorted() == Array(0..<count))
    #expect(parts.training == parts.training.sorted())
    #expect(parts.validation == parts.validation.sorted())
    let wanted = Int((fraction * Double(count)).rounded())
    #expect(parts.validation.count == min(max(wanted, 1), count - 1))
  }

  @Test("the seed decides the validation part")
  func splitSeed() throws {
    let data = try numbered(1000)
    let first = try data.validationSplit(fraction: 0.1, seed: 1)
    let again = try data.validationSplit(fraction: 0.1, seed: 1)
    let other = try data.validationSplit(fraction: 0.1, seed: 2)
    #expect(first == again)
    #expect(first.validation != other.validation)
    // Not a run of neighbours, but spread over all samples.
    #expect(first.validation.count { $0 < 500 } > 25)
    #expect(first.validation.count { $0 >= 500 } > 25)
  }

  @Test("no fraction chooses nothing, others outside 0..<1 are refused")
  func splitBounds() throws {
    let data = try numbered(5)
    let parts = try data.validationSplit(fraction: 0, seed: 0)
    #expect(parts.training == Array(0..<5))
    #expect(parts.validation.isEmpty)
    for fraction in [-0.1, 1, 1.5, .nan, .infinity] {
      expectError(.invalidArgument, "\(fraction)") {
        _ = try data.validationSplit(fraction: fraction, seed: 0)
      }
    }
    expectError(.invalidArgument, "1 sample") {
      _ = try numbered(1).validationSplit(fraction: 0.5, seed: 0)
    }
  }

  @Test("selected samples come with their labels, in the order asked for")
  func selecting() throws {
    let data = try numbered(5).selecting([4, 0, 2])
    guard case .floats(let values) = data.features else {
      Issue.record("floats became something else")
      return
    }
    #expect(values == [8, 9, 0, 1, 4, 5])
    #expect(data.targets[0].labels == [1, 0, 2])
  }

  @Test("the content hash is a SHA-256 of what the documentation says")
  func contentHash() throws {
    let data = try Dataset(
      features: .bytes([1, 2]),
      featureCount: 2,
      targets: [Target(name: "t", classNames: ["a", "b"], labels: [1])]
    )
    func size(_ value: UInt64) -> [UInt8] { value.littleEndianBytes }
    let message =
      size(1) + size(1) + size(2) + [1, 2] + size(2) + size(1) + Array("t".utf8)
      + size(1) + Array("a".utf8) + size(1) + Array("b".utf8) + [1, 0, 0, 0]
    #expect(try data.contentHash() == SHA256Digest.hexadecimal(of: message))
  }

  @Test("the content hash changes with any part of the contents")
  func contentHashDiffers() throws {
    func hash(
      _ features: Dataset.Features,
      _ labels: [Int32],
      features featureCount: Int = 2,
      name: String = "a"
    ) throws -> String {
      try Dataset(
        features: features,
        featureCount: featureCount,
        targets: [Target(name: "t", classNames: [name, "b"], labels: labels)]
      ).contentHash()
    }
    let hashes = [
      try hash(.bytes([1, 2, 3, 4]), [0, 1]), try hash(.bytes([1, 2, 3, 5]), [0, 1]),
      try hash(.bytes([1, 2, 3, 4]), [1, 1]), try hash(.bytes([1, 2, 3, 4]), [0], features: 4),
      try hash(.floats([1, 2, 3, 4]), [0, 1]), try hash(.floats([1, 2, 3, 5]), [0, 1]),
      try hash(.bytes([1, 2, 3, 4]), [0, 1], name: "c"),
    ]
    #expect(Set(hashes).count == hashes.count)
    #expect(try hash(.bytes([1, 2, 3, 4]), [0, 1]) == hashes[0])
  }

  @Test("parts that do not fit each other are refused")
  func parts() throws {
    let data = try numbered(3)
    let others = [
      try Dataset(features: .floats([1]), featureCount: 1, targets: [target([0])]),
      try Dataset(features: .bytes([1, 2]), featureCount: 2, targets: [target([0])]),
      try Dataset(features: .floats([1, 2]), featureCount: 2, targets: [target([0], classes: 4)]),
      try Dataset(features: .floats([1, 2]), featureCount: 2, targets: [target([0], name: "x")]),
      try Dataset(
        features: .floats([1, 2]),
        featureCount: 2,
        imageShape: ImageShape(rows: 1, columns: 2),
        targets: [target([0])]
      ),
    ]
    for other in others {
      expectError(.shapeMismatch, "test") { _ = try DatasetParts(training: data, test: other) }
      expectError(.shapeMismatch, "validation") {
        _ = try DatasetParts(training: data, validation: other, test: data)
      }
    }
    #expect(try DatasetParts(training: data, validation: data, test: data).validation != nil)
  }
}
