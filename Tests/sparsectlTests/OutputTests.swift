import Foundation
import SparseLayers
import Testing

/// Where a training writes, and where it must not.
@Suite("Outputs", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
final class OutputTests {
  private let directory: TemporaryDirectory
  private let model: String
  private let arguments: [String]

  init() throws {
    directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    model = directory.file("model")
    arguments = [
      "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,10",
      "--batch-size", "4", "--threads", "1", "--output", model,
    ]
  }

  /// A run that was stopped by Ctrl-C, with its checkpoint.
  private func stopped() throws -> [UInt8] {
    let run = try Program.start(arguments + ["--epochs", "100000"])
    let sawEpoch = try run.wait {
      (try? Checkpoint(contentsOf: model + ".checkpoint").state.position.epoch) ?? 0 > 0
    }
    run.send(SIGINT)
    let outcome = try run.finish()
    try #require(sawEpoch && outcome.ending == .exited(1), "\(outcome.stderr)")
    return try bytes(of: model + ".checkpoint")
  }

  @Test("a checkpoint outlives a run that was to go on there, but whose --resume was forgotten")
  func forgottenResume() throws {
    let checkpoint = try stopped()
    let outcome = try Program.start(arguments + ["--epochs", "1"]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    #expect(outcome.stderr.contains("\(model).checkpoint was of an earlier run, and is kept as"))
    #expect(try bytes(of: model + ".checkpoint.previous") == checkpoint)
    #expect(!FileManager.default.fileExists(atPath: model + ".checkpoint"))
  }

  @Test("a run leaves another one's checkpoint alone while that one is at work")
  func twoRuns() throws {
    let first = try Program.start(arguments + ["--epochs", "100000"])
    let hasBegun = try first.wait { FileManager.default.fileExists(atPath: model + ".checkpoint") }
    usleep(100_000)
    for resume in [[], ["--resume"]] {
      let second = try Program.start(arguments + ["--epochs", "1", "--seed", "2"] + resume).finish()
      expectFailure(second, says: "\(model).checkpoint", "another process is writing it")
    }
    first.send(SIGINT)
    let outcome = try first.finish()
    #expect(hasBegun && outcome.stderr.contains("goes on there"), "\(outcome.stderr)")
    // A process that was killed holds nothing.
    let killed = try Program.start(arguments + ["--epochs", "100000", "--resume"])
    usleep(200_000)
    killed.send(SIGKILL)
    _ = try killed.finish()
    let last = try Program.start(arguments + ["--epochs", "100000", "--resume"])
    usleep(200_000)
    last.send(SIGINT)
    #expect(try last.finish().stderr.contains("going on after"))
  }

  @Test("nothing is written into a file in the place of a stream that is closed")
  func closedStreams() throws {
    let metrics = directory.file("metrics.jsonl")
    for (closed, code) in [(">&-", 1), ("2>&-", 0), (">&- 2>&-", 1), ("<&-", 0)] {
      try? FileManager.default.removeItem(atPath: metrics)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments =
        ["-c", "exec \"$@\" \(closed)", "sh", try #require(Program.path)] + arguments
        + ["--epochs", "2", "--metrics", metrics, "--json"]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit, "\(closed)")
      #expect(process.terminationStatus == code, "\(closed)")
      let lines = try String(contentsOfFile: metrics, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 2 && lines.allSatisfy { $0.contains("\"epoch\":") }, "\(closed)")
    }
  }

  @Test("metrics are not appended to what is no text")
  func metricsOnModel() throws {
    _ = try Program.start(arguments + ["--epochs", "1"]).finish()
    let whole = try bytes(of: model)
    expectFailure(
      try Program.start(
        arguments.dropLast() + [directory.file("other"), "--epochs", "1", "--metrics", model]
      ).finish(), says: "\(model): is no text", "'--metrics'")
    #expect(try bytes(of: model) == whole)
  }

  @Test("MNIST is found where MNIST_DIR says")
  func environment() throws {
    let environment = ["MNIST_DIR": directory.path]
    let run = [
      "train", "--dataset", "mnist", "--layers", "16,10", "--epochs", "1", "--output", model,
    ]
    #expect(try Program.start(run, environment: environment).finish().ending == .exited(0))
    let evaluated = try Program.start(["evaluate", model], environment: environment).finish()
    #expect(evaluated.ending == .exited(0), "\(evaluated.stderr)")
    expectFailure(
      try Program.start(run, environment: ["MNIST_DIR": ""]).finish(), code: 64,
      says: "needs '--data'")
    expectFailure(
      try Program.start(["evaluate", model], environment: ["MNIST_DIR": ""]).finish(), code: 64,
      says: "'--data' must say where")
  }
}
