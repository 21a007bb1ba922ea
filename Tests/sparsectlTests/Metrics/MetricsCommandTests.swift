import Foundation
import SparseCore
import Testing

/// The program with `--metrics`, also killed and told to go on.
@Suite(
  "train --metrics, as a program",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct MetricsCommandTests {
  private func arguments(_ directory: borrowing TemporaryDirectory) throws -> [String] {
    try TinyData.write(to: directory.path)
    return [
      "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,10", "--epochs",
      "40", "--batch-size", "8", "--threads", "1", "--output", directory.file("model"),
    ]
  }

  /// The rows of a CSV file by their headings.
  private func rows(_ path: String) throws -> [[Substring: Double]] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let names = try #require(lines.first).split(separator: ",")
    return try lines.dropFirst().map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      try #require(cells.count == names.count, "\(line)")
      return Dictionary(uniqueKeysWithValues: zip(names, cells.map { Double($0) ?? .nan }))
    }
  }

  private func events(_ run: String) throws -> EventFile {
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(names.count == 1)
    return try EventFile(contentsOf: "\(run)/\(#require(names.first))")
  }

  @Test("all three forms tell the same numbers of the same training")
  func sameNumbers() throws {
    let directory = try TemporaryDirectory()
    let arguments = try arguments(directory)
    for form in MetricsLogTests.forms {
      let outcome = try Program.start(arguments + ["--metrics", directory.file(form)]).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    }
    let rows = try rows(directory.file("log.csv"))
    #expect(rows.map { $0["epoch"] } == (1...40).map { Double($0) })
    let lines = try String(contentsOfFile: directory.file("log.jsonl"), encoding: .utf8)
    let objects = try lines.split(separator: "\n").map {
      try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
    }
    let events = try events(directory.file("run"))
    for (key, tag) in [
      ("train_loss", "loss/train"), ("validation_loss", "loss/validation"),
      ("train_accuracy", "accuracy/train"), ("validation_accuracy", "accuracy/validation"),
      ("learning_rate", "learning_rate"),
    ] {
      let numbers = rows.map { $0[key[...]] ?? .nan }
      #expect(numbers.allSatisfy { $0.isFinite })
      #expect(objects.map { $0[key] } == numbers, "\(key)")
      #expect(events.scalars(tag).map(\.value) == numbers.map { Float($0) }, "\(tag)")
    }
    #expect(events.scalars("samples_per_second").map(\.step) == (1...40).map { UInt64($0) })
  }

  @Test(
    "killed at any moment and resumed, a run has every epoch once", arguments: MetricsLogTests.forms
  )
  func killed(form: String) throws {
    let directory = try TemporaryDirectory()
    let run = try arguments(directory) + ["--metrics", directory.file(form), "--resume"]
    var stream = RandomStream(seed: 5, purpose: "moments to kill at")
    for _ in 0..<6 {
      let running = try Program.start(run)
      usleep(UInt32(20_000 + stream.next() % 120_000))
      running.send(SIGKILL)
      _ = try running.finish()
      // Once it is done, the next run would be another one.
      if FileManager.default.fileExists(atPath: directory.file("model")) { break }
    }
    if !FileManager.default.fileExists(atPath: directory.file("model")) {
      let last = try Program.start(run).finish()
      #expect(last.ending == .exited(0), "\(last.stderr)")
    }
    let epochs: [Double] =
      switch form {
      case "log.csv": try rows(directory.file(form)).map { $0["epoch"] ?? .nan }
      case "run/": try events(directory.file("run")).scalars("loss/train").map { Double($0.step) }
      default:
        try String(contentsOfFile: directory.file(form), encoding: .utf8).split(separator: "\n")
          .map {
            let object = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            return try #require(object?["epoch"] as? Double)
          }
      }
    #expect(epochs == (1...40).map { Double($0) })
  }

  @Test("a second run in a directory of events is told that they mix")
  func mixed() throws {
    let directory = try TemporaryDirectory()
    let run = try arguments(directory) + ["--epochs", "1", "--metrics", directory.file("run/")]
    #expect(try !Program.start(run).finish().stderr.contains("earlier run"))
    let second = try Program.start(run).finish()
    #expect(second.ending == .exited(0) && second.stderr.contains("earlier run"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("run")).count == 2)
  }
}
