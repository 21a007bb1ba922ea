import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("AppendedFile")
struct AppendedFileTests {
  @Test("appends records, also to those of an earlier run, and reads them")
  func appends() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("records")
    for run in UInt8(0)..<2 {
      let file = try AppendedFile(path: path)
      #expect(file.isRegular)
      for record in UInt8(0)..<2 { try file.append([run, record, 10, 0]) }
    }
    let bytes = try AppendedFile(path: path).contents(maximumBytes: 16)
    #expect(bytes == [0, 0, 10, 0, 0, 1, 10, 0, 1, 0, 10, 0, 1, 1, 10, 0])
  }

  @Test("cuts what was left unfinished, and goes on there")
  func cuts() throws {
    let directory = try TemporaryDirectory()
    let file = try AppendedFile(path: directory.file("records"))
    try file.append([1, 2, 3, 4, 5])
    try file.cut(to: 3)
    try file.append([6])
    #expect(try file.contents(maximumBytes: 16) == [1, 2, 3, 6])
  }

  @Test("reads no file that is larger than it is told to accept")
  func bounded() throws {
    let directory = try TemporaryDirectory()
    let file = try AppendedFile(path: directory.file("records"))
    try file.append([1, 2, 3])
    let error = #expect(throws: SparseError.self) { try file.contents(maximumBytes: 2) }
    #expect(error?.code == .unsupported)
  }

  @Test("refuses places that cannot be written, with the system's reason")
  func refusesBadPlaces() throws {
    let directory = try TemporaryDirectory()
    for (path, code) in [(directory.path, EISDIR), (directory.file("none/log"), ENOENT)] {
      expectFileError(code, naming: path) { _ = try AppendedFile(path: path) }
    }
  }

  #if os(Linux)
  @Test("reports a full device, which has nothing to read")
  func fullDevice() throws {
    let file = try AppendedFile(path: "/dev/full")
    expectFileError(ENOSPC, naming: "/dev/full") { try file.append([1]) }
    #expect(!file.isRegular)
    #expect(try file.contents(maximumBytes: 1).isEmpty)
  }
  #endif
}
