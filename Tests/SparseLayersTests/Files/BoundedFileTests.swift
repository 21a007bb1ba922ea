import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("BoundedFile")
struct BoundedFileTests {
  @Test("reads a file whole, also through a link", arguments: [0, 1, 4096, 100_000])
  func readsWhole(size: Int) throws {
    let directory = try TemporaryDirectory()
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try Data(bytes).write(to: URL(fileURLWithPath: directory.file("a")))
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("link"),
      withDestinationPath: "a"
    )
    #expect(try BoundedFile.read(path: directory.file("link"), maximumBytes: size) == bytes)
  }

  @Test("reads parts")
  func readsParts() throws {
    let directory = try TemporaryDirectory()
    try "0123456789".write(toFile: directory.file("a"), atomically: false, encoding: .utf8)
    let file = try BoundedFile(path: directory.file("a"), maximumBytes: 10)
    #expect(try file.bytes(in: 7..<10) == Array("789".utf8))
    #expect(try file.bytes(in: 0..<2) == Array("01".utf8))
    #expect(try file.bytes(in: 10..<10).isEmpty)
  }

  @Test("refuses a file that is larger than allowed, with both sizes")
  func refusesLargeFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    // Sparse: a terabyte that takes no space, and that no reader could allocate.
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(truncate(path, 1 << 40) == 0)
    let error = #expect(throws: SparseError.self) {
      try BoundedFile.read(path: path, maximumBytes: 1 << 20)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("1099511627776") == true)
    #expect(error?.message.contains("1048576") == true)
  }

  @Test("refuses what is not a regular file, without waiting for a pipe's writer")
  func refusesOtherKinds() throws {
    let directory = try TemporaryDirectory()
    let pipe = directory.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, kind) in [(directory.path, "directory"), (pipe, "pipe"), ("/dev/null", "device")] {
      let error = #expect(throws: SparseError.self) {
        try BoundedFile.read(path: path, maximumBytes: 100)
      }
      #expect(error?.code == .fileSystem)
      #expect(error?.message.hasPrefix("\(path): is a \(kind)") == true)
    }
  }

  @Test("refuses a path without a file")
  func refusesMissingFile() throws {
    let directory = try TemporaryDirectory()
    for (path, code) in [(directory.file("none"), ENOENT), ("", ENOENT), ("a\0b", EINVAL)] {
      expectFileError(code, naming: path) {
        _ = try BoundedFile.read(path: path, maximumBytes: 100)
      }
    }
  }

  @Test("notices a file that shrinks or grows while it is read")
  func noticesChange() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try "0123456789".write(toFile: path, atomically: false, encoding: .utf8)
    let file = try BoundedFile(path: path, maximumBytes: 10)
    try file.requireSameSize()
    #expect(truncate(path, 5) == 0)
    #expect(throws: SparseError.self) { _ = try file.bytes(in: 0..<10) }
    #expect(truncate(path, 15) == 0)
    #expect(throws: SparseError.self) { try file.requireSameSize() }
  }
}
