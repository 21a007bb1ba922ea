import Foundation
import SparseCore

/// Data of a few dozen samples in every format, made here byte by byte.
///
/// Images are 4×4 pixels of ten classes; class c has pixel c lit, so that a network learns it.
enum TinyData {
  static let training = 60
  static let test = 20
  static let features = 16

  static func labels(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 10) } }

  static func pixels(_ count: Int, seed: UInt64) -> [UInt8] {
    var stream = RandomStream(seed: seed, purpose: "test images")
    return labels(count).flatMap { label in
      (0..<features).map { $0 == Int(label) ? 255 : UInt8(stream.next() % 64) }
    }
  }

  // MARK: IDX

  static func idx(_ dimensions: [Int], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(dimensions.count)]
      + dimensions.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
      + bytes
  }

  /// The four files of a data set like MNIST, by name.
  static var idxFiles: [String: [UInt8]] {
    [
      "train-images-idx3-ubyte": idx([training, 4, 4], pixels(training, seed: 1)),
      "train-labels-idx1-ubyte": idx([training], labels(training)),
      "t10k-images-idx3-ubyte": idx([test, 4, 4], pixels(test, seed: 2)),
      "t10k-labels-idx1-ubyte": idx([test], labels(test)),
    ]
  }

  /// Writes the four files; one may be replaced, or left out when its replacement is nil.
  static func write(
    to directory: String, replacing name: String? = nil, with replacement: [UInt8]? = nil
  ) throws {
    for (file, bytes) in idxFiles {
      guard let content = file == name ? replacement : bytes else { continue }
      try Data(content).write(to: URL(fileURLWithPath: "\(directory)/\(file)"))
    }
  }

  // MARK: Gzip

  /// One member with one stored block.
  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count < 65536, "\(bytes.count) bytes do not fit one stored block")
    let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]
    let size = little(bytes.count, 2)
    return header + size + size.map { ~$0 } + bytes + little(Int(crc32(bytes)), 4)
      + little(bytes.count, 4)
  }

  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1
      }
    }
  }

  static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  // MARK: NumPy

  static func npy(_ type: String, _ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    let sizes = shape.map { "\($0), " }.joined()
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(text.utf8.count, 2) + Array(text.utf8)
      + bytes
  }

  static func npy(_ shape: [Int], _ values: [Float]) -> [UInt8] {
    npy("<f4", shape, values.flatMap { little(Int($0.bitPattern), 4) })
  }

  /// A ZIP archive of stored entries.
  static func zip(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in entries {
      let sizes = little(Int(crc32(bytes)), 4) + little(bytes.count, 4) + little(bytes.count, 4)
      let fields = little(20, 2) + little(0, 8) + sizes + little(name.utf8.count, 2)
      directory += [0x50, 0x4b, 1, 2] + little(20, 2) + fields + little(0, 2 + 2 + 2 + 2 + 4)
      directory += little(archive.count, 4) + Array(name.utf8)
      archive += [0x50, 0x4b, 3, 4] + fields + little(0, 2) + Array(name.utf8) + bytes
    }
    let end =
      little(0, 4) + little(entries.count, 2) + little(entries.count, 2)
      + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
    return archive + directory + [0x50, 0x4b, 5, 6] + end
  }

  /// The pixels as floats from 0 to 1.
  static func floats(_ count: Int, seed: UInt64) -> [Float] {
    pixels(count, seed: seed).map { Float($0) / 255 }
  }

  /// An NPZ file of the published layout; the training samples and labels may be replaced.
  static func npz(samples: [Float]? = nil, labels: [UInt8]? = nil) -> [UInt8] {
    let values = samples ?? floats(training, seed: 1)
    return zip([
      ("xtr.npy", npy([training, features], values)),
      ("ytr.npy", npy("|u1", [training], labels ?? self.labels(training))),
      ("xte.npy", npy([test, features], floats(test, seed: 2))),
      ("yte.npy", npy("|u1", [test], self.labels(test))),
    ])
  }

  // MARK: CSV

  static func csv(_ count: Int, seed: UInt64, labeled: Bool) -> String {
    let values = floats(count, seed: seed)
    let names = (0..<features).map { "pixel\($0)" } + (labeled ? ["label"] : [])
    let rows = (0..<count).map { row in
      (values[row * features..<(row + 1) * features].map { "\($0)" }
        + (labeled ? ["\(row % 10)"] : [])).joined(separator: ",")
    }
    return ([names.joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
  }
}
