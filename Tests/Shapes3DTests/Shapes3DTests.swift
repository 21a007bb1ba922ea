import Foundation
import SparseCore
import SparseLayers
import Testing

@testable import Shapes3D

/// h5py, which writes files of the published layout.
enum H5py {
  static let python = ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"]
  static let isAvailable = (try? run("import h5py, numpy", [])) != nil

  static func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python ?? "/usr/bin/python3")
    process.arguments = ["-c", program] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw SparseError(.unsupported, "python failed: \(program)")
    }
  }

  /// Writes a file of images, every 997th of the 480,000 combinations, as the published ones are.
  ///
  /// Pixel (y, x) of channel c of image i is (7·i + 5·y + 3·x + 11·c) mod 251.
  static func write(_ path: String, _ change: String = "", storage: String = "") throws {
    try run(
      """
      import sys, itertools, numpy as np, h5py
      values = [np.arange(10) / 10] * 3 + [np.linspace(0.75, 1.25, 8), np.arange(4.0),
                np.linspace(-30, 30, 15)]
      labels = np.array(list(itertools.product(*values)))[::997]
      i, y, x, c = np.ogrid[:len(labels), :64, :64, :3]
      images = ((7 * i + 5 * y + 3 * x + 11 * c) % 251).astype('u1')
      \(change)
      with h5py.File(sys.argv[1], 'w') as f:
          f.create_dataset('images', data=images\(storage))
          f.create_dataset('labels', data=labels)
      """, [path])
  }
}

@Suite(
  "3D Shapes", .serialized,
  .enabled(if: H5py.isAvailable, "set SPARSE_TEST_PYTHON to a Python with h5py and numpy"))
struct Shapes3DTests {
  private static let count = 482
  private static let sizes = [10, 10, 10, 8, 4, 15]

  /// The class of each factor of an image of the test file.
  private static func classes(_ image: Int) -> [Int32] {
    var rest = image * 997
    return sizes.reversed().map { size -> Int32 in
      defer { rest /= size }
      return Int32(rest % size)
    }.reversed()
  }

  private static func pixel(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
    (7 * image + 5 * y + 3 * x + 11 * channel) % 251
  }

  private func withFile(
    _ change: String = "", storage: String = "", _ body: (String) throws -> Void
  ) throws {
    let path = "\(FileManager.default.temporaryDirectory.path)/shapes-\(UUID().uuidString).h5"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try H5py.write(path, change, storage: storage)
    try body(path)
  }

