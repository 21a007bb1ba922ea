#if Networking
import Foundation
import SparseCore
import SparseLayers
import Testing

/// The program as an edge device, with its server and without.
@Suite("edge", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
final class EdgeCommandTests {
  private let directory: TemporaryDirectory
  private let model: String
  private let edge: [String]

  /// Trains a network with two early exits; without thresholds every sample goes to the output.
  init() throws {
    directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    model = directory.file("model.safetensors")
    edge = ["edge", model, "--split", "1", "--data", directory.path, "--remote"]
    let outcome = try Program.start([
      "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,12,10",
      "--density", "0.5", "--exits", "1,2", "--epochs", "1", "--batch-size", "8", "--threads", "1",
      "--output", model,
    ]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
  }

  private func json(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try Program.start(arguments + ["--json"]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return try outcome.json()
  }

  /// The multiply–adds of junctions whose names do not begin so.
  private func macs(without names: [String]) throws -> Int {
    try ModelFile(contentsOf: model).network.junctions
      .filter { junction in !names.contains { junction.name.hasPrefix($0) } }
      .reduce(0) { $0 + $1.layer.pattern.edgeCount }
  }

  /// What both runs have in common: the exits of the edge part and the output.
  private func checkExits(_ report: [String: Any], outputShare: Double) throws {
    let exits = try #require(report["exits"] as? [[String: Any]])
    #expect(exits.map { $0["exit"] as? String } == ["exit1", "output"])
    #expect(exits.map { $0["share"] as? Double } == [0, outputShare])
    // Nobody computes the head of 'exit2', which is behind the cut.
    #expect(
      try exits.map { $0["macs"] as? Int } == [
        macs(without: ["backbone.2", "exit2", "output"]), macs(without: ["exit2"]),
      ])
    #expect(exits[0]["accuracy"] is NSNull)
  }

  @Test("without its server, an edge device answers degraded, and counts that as nothing else")
  func alone() throws {
    // Nobody listens on port 1.
    let arguments = edge + ["http://127.0.0.1:1"]
    let report = try json(arguments)
    try checkExits(report, outputShare: 0)
    let exits = try #require(report["exits"] as? [[String: Any]])
    #expect(exits[1]["accuracy"] is NSNull)
    #expect(report["sent"] as? Int == TinyData.test && report["degraded"] as? Int == TinyData.test)
    #expect(report["degraded_accuracy"] as? Double == report["accuracy"] as? Double)
    let text = try Program.start(arguments).finish().stdout
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(rows.contains { $0.hasPrefix("degraded 100.00 % ") }, "\(text)")
    #expect(text.contains("answered 0, ") && !text.contains("for each answer"), "\(text)")
  }

  @Test("with its server, every sample that no exit was sure of is answered there")
  func together() throws {
    let output = directory.file("server")
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let server = try Program.start(
      ["serve", model, "--split", "1", "--port", "0"],
      stdout: FileHandle(forWritingAtPath: output))
    defer { server.send(SIGTERM) }
    func listening() throws -> Substring? {
      try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        .first { $0.contains("listening on ") }
    }
    try #require(try server.wait { try listening() != nil })
    let url = try #require(try listening()?.split(separator: " ").last)
    let arguments = edge + [String(url), "--deadline", "20"]
    let report = try json(arguments)
    try checkExits(report, outputShare: 1)
    #expect(report["sent"] as? Int == TinyData.test && report["degraded"] as? Int == 0)
    #expect(report["degraded_accuracy"] is NSNull)
    #expect(report["bytes_sent"] as? Int ?? 0 > 0)
    let text = try Program.start(arguments).finish().stdout
    #expect(text.contains("answered \(TinyData.test), "), "\(text)")
    #expect(text.contains("for each answer") && !text.contains("\ndegraded  "), "\(text)")
  }
}
#endif
