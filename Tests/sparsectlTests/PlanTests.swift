import ArgumentParser
import Foundation
import SparseLayers
import Testing

@testable import sparsectl

@Suite("plan's command line") struct PlanParsingTests {
  @Test(
    "wrong usage ends with 64 and a message that names the value",
    arguments: [
      ("plan m", "--link"), ("plan --link gigabit", "model"),
      ("plan m --link lan", "There is no link 'lan'. Give gigabit, "),
      ("plan m --link gigabit,loss=0.9", "loses a share of 0.9"),
      ("plan m --link rate=10M", "lacks a rate or a delay"),
      ("plan m --link gigabit --edge-speed fast", "invalid for '--edge-speed"),
      ("plan m --link gigabit --remote-speed 0", "invalid for '--remote-speed"),
      ("plan m --link gigabit --edge-slowdown 0", "'--edge-slowdown' must be above 0"),
      (
        "plan m --link gigabit --edge-speed 1G --edge-slowdown 2",
        "'--edge-slowdown' is for a measured speed"
      ),
      ("plan m --link gigabit --payload fp8", "fp32"),
      ("plan m --link gigabit --shares 0.5,0.6", "1 together"),
      ("plan m --link gigabit --shares=-1,2", "in 0...1"),
      ("plan m --link gigabit --request-bytes=-1", "'--request-bytes' must be in"),
      ("plan m --link gigabit --request-time nan", "'--request-time' must be in"),
      ("plan m --link gigabit --plot=", "--plot"),
    ])
  func wrongUsage(line: String, words: String) {
    let error = #expect(throws: (any Error).self) {
      try Sparsectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }
    guard let error else { return }
    #expect(Sparsectl.exitCode(for: error) == .validationFailure)
    let message = Sparsectl.fullMessage(for: error)
    #expect(message.contains(words), "\(message)")
  }

  @Test("speeds have units")
  func speeds() {
    #expect(MachineSpeed(argument: "2G") == .given(2e9))
    #expect(MachineSpeed(argument: "1.5M") == .given(1.5e6))
    #expect(MachineSpeed(argument: "measured") == .measured)
    for wrong in ["", "G", "2g", "-1", "nan", "inf", "1e400", "0.5"] {
      #expect(MachineSpeed(argument: wrong) == nil, "\(wrong)")
    }
  }

  @Test("quantities have three digits and a prefix")
  func quantities() {
    #expect(PlanReport.quantity(0.0412, "s") == "41.2 ms")
    #expect(PlanReport.quantity(0.000_009_999, "s") == "10.0 µs")
    #expect(PlanReport.quantity(1234, "s") == "1234 s" && PlanReport.quantity(1, "s") == "1.00 s")
    #expect(PlanReport.quantity(1e9, "b/s") == "1.00 Gb/s")
    #expect(PlanReport.quantity(0, "J") == "0 J")
  }
}

