import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("LineLog")
struct LineLogTests {
  @Test("appends lines, also to those of an earlier run")
  func appends() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("metrics")
    for run in 0..<2 {
      let log = try LineLog(path: path)
      for epoch in 0..<2 { try log.append(#"{"run":\#(run),"epoch":\#(epoch)}"#) }
    }
    let expected = """
      {"run":0,"epoch":0}
      {"run":0,"epoch":1}
      {"run":1,"epoch":0}
      {"run":1,"epoch":1}

      """
    #expect(try contents(path) == expected)
  }

  @Test("starts on a new line after one that was left unfinished")
  func unfinishedLine() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("metrics")
    try "whole\nunfin".write(toFile: path, atomically: false, encoding: .utf8)
    let log = try LineLog(path: path)
    try log.append("next")
    try log.append("last")
    #expect(try contents(path) == "whole\nunfin\nnext\nlast\n")
  }

  @Test("keeps lines whole when several logs and threads append to one file")
  func concurrentAppends() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("metrics")
    let logs = try (0..<3).map { _ in try LineLog(path: path) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<6 {
        group.addTask {
          let line = String(repeating: "\(writer)", count: 5000)
          for _ in 0..<20 { try logs[writer % 3].append(line) }
        }
      }
      try await group.waitForAll()
    }
    let lines = try contents(path).split(separator: "\n")
    #expect(lines.count == 120)
    #expect(lines.allSatisfy { $0.utf8.count == 5000 && Set($0.utf8).count == 1 })
  }

  @Test("refuses a line that is several", arguments: ["a\nb", "a\r\nb", "\n", "a\r"])
  func refusesLineEnds(line: String) throws {
    let directory = try TemporaryDirectory()
    let log = try LineLog(path: directory.file("metrics"))
    let error = #expect(throws: SparseError.self) { try log.append(line) }
    #expect(error?.code == .invalidArgument)
    #expect(try contents(directory.file("metrics")).isEmpty)
  }

  @Test("refuses places that cannot be written, with the system's reason")
  func refusesBadPlaces() throws {
    let directory = try TemporaryDirectory()
    for (path, code) in [(directory.path, EISDIR), (directory.file("none/log"), ENOENT)] {
      expectFileError(code, naming: path) { _ = try LineLog(path: path) }
    }
  }

  #if os(Linux)
  @Test("reports a full device")
  func fullDevice() throws {
    let log = try LineLog(path: "/dev/full")
    expectFileError(ENOSPC, naming: "/dev/full") { try log.append("line") }
  }
  #endif
}
