import Foundation
import SparseCore
import Testing

@testable import SparseLayers

/// Writes a file into a directory and returns its path.
func write(
  _ bytes: [UInt8],
  _ name: String,
  in directory: borrowing TemporaryDirectory
) throws
  -> String
{
  let path = directory.file(name)
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}

func write(
  _ text: String,
  _ name: String,
  in directory: borrowing TemporaryDirectory
) throws
  -> String
{
  try write(Array(text.utf8), name, in: directory)
}

/// Expects an error of this package whose message names the place and contains all given parts.
func expectError(
  _ code: SparseError.Code,
  _ parts: String...,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  let error = #expect(throws: SparseError.self, sourceLocation: sourceLocation) { try body() }
  guard let error else { return }
  #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
  for part in parts where !part.isEmpty {
    #expect(error.message.contains(part), sourceLocation: sourceLocation)
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
  var bigEndianBytes: [UInt8] { littleEndianBytes.reversed() }
}

private let crcOfByte: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1) * 0xedb8_8320 }
}

/// CRC-32 as gzip and ZIP use it.
func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc = ~UInt32(0)
  for byte in bytes { crc = crc >> 8 ^ crcOfByte[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
  return ~crc
}

/// Builds gzip members by hand, so that zlib is not its own oracle.
enum Gzip {
  /// A member whose deflate blocks are stored as they are.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var deflated: [UInt8] = []
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      deflated += [rest.isEmpty ? 1 : 0]
      deflated += length.littleEndianBytes + (~length).littleEndianBytes + block
    } while !rest.isEmpty
    return member(deflated, crc: crc32(bytes), size: bytes.count)
  }

  /// A member of zeros, compressed 158 to 1: one literal, then copies of 258 bytes from 1 before.
  static func zeros(copies: Int) -> [UInt8] {
    var bits: [UInt8] = []
    func code(_ value: Int, _ count: Int) {
      for bit in (0..<count).reversed() { bits.append(UInt8(value >> bit & 1)) }
    }
    bits += [1, 1, 0]  // last block, fixed Huffman codes
    code(0b00110000, 8)  // the literal 0
    for _ in 0..<copies {
      code(0b11000101, 8)  // length 258
      code(0, 5)  // distance 1
    }
    code(0, 7)  // end of block
    while !bits.count.isMultiple(of: 8) { bits.append(0) }
    let deflated = stride(from: 0, to: bits.count, by: 8).map { start in
      (0..<8).reduce(UInt8(0)) { $0 | bits[start + $1] << UInt8($1) }
    }
    let size = 1 + 258 * copies
    return member(deflated, crc: crc32([UInt8](repeating: 0, count: size)), size: size)
  }

  /// A member with a file name in its header.
  static func naming(_ name: String, _ member: [UInt8]) -> [UInt8] {
    member[..<3] + [8] + member[4..<10] + Array(name.utf8) + [0] + member[10...]
  }

  private static func member(_ deflated: [UInt8], crc: UInt32, size: Int) -> [UInt8] {
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + deflated + crc.littleEndianBytes
      + UInt32(size).littleEndianBytes
  }
}

/// Builds IDX files of unsigned bytes.
func idx(_ dimensions: [UInt32], _ bytes: [UInt8]) -> [UInt8] {
  [0, 0, 8, UInt8(dimensions.count)] + dimensions.flatMap(\.bigEndianBytes) + bytes
}

/// Builds `.npy` and `.npz` files.
enum NPY {
  static func file(
    _ descr: String,
    _ shape: String,
    _ bytes: [UInt8],
    fortran: String = "False"
  ) -> [UInt8] {
    file(
      header: "{'descr': '\(descr)', 'fortran_order': \(fortran), 'shape': \(shape), }",
      bytes
    )
  }

  static func file(header: String, version: UInt8 = 1, _ bytes: [UInt8] = []) -> [UInt8] {
    let text = Array(header.utf8) + [UInt8(ascii: "\n")]
    let length =
      version == 1 ? UInt16(text.count).littleEndianBytes : UInt32(text.count).littleEndianBytes
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + bytes
  }

  static func floats(_ values: [Float], _ shape: String) -> [UInt8] {
    file("<f4", shape, values.flatMap { $0.bitPattern.littleEndianBytes })
  }

  /// A ZIP archive of stored entries; `claimedSize` falsifies the size of all of them.
  static func archive(
    _ entries: KeyValuePairs<String, [UInt8]>,
    claimedSize: UInt32? = nil,
    method: UInt16 = 0
  ) -> [UInt8] {
    archive(of: entries.map { ($0.key, $0.value) }, claimedSize: claimedSize, method: method)
  }

  static func archive(
    of entries: [(String, [UInt8])], claimedSize: UInt32? = nil, method: UInt16 = 0
  ) -> [UInt8] {
    var body: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in entries {
      let fields =
        UInt16(20).littleEndianBytes + UInt16(0).littleEndianBytes + method.littleEndianBytes
        + UInt32(0x0021_0000).littleEndianBytes + crc32(bytes).littleEndianBytes
        + UInt32(bytes.count).littleEndianBytes
        + (claimedSize ?? UInt32(bytes.count)).littleEndianBytes
        + UInt16(name.utf8.count).littleEndianBytes + UInt16(0).littleEndianBytes
      directory += [0x50, 0x4b, 1, 2] + UInt16(20).littleEndianBytes + fields
      directory += [UInt8](repeating: 0, count: 10) + UInt32(body.count).littleEndianBytes
      directory += Array(name.utf8)
      body += [0x50, 0x4b, 3, 4] + fields + Array(name.utf8) + bytes
    }
    let count = UInt16(entries.count).littleEndianBytes
    let end =
      [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + count + count + UInt32(directory.count).littleEndianBytes
      + UInt32(body.count).littleEndianBytes + [0, 0]
    return body + directory + end
  }
}

/// Every damaged copy of a file: cut at each offset, and each byte with one bit flipped.
///
/// - Parameters:
///   - bytes: The whole file.
///   - step: The distance between offsets that are tried; also varies the flipped bit.
/// - Returns: The copies, and what was done to each of them.
func damagedCopies(of bytes: [UInt8], step: Int = 1) -> [(what: String, bytes: [UInt8])] {
  stride(from: 0, to: bytes.count, by: step).flatMap { offset in
    var flipped = bytes
    flipped[offset] ^= 1 << UInt8((offset / step) % 8)
    return [
      ("cut at \(offset)", Array(bytes[..<offset])), ("flipped at \(offset)", flipped),
    ]
  }
}

/// NumPy as an oracle, where Python has it.
enum NumPy {
  static let isAvailable = (try? run("import numpy")) != nil

  /// Runs a program and returns what it prints.
  @discardableResult
  static func run(_ program: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw SparseError(.unsupported, "python3 failed: \(program)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