/// The program on a model that was trained on a few dozen samples.
@Suite("plan", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct PlanCommandTests {
  /// Trains a network of two hidden layers.
  private func train(
    _ directory: borrowing TemporaryDirectory, _ more: String...
  ) throws -> String {
    try TinyData.write(to: directory.path)
    let model = directory.file("model.safetensors")
    let outcome = try Program.start(
      [
        "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,12,10",
        "--density", "0.5", "--epochs", "6", "--batch-size", "8", "--learning-rate", "0.02",
        "--threads", "1", "--output", model,
      ] + more
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return model
  }

  private static let speeds = ["--edge-speed", "1M", "--remote-speed", "100M"]

  private func plan(_ arguments: [String]) throws -> ([String: Any], [String: [String: Any]]) {
    let outcome = try Program.start(["plan"] + arguments + ["--json"]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let report = try outcome.json()
    let cuts = try #require(report["cuts"] as? [[String: Any]])
    let names = cuts.compactMap { $0["name"] as? String }
    return (report, Dictionary(zip(names, cuts), uniquingKeysWith: { first, _ in first }))
  }

  @Test("a model without exits has a row for each cut, and the report all keys")
  func plain() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let (report, cuts) = try plan([model, "--link", "rate=10M,delay=20ms"] + Self.speeds)
    #expect(Set(cuts.keys) == ["local", "remote", "split-0", "split-1", "split-2"])
    for cut in cuts.values {
      #expect(
        Set(cut.keys) == [
          "name", "place", "hidden_layers", "exits", "latency_mean", "latency_p99",
          "edge_seconds", "link_seconds", "remote_seconds", "sent_share", "bytes_up",
          "bytes_down", "edge_joules", "edge_compute_joules", "edge_storage_bytes",
        ])
    }
    let best = try #require(report["best"] as? [String: Any])
    #expect(
      Set(best.keys) == ["latency_mean", "latency_p99", "bytes", "edge_energy", "edge_storage"])
    #expect(best["latency_mean"] as? String == "local" && best["edge_energy"] is NSNull)
    #expect(best["edge_storage"] as? String == "remote" && best["bytes"] as? String == "local")
    // The 16 pixels as they are, or as floats.
    let request = try #require((report["request"] as? [String: Any])?["request_bytes"] as? Double)
    #expect(cuts["remote"]?["bytes_up"] as? Double == request + 16)
    #expect(cuts["split-0"]?["bytes_up"] as? Double == request + 64)
    #expect(cuts["split-1"]?["bytes_up"] as? Double == request + 80)
    #expect(cuts["local"]?["bytes_up"] as? Double == 0)
    #expect(cuts["remote"]?["edge_storage_bytes"] as? Int == 0)
    #expect((cuts["remote"]?["latency_mean"] as? Double ?? 0) > 0.04)
    let link = try #require(report["link"] as? [String: Any])
    #expect(link["source"] as? String == "as given" && link["delay_seconds"] as? Double == 0.02)
    #expect((report["edge"] as? [String: Any])?["speed"] as? String == "given")
  }

  @Test("exits take their shares from the validation part, or from the command line")
  func exits() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory, "--exits", "1,2", "--validation-fraction", "0.4")
    let link = ["--link", "3g,loss=1%"] + Self.speeds
    let unsolved = try Program.start(["plan", model] + link).finish()
    #expect(unsolved.ending == .exited(0) && unsolved.stderr.contains("no thresholds"))
    let (given, givenCuts) = try plan([model, "--shares", "0.7,0.2,0.1"] + link)
    let sentAsGiven = try #require(givenCuts["split-1+exits"]?["sent_share"] as? Double)
    #expect(abs(sentAsGiven - 0.3) < 1e-9)
    #expect((given["exits"] as? [String: Any])?["samples"] == nil)
    #expect((given["best"] as? [String: Any])?["edge_energy"] is String)
    let calibration = try Program.run(
      "calibrate", model, "--data", directory.path, "--shares", "0.5,0.25,0.25")
    #expect(calibration.ending == .exited(0), "\(calibration.stderr)")
    let (report, cuts) = try plan([model, "--data", directory.path] + link)
    let exits = try #require(report["exits"] as? [String: Any])
    let shares = try #require(exits["shares"] as? [Double])
    #expect(exits["samples"] as? Int == 24 && shares.count == 3)
    let sent = try #require(cuts["split-1+exits"]?["sent_share"] as? Double)
    #expect(abs(sent - (1 - shares[0])) < 1e-9)
    let wrong = try Program.start(["plan", model, "--shares", "0.5,0.5"] + link).finish()
    #expect(wrong.ending == .exited(64) && wrong.stderr.contains("has 3 exits"))
  }

  @Test("the latency is drawn", .enabled(if: SweepTests.hasGnuplot, "gnuplot is not installed"))
  func picture() throws {
    let directory = try TemporaryDirectory()
    let plot = directory.file("plan.svg")
    _ = try plan([train(directory), "--link", "gigabit", "--plot", plot])
    #expect(try String(contentsOfFile: plot, encoding: .utf8).contains("split 2"))
  }

  @Test("speeds are measured unless they are given")
  func measured() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let outcome = try Program.run("plan", model, "--link", "gigabit", "--edge-slowdown", "10")
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    for words in ["measured here", "10 times slower", "Split-Et-Impera", "not counted", "split-2"] {
      #expect(outcome.stdout.contains(words), "\(words) in \(outcome.stdout)")
    }
    let report = try plan([model, "--link", "gigabit"]).0
    let edge = try #require(report["edge"] as? [String: Any])
    #expect(edge["speed"] as? String == "measured")
    #expect((edge["macs_per_second"] as? Double ?? 0) > 0)
  }

  @Test("a part of a model is not planned")
  func part() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let split = try Program.run("split", model, "--at", "1")
    #expect(split.ending == .exited(0), "\(split.stderr)")
    for part in ["edge", "remote"] {
      let outcome = try Program.start(
        ["plan", directory.file("model-\(part).safetensors"), "--link", "gigabit"] + Self.speeds
      ).finish()
      expectFailure(outcome, says: "part of a model")
    }
  }
}
