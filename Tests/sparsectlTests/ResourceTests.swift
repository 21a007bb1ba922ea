#if os(Linux)
import Foundation
import SparseLayers
import Testing

/// A real file system of a few pages, which only root can make.
private struct SmallDisk: ~Copyable {
  let directory: TemporaryDirectory
  var path: String { directory.path }

  init(kibibytes: Int) throws {
    let directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
      throw POSIXError(.EPERM)
    }
    self.directory = directory
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  static let isAvailable: Bool = (try? SmallDisk(kibibytes: 16)) != nil
}

@Suite("Limits", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct ResourceTests {
  @Test(
    "a disk that fills up ends the run with one message and leaves whole files only",
    .enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"), arguments: [8, 48])
  func fullDisk(kibibytes: Int) throws {
    let data = try TemporaryDirectory()
    try TinyData.write(to: data.path)
    let disk = try SmallDisk(kibibytes: kibibytes)
    let outcome = try Program.run(
      "train", "--dataset", "mnist", "--data", data.path, "--layers", "16,64,10", "--epochs", "3",
      "--json", "--output", "\(disk.path)/model")
    #expect(outcome.ending == .exited(1))
    #expect(outcome.stdout == "")
    let errors = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
    #expect(errors.count == 1, "\(outcome.stderr)")
    #expect(errors[0].contains("No space left on device") && errors[0].contains("Free some space"))
    let names = try FileManager.default.contentsOfDirectory(atPath: disk.path)
    if kibibytes == 8 {
      // The first checkpoint does not fit: nothing was trained.
      #expect(names == [])
      #expect(outcome.stderr.split(separator: "\n").count == 1)
    } else {
      // One fits, but not a second one beside it.
      #expect(names == ["model.checkpoint"])
      #expect(try Checkpoint(contentsOf: "\(disk.path)/model.checkpoint").state.updates == 0)
    }
  }

  @Test("a file-size limit is an error like any other, not a signal")
  func fileSizeLimit() throws {
    let data = try TemporaryDirectory()
    try TinyData.write(to: data.path)
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "ulimit -f 8; exec \"$@\"", "sh", try #require(Program.path), "train", "--dataset",
      "mnist", "--data", data.path, "--layers", "16,64,10", "--output", data.file("model"),
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1, "\(text)")
    #expect(text.contains("File too large"))
    #expect(try data.names() == TinyData.idxFiles.keys.sorted())
  }

  @Test("train on Fashion-MNIST stays below 600 MB")
  func memory() throws {
    let directory = try TemporaryDirectory()
    // A tenth is learnt and the rest validated: every kind of work is done, in little time.
    let run = try Program.start([
      "train", "--density", "0.25", "--epochs", "1", "--validation-fraction", "0.9", "--output",
      directory.file("model"), "--json",
    ])
    let status = "/proc/\(run.process.processIdentifier)/status"
    var peakKilobytes = 0
    _ = try run.wait {
      // The kernel's own high-water mark; the last look before the end counts.
      let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let number = line?.split(separator: " ").dropLast().last.flatMap { Int($0) }
      peakKilobytes = max(peakKilobytes, number ?? 0)
      return false
    }
    let outcome = try run.finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    #expect(peakKilobytes > 50_000, "the images alone are 55 MB")
    #expect(peakKilobytes < 600_000)
  }
}
#endif