  @Test(
    "images and labels are those of the file, however it is stored",
    arguments: ["", ", chunks=(100, 16, 16, 1), compression='gzip'", ", chunks=(7, 64, 64, 3)"])
  func reading(storage: String) throws {
    try withFile(storage: storage) { path in
      let file = try Shapes3DFile(path: path)
      #expect(file.sampleCount == Self.count)
      let labels = try file.factorLabels()
      for image in 0..<Self.count {
        #expect(labels.map { $0[image] } == Self.classes(image))
      }
      let chosen = [0, 6, 7, 99, 100, 255, 256, 481]
      var behind: [Int] = []
      let pixels = try file.pixels(of: chosen, as: Shapes3DForm()) { behind.append($0) }
      #expect(behind == behind.sorted() && behind.last == Self.count)
      for (position, image) in chosen.enumerated() {
        for (y, x, c) in [(0, 0, 0), (0, 1, 2), (31, 7, 1), (63, 63, 2)] {
          #expect(
            Int(pixels[((position * 64 + y) * 64 + x) * 3 + c]) == Self.pixel(image, y, x, c))
        }
      }
    }
  }

  @Test("images are made smaller by their means, and grey", arguments: [2, 16])
  func forms(downsampling: Int) throws {
    try withFile { path in
      let file = try Shapes3DFile(path: path)
      let color = try file.pixels(of: [3], as: Shapes3DForm(downsampling: downsampling))
      let gray = try file.pixels(
        of: [3], as: Shapes3DForm(downsampling: downsampling, isGray: true))
      let side = 64 / downsampling
      #expect(color.count == side * side * 3 && gray.count == side * side)
      for (row, column) in [(0, 0), (side / 2, 1), (side - 1, side - 1)] {
        let means = (0..<3).map { channel in
          (0..<downsampling * downsampling).reduce(0.0) { sum, index in
            sum
              + Double(
                Self.pixel(
                  3, row * downsampling + index / downsampling,
                  column * downsampling + index % downsampling, channel))
          } / Double(downsampling * downsampling)
        }
        for channel in 0..<3 {
          let found = Double(color[(row * side + column) * 3 + channel])
          #expect(abs(found - means[channel]) <= 0.5)
        }
        let mean = 0.299 * means[0] + 0.587 * means[1] + 0.114 * means[2]
        #expect(abs(Double(gray[row * side + column]) - mean) <= 0.5001)
      }
    }
  }

  @Test("test images are those whose floor and wall both have a late hue")
  func split() throws {
    try withFile { path in
      let file = try Shapes3DFile(path: path)
      let parts = try file.parts(
        factors: [.scale, .floorHue, .wallHue],
        form: Shapes3DForm(downsampling: 16, isGray: true))
      let isHeldOut = { (image: Int) in Self.classes(image).prefix(2).allSatisfy { $0 >= 5 } }
      let test = (0..<Self.count).filter(isHeldOut)
      #expect(parts.test.sampleCount == test.count && test.count == 121)
      #expect(parts.training.sampleCount == Self.count - test.count)
      #expect(parts.test.targets.map(\.name) == ["scale", "floor_hue", "wall_hue"])
      #expect(parts.test.targets.map(\.classCount) == [8, 10, 10])
      #expect(parts.test.targets[0].labels == test.map { Self.classes($0)[3] })
      #expect(parts.test.imageShape == ImageShape(rows: 4, columns: 4))
      // Fewer images: the same for a seed, others for another, split by the same rule.
      func few(_ seed: UInt64) throws -> DatasetParts {
        try file.parts(
          factors: [.floorHue, .wallHue], limit: 50,
          form: Shapes3DForm(downsampling: 16), seed: seed)
      }
      let some = try few(1)
      #expect(some.training.sampleCount + some.test.sampleCount == 50)
      #expect(try some.training.contentHash() == few(1).training.contentHash())
      #expect(try some.training.contentHash() != few(2).training.contentHash())
      #expect(some.test.targets.allSatisfy { $0.labels.allSatisfy { $0 >= 5 } })
      #expect(some.test.imageShape == nil && some.test.featureCount == 48)
    }
  }

  @Test(
    "files that do not fit are refused with what is wrong",
    arguments: [
      ("labels[400, 3] = 0.8", "row 400 has the scale 0.8"),
      ("labels[7, 0] = np.nan", "row 7 has the floor_hue nan"),
      ("labels[7, 4] = 4", "row 7 has the shape 4.0"),
      ("labels = labels[:, :5]", "'labels': has the shape [482, 5]"),
      ("images = images[:, :32]", "'images': has the shape [482, 32, 64, 3]"),
      ("images = images[:9]", "has 9 images, but labels of 482"),
      ("images = images.astype('i4')", "holds other elements than uint8"),
      ("labels = labels.astype('S3')", "holds other elements than float64"),
    ])
  func refused(change: String, words: String) throws {
    try withFile(change) { path in
      let error = #expect(throws: SparseError.self) {
        _ = try Shapes3DFile(path: path).parts(
          factors: [.shape], form: Shapes3DForm(downsampling: 16))
      }
      #expect(error?.code == .corruptFile)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      #expect(error?.message.hasPrefix(path) == true)
    }
  }

  @Test("a file that is cut or something else is refused, not trapped on")
  func damaged() throws {
    try withFile(storage: ", chunks=(100, 64, 64, 3), compression='gzip'") { path in
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      for length in [0, 7, 100, 2000, whole.count / 2, whole.count - 1] {
        try whole.prefix(length).write(to: URL(fileURLWithPath: path))
        #expect(throws: SparseError.self) {
          let file = try Shapes3DFile(path: path)
          _ = try file.parts(factors: [.shape], form: Shapes3DForm(downsampling: 16))
        }
      }
    }
    let error = #expect(throws: SparseError.self) { _ = try Shapes3DFile(path: "/nowhere.h5") }
    #expect(error?.code == .fileSystem)
  }
}

@Suite("Values of 3D Shapes") struct Shapes3DFactorTests {
  @Test("every value has its class, and none beside them has one")
  func labels() {
    for factor in Shapes3DFactor.allCases {
      let (least, largest): (Double, Double) =
        switch factor {
        case .floorHue, .wallHue, .objectHue: (0, 0.9)
        case .scale: (0.75, 1.25)
        case .shape: (0, 3)
        case .orientation: (-30, 30)
        }
      let step = (largest - least) / Double(factor.classCount - 1)
      for index in 0..<factor.classCount {
        #expect(factor.label(of: least + Double(index) * step) == Int32(index))
        #expect(factor.label(of: least + (Double(index) + 0.4) * step) == nil)
      }
      for value in [least - step, largest + step, .nan, .infinity, -1e300] {
        #expect(factor.label(of: value) == nil)
      }
    }
  }

  @Test("images are made smaller by divisors of their side only")
  func forms() {
    for count in [-1, 0, 3, 32, 64, 128] {
      #expect(throws: SparseError.self) { try Shapes3DForm(downsampling: count) }
    }
  }
}
