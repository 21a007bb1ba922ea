#if os(Linux)
import Foundation
import SparseCore
import Testing

@testable import SparseLayers

/// A real file system of 64 KiB, which only root can make.
private struct SmallDisk: ~Copyable {
  let directory: TemporaryDirectory
  var path: String { directory.path }

  init() throws {
    let directory = try TemporaryDirectory()
    try Self.mountMemory(at: directory.path)
    self.directory = directory
  }

  private static func mountMemory(at path: String) throws {
    guard mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0 else { throw SystemFailure.last }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  static let isAvailable: Bool = (try? SmallDisk()) != nil
}

@Suite("A disk that is full", .enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
struct FullDiskTests {
  @Test("a model that does not fit leaves the previous one whole and no temporary file")
  func modelDoesNotFit() throws {
    let disk = try SmallDisk()
    let path = disk.path + "/model.safetensors"
    let small = try Safetensors(tensors: [.init(name: "w", floats: [1, 2], shape: [2])])
    try small.write(to: path)
    let floats = [Float](repeating: 1, count: 30_000)
    let large = try Safetensors(tensors: [.init(name: "w", floats: floats, shape: [30_000])])
    expectFileError(ENOSPC, naming: path) { try large.write(to: path) }
    let error = #expect(throws: SparseError.self) { try large.write(to: path) }
    let size = try large.serialized().count
    #expect(error?.message.contains("of the \(size) needed") == true)
    #expect(error?.message.contains("The previous file is unchanged.") == true)
    #expect(try Safetensors(contentsOf: path) == small)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["model.safetensors"])
  }

  @Test(
    "a log line that does not fit is taken back, and the log goes on once there is space",
    arguments: [("first\n", "first\n"), ("unfinished", "unfinished\n")])
  func logLineDoesNotFit(start: String, kept: String) throws {
    let disk = try SmallDisk()
    let (path, ballast) = (disk.path + "/log", disk.path + "/ballast")
    try Data(start.utf8).write(to: URL(filePath: path))
    let log = try LineLog(path: path)
    // One page stays free, of which the long line needs more.
    try AtomicFile.write(to: ballast) { sink in
      try sink.write([UInt8](repeating: 0, count: 14 * 4096))
    }
    let long = String(repeating: "x", count: 20_000)
    expectFileError(ENOSPC, naming: path) { try log.append(long) }
    #expect(try contents(path) == start)
    try FileManager.default.removeItem(atPath: ballast)
    try log.append("second")
    #expect(try contents(path) == kept + "second\n")
  }
}
#endif
