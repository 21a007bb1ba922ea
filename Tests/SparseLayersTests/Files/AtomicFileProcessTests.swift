import Foundation
import SparseCore
import Testing

@testable import SparseLayers

/// What needs a process of its own: limits, redirected streams, sudden death.
@Suite("AtomicFile in another process")
struct AtomicFileProcessTests {
  @Test("a process killed while it writes leaves the previous file whole")
  func killedWhileWriting() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try AtomicFile.write(to: path) { sink in try sink.write("old") }
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      try AtomicFile.write(to: path) { sink in
        try sink.write([UInt8](repeating: 1, count: 1_000_000))
        kill(getpid(), SIGKILL)
      }
    }
    #expect(try contents(path) == "old")
    // The killed process could not remove its temporary file, which shows that it had begun.
    let rest = try directory.names().filter { $0 != "model" }
    #expect(rest.count == 1 && rest[0].hasPrefix(".model.") && rest[0].hasSuffix(".tmp"))
    try AtomicFile.write(to: path) { sink in try sink.write("new") }
    #expect(try contents(path) == "new")
  }

  @Test("a file-size limit ends in an error, with the old file whole and nothing beside it")
  func fileSizeLimit() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try AtomicFile.write(to: path) { sink in try sink.write("old") }
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 70_000, rlim_max: 70_000)
      #if os(Linux)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #else
      #expect(setrlimit(RLIMIT_FSIZE, &limit) == 0)
      #endif
      expectFileError(EFBIG, naming: path) {
        try AtomicFile.write(to: path) { sink in
          try sink.write([UInt8](repeating: 1, count: 1_000_000))
        }
      }
    }
    #expect(try contents(path) == "old")
    #expect(try directory.names() == ["model"])
  }

  @Test("/dev/stdout appends to a redirected file instead of replacing it")
  func redirectedOutput() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("output")
    await #expect(processExitsWith: .success) { [path = path as String] in
      let (file, saved) = (open(path, O_WRONLY | O_CREAT, 0o600), dup(1))
      #expect(dup2(file, 1) == 1)
      #expect(write(1, "before ", 7) == 7)
      try AtomicFile.write(to: "/dev/stdout") { sink in try sink.write("during ") }
      #expect(write(1, "after", 5) == 5)
      #expect(dup2(saved, 1) == 1)  // Swift Testing has more to say there.
    }
    #expect(try contents(path) == "before during after")
  }
}
