import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("Fashion-MNIST as Debian installs it")
struct FashionMNISTTests {
  @Test("has the published shapes, classes, pixels and labels")
  func contents() throws {
    let parts = try DatasetSource.fashionMNIST.load()
    #expect(parts.validation == nil)
    // Sums and first labels computed with NumPy from the same files.
    for (part, count, sum, first) in [
      (parts.training, 60_000, 3_431_114_169, [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]),
      (parts.test, 10_000, 573_469_082, [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]),
    ] as [(Dataset, Int, Int, [Int32])] {
      #expect(part.sampleCount == count)
      #expect(part.featureCount == 784)
      #expect(part.imageShape == ImageShape(rows: 28, columns: 28))
      guard case .bytes(let pixels) = part.features else {
        Issue.record("the pixels are not kept as bytes")
        return
      }
      #expect(pixels.count == count * 784)
      #expect(histogram(pixels).enumerated().reduce(0) { $0 + $1.offset * $1.element } == sum)
      let target = part.targets[0]
      #expect(target.classNames.count == 10)
      #expect(target.classNames.first == "T-shirt/top")
      #expect(target.classNames.last == "Ankle boot")
      #expect(Array(target.labels.prefix(10)) == first)
      #expect((0..<10).allSatisfy { c in target.labels.count { $0 == c } == count / 10 })
    }
  }

  /// Counts values without a closure per element, which takes seconds when not optimised.
  private func histogram(_ pixels: [UInt8]) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for pixel in pixels { counts[Int(pixel)] += 1 }
    return counts
  }

  @Test("its compressed labels, damaged anywhere, give an error or valid labels")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let path = DatasetSource.installedFashionMNIST + "/t10k-labels-idx1-ubyte.gz"
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let labels = try IDXFile(path: path, rank: 1).bytes
    for (what, bytes) in damagedCopies(of: file, step: 13) {
      let copy = try write(bytes, "labels.gz", in: directory)
      // Past its header, gzip's checksum makes every flip show.
      guard let read = try? IDXFile(path: copy, rank: 1).bytes else { continue }
      #expect(read == labels, "\(what)")
      #expect(what.hasPrefix("flipped"))
    }
  }
}

@Suite("MNIST-like directories")
struct MNISTDirectoryTests {
  private static let names = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  /// Writes three training samples and two test samples of 2×2 pixels.
  private func fill(
    _ directory: borrowing TemporaryDirectory,
    suffix: String = "",
    dot: Bool = false,
    replacing replaced: Int? = nil,
    by bytes: [UInt8]? = nil
  ) throws {
    let files = [
      idx([3, 2, 2], Array(1...12)), idx([3], [0, 9, 4]), idx([2, 2, 2], Array(21...28)),
      idx([2], [1, 2]),
    ]
    for (index, name) in Self.names.enumerated() {
      let contents = index == replaced ? bytes : files[index]
      guard let contents else { continue }
      let stem = dot ? name.replacingOccurrences(of: "-idx", with: ".idx") : name
      _ = try write(
        suffix.isEmpty ? contents : Gzip.stored(contents),
        stem + suffix,
        in: directory
      )
    }
  }

  @Test("are read under each of their names", arguments: ["", ".gz"], [false, true])
  func names(suffix: String, dot: Bool) throws {
    let directory = try TemporaryDirectory()
    try fill(directory, suffix: suffix, dot: dot)
    let parts = try DatasetSource.mnist.load(path: directory.path)
    guard case .bytes(let training) = parts.training.features,
      case .bytes(let test) = parts.test.features
    else {
      Issue.record("the pixels are not kept as bytes")
      return
    }
    #expect(training == Array(1...12))
    #expect(test == Array(21...28))
    #expect(parts.training.targets[0].labels == [0, 9, 4])
    #expect(parts.training.targets[0].classNames == (0..<10).map(String.init))
    #expect(parts.test.targets[0].labels == [1, 2])
    #expect(parts.test.imageShape == ImageShape(rows: 2, columns: 2))
  }

  @Test("a missing file is named, with the remedy", arguments: 0..<4)
  func missing(index: Int) throws {
    let directory = try TemporaryDirectory()
    try fill(directory, replacing: index)
    expectError(.fileSystem, directory.path, Self.names[index], "four IDX files") {
      _ = try DatasetSource.fashionMNIST.load(path: directory.path)
    }
  }

  @Test("no directory, or a file in its place, is refused")
  func noDirectory() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.file("missing")
    expectError(.fileSystem, missing, "no such directory", "four IDX files") {
      _ = try DatasetSource.mnist.load(path: missing)
    }
    expectError(.fileSystem, missing, "apt-get install dataset-fashion-mnist") {
      _ = try MNISTDirectory(path: missing, isInstalled: true).load(classNames: ["a"])
    }
    let file = try write([1], "file", in: directory)
    expectError(.fileSystem, file, "no directory") { _ = try DatasetSource.mnist.load(path: file) }
    expectError(.invalidArgument, "mnist", "Give its path") { _ = try DatasetSource.mnist.load() }
  }

  @Test("a directory in the place of a file is refused")
  func directoryAsFile() throws {
    let directory = try TemporaryDirectory()
    try fill(directory, replacing: 2)
    try FileManager.default.createDirectory(
      atPath: directory.file(Self.names[2]),
      withIntermediateDirectories: false
    )
    expectError(.fileSystem, Self.names[2], "directory") {
      _ = try DatasetSource.mnist.load(path: directory.path)
    }
  }

  @Test("images and labels that differ in number are refused with both counts")
  func counts() throws {
    let directory = try TemporaryDirectory()
    try fill(directory, replacing: 1, by: idx([4], [1, 2, 3, 4]))
    expectError(.shapeMismatch, "3 images", "4 labels", Self.names[0], Self.names[1]) {
      _ = try DatasetSource.mnist.load(path: directory.path)
    }
  }

  @Test("a label that is no class is refused with its place", arguments: [10, 255] as [UInt8])
  func label(value: UInt8) throws {
    let directory = try TemporaryDirectory()
    try fill(directory, replacing: 3, by: idx([2], [1, value]))
    expectError(.corruptFile, Self.names[3], "label 1 is \(value)", "0..<10") {
      _ = try DatasetSource.mnist.load(path: directory.path)
    }
  }

  @Test("parts without samples, without pixels or of different sizes are refused")
  func shapes() throws {
    for (images, labels, words) in [
      (idx([0, 2, 2], []), idx([0], []), "no samples"),
      (idx([2, 0, 2], []), idx([2], [1, 2]), "0 features"),
      (idx([2, 1, 2], [1, 2, 3, 4]), idx([2], [1, 2]), "differ"),
      (idx([2, 4, 1], Array(1...8)), idx([2], [1, 2]), "image shape"),
    ] {
      let directory = try TemporaryDirectory()
      try fill(directory, replacing: 2, by: images)
      _ = try write(labels, Self.names[3], in: directory)
      let error = #expect(throws: SparseError.self) {
        try DatasetSource.mnist.load(path: directory.path)
      }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      #expect(error?.message.hasPrefix(directory.path) == true)
    }
  }
}
