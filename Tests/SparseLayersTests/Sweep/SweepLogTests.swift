import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("Sweep log")
struct SweepLogTests {
  private func run(_ key: String, accuracy: Double? = 0.5, seconds: Double = 1) throws -> SweepRun {
    let point = try SweepPoint(
      NetworkRecipe(layerSizes: [8, 6, 4], connectivity: .densities([0.5])))
    return SweepRun(
      key: key, point: point, seed: 3,
      cost: NetworkCost(try point.recipe(seed: 3).makeNetwork()).total,
      score: accuracy.map {
        BranchEvaluation(branch: "output", task: "label", loss: 0.25, accuracy: $0, samples: 10)
      }, trainSeconds: seconds)
  }

  @Test("gives runs back as they were, also those that diverged")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("runs.jsonl")
    let runs = try [run("a"), run("b", accuracy: nil), run("c", accuracy: 0.1 + 0.2)]
    var log = try SweepLog(path: path)
    for run in runs { try log.append(run) }
    let again = try SweepLog(path: path)
    #expect(again.runs == log.runs)
    #expect(Set(again.runs.values) == Set(runs))
    #expect(again.unusableLines == 0)
  }

  @Test("loses one run at most, wherever a write was cut short")
  func torn() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("runs.jsonl")
    var log = try SweepLog(path: path)
    for key in ["a", "b"] { try log.append(run(key)) }
    let bytes = Array(try contents(path).utf8)
    let firstEnd = try #require(bytes.firstIndex(of: 10))
    for end in stride(from: 0, through: bytes.count, by: 13) {
      try Data(bytes.prefix(end)).write(to: URL(fileURLWithPath: path))
      var torn = try SweepLog(path: path)
      #expect(torn.runs.count == (end >= bytes.count - 1 ? 2 : end >= firstEnd ? 1 : 0))
      try torn.append(run("new"))
      let next = try SweepLog(path: path)
      #expect(next.runs.keys.contains("new"))
      #expect(next.runs.count == torn.runs.count)
    }
  }

  @Test(
    "passes over lines that no run can have written",
    arguments: [
      #""accuracy":0.5"#: #""accuracy":1.5"#, #""seed":3"#: #""seed":-3"#,
      #""train_seconds":1"#: #""train_seconds":-1"#, #""layers":[8,6,4]"#: #""layers":[8]"#,
      #""macs":48"#: #""macs":-1"#, #""weights":48"#: #""weights":9223372036854775807"#,
      #""edges":[24,24]"#: #""edges":[24,0]"#,
    ])
  func implausible(change: (key: String, value: String)) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("runs.jsonl")
    var log = try SweepLog(path: path)
    try log.append(run("a"))
    let text = try contents(path)
    try #require(text.contains(change.key), "\(text)")
    _ = try write(
      text.replacing(change.key, with: change.value) + "\u{0}\n[]\n", "runs.jsonl", in: directory)
    let damaged = try SweepLog(path: path)
    #expect(damaged.runs.isEmpty)
    #expect(damaged.unusableLines == 3)
  }

  @Test("of two runs with one key, the first counts")
  func duplicates() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("runs.jsonl")
    var (one, other) = (try SweepLog(path: path), try SweepLog(path: path))
    try one.append(run("a", seconds: 1))
    try other.append(run("a", seconds: 2))
    #expect(try SweepLog(path: path).runs["a"]?.trainSeconds == 1)
  }

  @Test("statistics of seeds are those of the formulas")
  func statistics() throws {
    let row = SweepRow(
      try [run("a", accuracy: 0.9), run("b", accuracy: 0.96), run("c", accuracy: nil)])
    let accuracy = try #require(row.accuracy)
    #expect(abs(accuracy.mean - 0.93) < 1e-12)
    #expect(abs((accuracy.standardDeviation ?? 0) - 0.06 / 2.0.squareRoot()) < 1e-12)
    #expect((accuracy.minimum, accuracy.maximum) == (0.9, 0.96))
    #expect((row.diverged, row.seeds.count) == (1, 3))
    #expect(SweepRow.Statistics([0.5])?.standardDeviation == nil)
    #expect(SweepRow.Statistics([]) == nil)
    #expect(row.outDegrees == [3, 4])
    #expect(row.hiddenDensity == 0.5)
    #expect(row.storageBytes == row.cost.storageBytes)
  }
}
