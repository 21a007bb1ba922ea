import Foundation
import SparseCore
import SparseLayers
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

/// `sweep` as people run it: what it writes, and how it goes on.
@Suite("Sweeps", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
final class SweepTests {
  private let data: TemporaryDirectory
  private let arguments: [String]

  init() throws {
    data = try TemporaryDirectory()
    try TinyData.write(to: data.path)
    arguments = [
      "sweep", "--dataset", "mnist", "--data", data.path, "--hidden", "20,12+8", "--densities",
      "0.25,1", "--seeds", "0,7", "--epochs", "3", "--batch-size", "8", "--threads", "1",
    ]
  }

  static let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot") }

  private func sweep(
    _ directory: borrowing TemporaryDirectory, _ more: [String] = [], path: String? = nil
  ) throws -> Program.Outcome {
    try Program.start(
      arguments + ["--output", directory.file("out")] + more,
      environment: path.map { ["PATH": $0] } ?? [:]
    ).finish()
  }

  private func lines(_ directory: borrowing TemporaryDirectory) throws -> [Substring] {
    try String(contentsOfFile: directory.file("out/runs.jsonl"), encoding: .utf8)
      .split(separator: "\n")
  }

  /// What a run resulted in, without times.
  private func results(_ json: [String: Any]) throws -> [String] {
    let runs = try #require(json["runs"] as? [[String: Any]])
    return try runs.map { run in
      let (key, seed, loss) = (run["key"], run["seed"], run["loss"])
      return "\(try #require(key)) \(try #require(seed)) \(try #require(loss))"
    }
  }

  // MARK: What it writes

  @Test("JSON and CSV have a row per network, with the same numbers")
  func rows() throws {
    let directory = try TemporaryDirectory()
    let outcome = try sweep(directory, ["--json"])
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let json = try outcome.json()
    let rows = try #require(json["rows"] as? [[String: Any]])
    #expect(
      rows.map { $0["layers"] as? String } == [
        "16-20-10", "16-20-10", "16-12-8-10", "16-12-8-10",
      ])
    #expect(rows.map { $0["weights"] as? Int } == [280, 520, 152, 368])
    #expect(rows.map { $0["pattern"] as? String } == ["structured", "full", "structured", "full"])
    for row in rows {
      #expect(row["runs"] as? Int == 2)
      #expect(row["seeds"] as? [Int] == [0, 7])
      let mean = try #require(row["accuracy"] as? Double)
      #expect((0...1).contains(mean))
      #expect(try #require(row["accuracy_min"] as? Double) <= mean)
      #expect(try #require(row["accuracy_sd"] as? Double) >= 0)
      #expect(try #require(row["train_seconds"] as? Double) > 0)
      for key in ["storage_bytes", "training_macs", "dense_training_macs", "density", "macs"] {
        #expect(row[key] is NSNumber, "\(key)")
      }
    }
    // Full networks need no indices: 4 bytes a weight and a bias.
    #expect(rows[1]["storage_bytes"] as? Int == 4 * (520 + 30))
    #expect(json["reference"] as? Int == 1)
    #expect(try results(json).count == 8)

    let table = try String(contentsOfFile: directory.file("out/sweep.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(table.count == 5)
    #expect(table.allSatisfy { $0.count == table[0].count })
    for (row, cells) in zip(rows, table.dropFirst()) {
      for (name, cell) in zip(table[0], cells) {
        let value = try #require(row[String(name)], "\(name)")
        switch value {
        case is NSNull: #expect(cell == "")
        case let text as String: #expect(cell == text)
        case let number as NSNumber:
          let difference = try abs(#require(Double(cell)) - number.doubleValue)
          #expect(difference <= 1e-14 * max(abs(number.doubleValue), 1), "\(name)")
        default: Issue.record("\(name) is \(value)")
        }
      }
    }
    let file = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: directory.file("out/sweep.json"))))
        as? [String: Any])
    #expect(try results(file) == results(json))
  }

  @Test("a named reference is trained, too, and others are compared with it")
  func reference() throws {
    let directory = try TemporaryDirectory()
    let json = try sweep(directory, ["--json", "--hidden", "20", "--reference", "12+8"]).json()
    #expect(json["reference"] as? Int == 0)
    let rows = try #require(json["rows"] as? [[String: Any]])
    #expect(rows.map { $0["weights"] as? Int } == [368, 280, 520])
    #expect(rows.map { $0["training_macs_ratio"] as? Double }[0] == 1)
    #expect(rows[0]["points"] as? Double == 0)
    // Training needs no gradient of the samples: 2 products for the first junction, else 3.
    let ratio = Double(2 * 192 + 3 * 176) / Double(2 * 320 + 3 * 200)
    #expect(abs(try #require(rows[2]["training_macs_ratio"] as? Double) - ratio) < 1e-12)
  }

  @Test(
    "pictures and page stand alone and name their axes",
    .enabled(if: hasGnuplot, "gnuplot is not installed"))
  func pictures() throws {
    let directory = try TemporaryDirectory()
    let outcome = try sweep(directory, ["--plot", directory.file("all.svg")])
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    #expect(outcome.stdout.contains("16-12-8-10"))
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: directory.file(name), encoding: .utf8)
    }
    for (name, axis) in [
      ("out/accuracy-weights.svg", "weights"), ("out/accuracy-storage.svg", "bytes"),
      ("out/accuracy-training-macs.svg", "MACs"), ("all.svg", "bytes"),
    ] {
      let svg = try text(name)
      for word in [axis, "test accuracy, %", "Pareto front", "structured"] {
        #expect(svg.contains(word), "'\(word)' in \(name)")
      }
      _ = try XMLDocument(data: Data(svg.utf8))
    }
    let page = try text("out/report.html")
    #expect(page.components(separatedBy: "<svg").count == 4)
    for remote in ["src=", "href=\"http", "url(http", "<script", "@import", "<link"] {
      #expect(!page.contains(remote), "\(remote)")
    }
    // Names that are defined once, although there are three pictures.
    let names = page.matches(of: /id=['"]([^'"]+)['"]/).map { String($0.1) }
    #expect(Set(names).count == names.count)
    #expect(try directory.names() == ["all.svg", "out"])
  }

  @Test("without gnuplot the results are there, and the message says what to do")
  func noGnuplot() throws {
    let directory = try TemporaryDirectory()
    let outcome = try sweep(directory, path: directory.path)
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let notes = outcome.stderr.split(separator: "\n").filter { $0.contains("gnuplot") }
    #expect(notes.count == 1 && notes[0].contains("apt-get install gnuplot-nox"))
    let asked = try sweep(
      directory, ["--plot", directory.file("all.svg"), "--json"], path: directory.path)
    #expect(asked.ending == .exited(1))
    #expect(asked.stderr.contains("Error: gnuplot was not found"))
    #expect(try asked.json()["rows"] != nil)
    #expect(try lines(directory).count == 8)
    #expect(FileManager.default.fileExists(atPath: directory.file("out/report.html")))
    // A program of that name that does not do its work.
    let broken = directory.file("gnuplot")
    try "#!/bin/sh\necho it is broken >&2\nexit 3\n".write(
      toFile: broken, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: broken)
    let failed = try sweep(directory, path: directory.path)
    #expect(failed.ending == .exited(0))
    #expect(failed.stderr.contains("ended with 3") && failed.stderr.contains("it is broken"))
  }

  // MARK: How it goes on

  @Test("kill -9 at any moment: no run is repeated, and the end is that of a sweep nobody stopped")
  func killed() throws {
    let whole = try TemporaryDirectory()
    let directory = try TemporaryDirectory()
    let long = ["--epochs", "40"]
    let expected = try results(sweep(whole, long + ["--json"]).json())
    var stream = RandomStream(seed: 5, purpose: "moments to kill at")
    var finished = 0
    for _ in 0..<8 {
      let run = try Program.start(arguments + ["--output", directory.file("out")] + long)
      usleep(UInt32(20_000 + stream.next() % 150_000))
      run.send(SIGKILL)
      _ = try run.finish()
      let now = (try? lines(directory).count) ?? 0
      #expect(now >= finished)
      finished = now
    }
    let last = try sweep(directory, long + ["--json"])
    #expect(last.ending == .exited(0), "\(last.stderr)")
    #expect(try results(last.json()) == expected)
    #expect(try lines(directory).count == expected.count)
  }

  @Test("Ctrl-C keeps the finished runs and says how to go on")
  func interrupted() throws {
    let directory = try TemporaryDirectory()
    let log = directory.file("out/runs.jsonl")
    let long = ["--epochs", "400"]
    let run = try Program.start(arguments + ["--output", directory.file("out")] + long)
    let sawRun = try run.wait {
      try FileManager.default.fileExists(atPath: log) && !bytes(of: log).isEmpty
    }
    run.send(SIGINT)
    let outcome = try run.finish()
    try #require(sawRun && outcome.ending == .exited(1), "\(outcome.stderr)")
    let kept = try lines(directory)
    let message = try #require(outcome.stderr.split(separator: "\n").last)
    #expect(
      message
        == "Interrupted after \(kept.count) of 8 runs, saved in \(log). The same command goes on there."
    )
    #expect(try sweep(directory, long).ending == .exited(0))
    #expect(try lines(directory).prefix(kept.count) == kept[...])
    #expect(try lines(directory).count == 8)
  }

  @Test("a torn last line costs that run only")
  func tornLine() throws {
    let directory = try TemporaryDirectory()
    let expected = try results(sweep(directory, ["--json"]).json())
    let path = directory.file("out/runs.jsonl")
    let whole = try bytes(of: path)
    try Data(whole.dropLast(40)).write(to: URL(fileURLWithPath: path))
    let outcome = try sweep(directory, ["--json"])
    #expect(outcome.stderr.contains("1 unfinished or damaged line"))
    #expect(outcome.stderr.contains("8 runs, 7 of them in"))
    #expect(try results(outcome.json()) == expected)
    #expect(try lines(directory).count == 9)
  }

  @Test("runs of other options are kept apart, and found again")
  func otherOptions() throws {
    let directory = try TemporaryDirectory()
    let first = try results(sweep(directory, ["--json"]).json())
    let second = try results(sweep(directory, ["--json", "--l2", "0.01"]).json())
    #expect(Set(first).isDisjoint(with: second))
    #expect(try lines(directory).count == 16)
    // A part of the first sweep, which is all there.
    let third = try sweep(directory, ["--json", "--seeds", "7"])
    #expect(third.stderr.contains("4 runs, all in"))
    #expect(try Set(results(third.json())).isSubset(of: first))
    #expect(try lines(directory).count == 16)
  }

  // MARK: Bad input

  @Test("places that cannot be written to are refused before anything is trained")
  func notWritable() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write([1], "file")
    expectFailure(
      try sweep(directory, ["--output", directory.file("file/out")]), says: "file/out", "--output")
    expectFailure(try sweep(directory, ["--output", directory.file("file")]), says: "file")
    expectFailure(
      try sweep(directory, ["--plot", directory.file("none/all.svg")]), says: "none/all.svg")
    #expect(!FileManager.default.fileExists(atPath: directory.file("out/runs.jsonl")))
  }

  @Test("networks that cannot be are left out, and are an error when none is left")
  func impossible() throws {
    let directory = try TemporaryDirectory()
    let outcome = try sweep(
      directory, ["--out-degrees", "5+10,7+10", "--hidden", "20", "--json"])
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    #expect(outcome.stderr.contains("note: left out 16-20-10, structured, out-degrees 7+10: "))
    #expect(try (outcome.json()["rows"] as? [Any])?.count == 2)
    expectFailure(
      try sweep(directory, ["--budget-weights", "20"]), says: "No width", "balanced")
  }
}
