import EarlyExit
import Foundation
import SparseCore
import SparseLayers
import Testing

/// The program on data of a few dozen samples, with exits.
@Suite(
  "train --exits, calibrate, evaluate",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct ExitCommandTests {
  /// Trains a network with two early exits.
  private func train(
    _ directory: borrowing TemporaryDirectory, _ more: [String] = []
  ) throws -> String {
    try TinyData.write(to: directory.path)
    let model = directory.file("model.safetensors")
    let outcome = try Program.start(
      [
        "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,12,10",
        "--density", "0.5", "--epochs", "12", "--batch-size", "8", "--learning-rate", "0.02",
        "--threads", "1", "--output", model,
      ] + (more.isEmpty ? ["--exits", "1,2", "--validation-fraction", "0.4"] : more)
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return model
  }

  private func json(_ arguments: String...) throws -> [String: Any] { try json(arguments) }

  private func json(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try Program.start(arguments + ["--json"]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return try outcome.json()
  }

  @Test("thresholds are solved on validation samples, saved, and used")
  func calibrate() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let data = directory.path
    let before = try json("evaluate", model, "--data", data)
    #expect((before["exits"] as? [[String: Any]])?.last?["share"] as? Double == 1)
    let report = try json("calibrate", model, "--data", data, "--max-accuracy-loss", "0.05")
    #expect((report["temperature"] as? [Double])?.count == 3)
    #expect((report["thresholds"] as? [Any])?.count == 2)
    #expect(report["samples"] as? Int == 24)
    let accuracy = try #require(report["validation_accuracy"] as? Double)
    #expect(accuracy >= (report["last_exit_accuracy"] as? Double ?? 2) - 0.05)
    let file = try ModelFile(contentsOf: model)
    #expect(file.exitSettings?.rule == "max-probability")
    #expect(file.exitSettings?.calibration?.samples == 24)
    let after = try json("evaluate", model, "--data", data)
    let exits = try #require(after["exits"] as? [[String: Any]])
    #expect(exits.map { $0["exit"] as? String } == ["exit1", "exit2", "output"])
    #expect(abs(exits.reduce(0) { $0 + ($1["share"] as? Double ?? 9) } - 1) < 1e-9)
    #expect(after["expected_macs"] as? Double ?? 1e9 < before["expected_macs"] as? Double ?? 0)
  }

  @Test("a threshold on the command line wins, one for all exits or one for each")
  func thresholds() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let data = directory.path
    func shares(_ more: String...) throws -> [Double] {
      let outcome = try Program.start(
        ["evaluate", model, "--data", data, "--json"] + more
      ).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
      let exits = try #require(try outcome.json()["exits"] as? [[String: Any]])
      return exits.compactMap { $0["share"] as? Double }
    }
    #expect(try shares("--threshold", "0") == [1, 0, 0])
    #expect(try shares("--threshold", "1.1") == [0, 0, 1])
    #expect(try shares("--threshold", "1.1,0") == [0, 1, 0])
    // Everything is surer than an entropy of 100, nothing than one below 0.
    #expect(try shares("--rule", "entropy", "--threshold", "100") == [1, 0, 0])
    #expect(try shares("--rule", "entropy", "--threshold=-1") == [0, 0, 1])
    #expect(try shares("--rule", "patience", "--threshold", "1") == [1, 0, 0])
    let wrong = try Program.run("evaluate", model, "--data", data, "--threshold", "0.5,0.5,0.5")
    #expect(wrong.ending == .exited(64) && wrong.stderr.contains("has 2 early exits"))
  }

  @Test("a finished model gets exits, and keeps its own parameters")
  func frozen() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory, ["--activation", "tanh"])
    let plain = try ModelFile(contentsOf: model).network
    let threshold = try Program.run(
      "evaluate", model, "--data", directory.path, "--threshold", "0.5")
    #expect(threshold.ending == .exited(64) && threshold.stderr.contains("has none before"))
    let calibration = try Program.run("calibrate", model, "--data", directory.path)
    #expect(calibration.ending == .exited(1) && calibration.stderr.contains("has no exit before"))
    let extended = directory.file("exits.safetensors")
    let outcome = try Program.run(
      "train", "--from", model, "--dataset", "mnist", "--data", directory.path, "--exits", "1,2",
      "--exit-training", "frozen", "--epochs", "3", "--batch-size", "8", "--output", extended)
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let network = try ModelFile(contentsOf: extended).network
    #expect(network.branches.map(\.name) == ["exit1", "exit2", "output"])
    for (name, layer) in plain.junctions {
      let same = network.junctions.first { $0.name == name }?.layer
      #expect(same?.weights.values == layer.weights.values, "\(name)")
    }
    let beyond = try Program.run(
      "train", "--from", model, "--dataset", "mnist", "--data", directory.path, "--exits", "3",
      "--output", extended)
    #expect(beyond.ending == .exited(1) && beyond.stderr.contains("hidden layers 1 to 2"))
  }

  @Test("nothing is calibrated on samples that were trained on, and nothing is lost")
  func nothingSetAside() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory, ["--exits", "1", "--validation-fraction", "0"])
    let before = try Data(contentsOf: URL(fileURLWithPath: model))
    let outcome = try Program.run("calibrate", model, "--data", directory.path)
    #expect(outcome.ending == .exited(1) && outcome.stderr.contains("no samples left"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == before)
  }

  @Test("a stopped run is not lost to a model that is put in its place")
  func checkpoint() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory, ["--exits", "1"])
    let path = directory.file("m.checkpoint")
    var file = try Safetensors(contentsOf: model)
    file.metadata["checkpoint"] = "{}"
    try file.write(to: path)
    let before = try bytes(of: path)
    for command in [
      ["calibrate", path, "--data", directory.path],
      ["convert", path, "--storage", "recipe", "--output", path],
    ] {
      let outcome = try Program.start(command).finish()
      #expect(outcome.ending == .exited(1) && outcome.stderr.contains("'--output'"), "\(outcome)")
      #expect(try bytes(of: path) == before)
    }
    _ = try json("calibrate", path, "--data", directory.path, "--output", directory.file("m"))
  }

  @Test("accuracy over cost is written as CSV, and single samples are timed")
  func curve() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let curve = directory.file("curve.csv")
    let report = try json(
      "evaluate", model, "--data", directory.path, "--curve", curve, "--latency")
    let lines = try String(contentsOfFile: curve, encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "threshold,accuracy,expected_macs" && lines.count > 10)
    let latency = try #require(report["latency"] as? [String: Any])
    #expect(latency["counted_macs"] as? Double == report["expected_macs"] as? Double)
  }

  @Test(
    "accuracy against cost is drawn, with another model beside it",
    .enabled(if: SweepTests.hasGnuplot, "gnuplot is not installed"))
  func pictures() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    func drawn(_ arguments: [String]) throws -> String {
      let picture = directory.file("picture.svg")
      _ = try json(arguments + ["--data", directory.path, "--plot", picture])
      return try String(contentsOfFile: picture, encoding: .utf8)
    }
    let curve = try drawn(["evaluate", model, "--beside", model])
    #expect(curve.contains("<svg") && curve.contains("model"))
    let online = try drawn(["online", model, "--noise", "0,0.4"])
    // gnuplot leaves labels out, without a word, where margins are too small for them.
    for text in ["bandit", "accuracy, %", "MACs a sample", "samples; means over"] {
      #expect(online.contains(text), "\(text)")
    }
  }

  @Test("the online policy runs on records and live")
  func online() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let arguments = ["online", model, "--data", directory.path, "--noise", "0,0.4", "--seed", "3"]
    let recorded = try json(arguments)
    let policies = try #require(recorded["policies"] as? [[String: Any]])
    #expect(
      policies.map { $0["policy"] as? String } == ["bandit", "random", "oracle", "last exit"])
    #expect(policies.allSatisfy { ($0["phases"] as? [Any])?.count == 2 })
    let last = try #require(policies.last?["total"] as? [String: Any])
    #expect(last["saved"] as? Double == 0)
    let live = try json(arguments + ["--live"])
    let ran = try #require((live["policies"] as? [[String: Any]])?.first)
    #expect(ran["policy"] as? String == "bandit, live")
    // What was measured sample by sample is what the records of the same bandit say.
    for key in ["accuracy", "expected_macs"] {
      let (found, expected) = (
        ran["total"] as? [String: Any], policies[0]["total"] as? [String: Any]
      )
      #expect(found?[key] as? Double == expected?[key] as? Double, "\(key)")
    }
    for wrong in [["--noise", "-1"], ["--discount", "0"], ["--thresholds", "nan"]] {
      let outcome = try Program.start(["online", model, "--data", directory.path] + wrong).finish()
      #expect(outcome.ending == .exited(64), "\(wrong): \(outcome.stderr)")
    }
  }

  @Test("a model is cut into two files, and the edge part is not taken for a whole model")
  func split() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let report = try json("split", model, "--at", "1")
    let edge = try #require((report["edge"] as? [String: Any])?["file"] as? String)
    let remote = try #require((report["remote"] as? [String: Any])?["file"] as? String)
    try ModelFile(contentsOf: edge).requireCounterpart(ModelFile(contentsOf: remote))
    #expect(report["boundary_features"] as? Int == 20)
    for arguments in [["evaluate", edge], ["calibrate", edge], ["split", edge, "--at", "0"]] {
      let data = arguments[0] == "split" ? [] : ["--data", directory.path]
      let outcome = try Program.start(arguments + data).finish()
      #expect(outcome.ending == .exited(1), "\(outcome.stderr)")
      #expect(outcome.stderr.contains("part of"), "\(outcome.stderr)")
    }
    let outcome = try Program.start(["split", model, "--at", "3"]).finish()
    #expect(outcome.ending == .exited(1) && outcome.stderr.contains("from 0 to 2"))
  }
}
