import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("AtomicFile")
struct AtomicFileTests {
  private struct Refusal: Error {}

  @Test("creates a file with the permissions of any new file")
  func creates() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("new.txt")
    try AtomicFile.write(to: path) { sink in
      try sink.write("one ")
      try sink.write([0x74, 0x77, 0x6f])
      #expect(sink.byteCount == 7)
    }
    #expect(try contents(path) == "one two")
    #expect(try directory.names() == ["new.txt"])
    // Foundation's own non-atomic write asks for 0666 as well, so the umask shows in both.
    try Data().write(to: URL(fileURLWithPath: directory.file("other")))
    #expect(try permissions(path) == permissions(directory.file("other")))
  }

  @Test("replaces a file and keeps its permissions", arguments: [0o600, 0o640, 0o755])
  func keepsPermissions(mode: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try "old".write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    try AtomicFile.write(to: path) { sink in try sink.write("new") }
    #expect(try contents(path) == "new")
    #expect(try permissions(path) == mode)
    #expect(try directory.names() == ["a"])
  }

  @Test("whether a file can be written shows beforehand, and nothing changes by asking")
  func requireWritable() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try AtomicFile.requireWritable(path)
    #expect(try directory.names() == [])
    try AtomicFile.write(to: path) { sink in try sink.write("old") }
    try AtomicFile.requireWritable(path)
    #expect(try contents(path) == "old")
    #expect(try directory.names() == ["a"])
    expectFileError(EISDIR, naming: directory.path) {
      try AtomicFile.requireWritable(directory.path)
    }
    expectFileError(ENOENT, naming: directory.file("no/a")) {
      try AtomicFile.requireWritable(directory.file("no/a"))
    }
    expectFileError(ENOTDIR, naming: directory.file("a/b")) {
      try AtomicFile.requireWritable(directory.file("a/b"))
    }
  }

  @Test("writes pieces of any size in order", arguments: [0, 1, 65535, 65536, 65537, 200_000])
  func piecesInOrder(size: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    let pieces = [3, size, 1, size, 65530, 7].map { count in
      (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
    }
    try AtomicFile.write(to: path) { sink in for piece in pieces { try sink.write(piece) } }
    let written = try BoundedFile.read(path: path, maximumBytes: 1 << 20)
    #expect(written == pieces.flatMap { $0 })
  }

  @Test("passes on what the body throws, keeps the old file, leaves nothing else")
  func bodyThrows() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try AtomicFile.write(to: path) { sink in try sink.write("old") }
    #expect(throws: Refusal.self) {
      try AtomicFile.write(to: path) { sink in
        try sink.write([UInt8](repeating: 1, count: 100_000))
        throw Refusal()
      }
    }
    #expect(try contents(path) == "old")
    #expect(try directory.names() == ["a"])
  }

  @Test("writes through symbolic links, also to a file that does not exist yet")
  func followsLinks() throws {
    let directory = try TemporaryDirectory()
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory.file("sub"), withIntermediateDirectories: false)
    try manager.createSymbolicLink(
      atPath: directory.file("link"),
      withDestinationPath: "sub/middle"
    )
    try manager.createSymbolicLink(
      atPath: directory.file("sub/middle"),
      withDestinationPath: directory.file("target")
    )
    for text in ["first", "second"] {
      try AtomicFile.write(to: directory.file("link")) { sink in try sink.write(text) }
      #expect(try contents(directory.file("target")) == text)
    }
    #expect(try manager.destinationOfSymbolicLink(atPath: directory.file("link")) == "sub/middle")
    #expect(try directory.names() == ["link", "sub", "target"])
    #expect(try manager.contentsOfDirectory(atPath: directory.file("sub")) == ["middle"])
  }

  @Test("refuses places that cannot be written, with the system's reason")
  func refusesBadPlaces() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("file")
    try "x".write(toFile: file, atomically: false, encoding: .utf8)
    let loop = directory.file("loop")
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: "loop")
    let places: [(String, Int32)] = [
      (directory.path, EISDIR), (directory.path + "/", EISDIR),
      (directory.file("missing/file"), ENOENT), (directory.file("missing/"), EISDIR),
      (file + "/below", ENOTDIR), (loop, ELOOP), ("", ENOENT), ("a\0b", EINVAL),
      (directory.file(String(repeating: "n", count: 256)), ENAMETOOLONG),
    ]
    for (path, code) in places {
      expectFileError(code, naming: path) {
        try AtomicFile.write(to: path) { sink in try sink.write("y") }
      }
    }
    #expect(try contents(file) == "x")
    #expect(try directory.names() == ["file", "loop"])
  }

  @Test("takes the longest name that the file system takes, and names that are not ASCII")
  func longNames() throws {
    let directory = try TemporaryDirectory()
    for name in [String(repeating: "n", count: 255), String(repeating: "é", count: 127), "\u{301}"]
    {
      try AtomicFile.write(to: directory.file(name)) { sink in try sink.write("y") }
      #expect(try contents(directory.file(name)) == "y")
    }
  }

  #if os(Linux)
  @Test("refuses a directory in which nothing can be created, even for root")
  func refusesUnwritableDirectory() {
    let error = #expect(throws: SparseError.self) {
      try AtomicFile.write(to: "/proc/sparse-test") { sink in try sink.write("y") }
    }
    #expect(error?.code == .fileSystem)
  }

  @Test("reports a full device, to which it writes directly")
  func fullDevice() {
    expectFileError(ENOSPC, naming: "/dev/full") {
      try AtomicFile.write(to: "/dev/full", expectedBytes: 9) { sink in try sink.write("too much.")
      }
    }
    let error = #expect(throws: SparseError.self) {
      try AtomicFile.write(to: "/dev/full", expectedBytes: 100_000) { sink in
        // The first failure is final, also for a body that overlooks it.
        try? sink.write([UInt8](repeating: 1, count: 100_000))
        try? sink.write("more")
      }
    }
    #expect(error?.message.contains("byte 0 of the 100000 needed") == true)
  }
  #endif

  @Test(
    "does not replace a file that is write-protected",
    .enabled(if: getuid() != 0, "not as root")
  )
  func respectsWriteProtection() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try "old".write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    expectFileError(EACCES, naming: path) {
      try AtomicFile.write(to: path) { sink in try sink.write("new") }
    }
    #expect(try contents(path) == "old")
  }

  @Test("writes into a pipe instead of replacing it")
  func writesIntoPipe() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try AtomicFile.write(to: path) { sink in try sink.write("through the pipe") }
    var received = [UInt8](repeating: 0, count: 100)
    let count = read(reader, &received, received.count)
    #expect(String(decoding: received.prefix(max(count, 0)), as: UTF8.self) == "through the pipe")
    #expect(try FileStatus(ofLinkOrFile: path)?.kind == .pipe)
    #expect(try directory.names() == ["pipe"])
  }

  @Test("concurrent writers leave one whole file and nothing else")
  func concurrentWriters() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          for _ in 0..<5 {
            try AtomicFile.write(to: path) { sink in
              for _ in 0..<50 { try sink.write([UInt8](repeating: UInt8(writer), count: 3000)) }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let bytes = try BoundedFile.read(path: path, maximumBytes: 1 << 20)
    #expect(bytes.count == 150_000)
    #expect(Set(bytes).count == 1)
    #expect(try directory.names() == ["a"])
  }
}
