import Foundation
import SparseCore
import SparseLayers
import Testing

/// The program on data of a few dozen samples, with two tasks.
@Suite(
  "train --tasks",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct TaskCommandTests {
  /// Samples that show a digit, and whether it is below 3, below 6 or above.
  private func data(_ directory: borrowing TemporaryDirectory) throws -> String {
    func size(_ count: Int) -> [UInt8] { TinyData.labels(count).map { $0 / 3 > 2 ? 2 : $0 / 3 } }
    func entries(_ part: String, _ count: Int, seed: UInt64) -> [(String, [UInt8])] {
      [
        (
          "x\(part).npy",
          TinyData.npy("|u1", [count, TinyData.features], TinyData.pixels(count, seed: seed))
        ),
        ("y\(part)_digit.npy", TinyData.npy("|u1", [count], TinyData.labels(count))),
        ("y\(part)_size.npy", TinyData.npy("|u1", [count], size(count))),
      ]
    }
    return try directory.write(
      TinyData.zip(
        entries("tr", TinyData.training, seed: 1) + entries("te", TinyData.test, seed: 2)),
      "two.npz")
  }

  private func train(
    _ data: String, to model: String, _ more: String...
  ) throws -> Program.Outcome {
    try Program.start(
      [
        "train", "--dataset", "npz", "--data", data, "--epochs", "12", "--batch-size", "8",
        "--learning-rate", "0.02", "--threads", "1", "--output", model, "--json",
      ] + more
    ).finish()
  }

  private func accuracies(_ report: [String: Any]) throws -> [String: Double] {
    let tasks = try #require(report["tasks"] as? [String: [String: Any]])
    return try tasks.mapValues { try #require($0["accuracy"] as? Double) }
  }

  @Test("all tasks of the data are trained, evaluated and predicted")
  func allTasks() throws {
    let directory = try TemporaryDirectory()
    let data = try data(directory)
    let model = directory.file("m.safetensors")
    let metrics = directory.file("log.jsonl")
    let outcome = try train(data, to: model, "--layers", "16,20,12,10", "--metrics", metrics)
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let trained = try outcome.json()
    let scores = try accuracies(trained)
    #expect(scores.keys.sorted() == ["digit", "size"])
    #expect(scores["digit"] == trained["test_accuracy"] as? Double)
    #expect((scores["digit"] ?? 0) > 0.8 && (scores["size"] ?? 0) > 0.8)
    #expect(trained["weights"] as? Int == 16 * 20 + 20 * 12 + 12 * 10 + 12 * 3)
    let line = try #require(try contents(metrics).split(separator: "\n").last)
    let epoch = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    let logged = try #require(epoch?["tasks"] as? [String: [String: Any]])
    #expect(
      logged["digit"]?["train_accuracy"] as? Double == epoch?["train_accuracy"] as? Double)

    let evaluated = try Program.run("evaluate", model, "--data", data, "--json").json()
    #expect(try accuracies(evaluated) == scores)
    #expect(evaluated["accuracy"] as? Double == scores["digit"])
    let text = try Program.run("evaluate", model, "--data", data).stdout
    #expect(text.contains("digit ") && text.contains(", size "))

    let predicted = try Program.run("predict", model, data, "--rows", "0-3", "--json").json()
    let rows = try #require(predicted["predictions"] as? [[String: Any]])
    let tasks = try rows.map { try #require($0["tasks"] as? [String: [String: Any]]) }
    for (row, tasks) in zip(rows, tasks) {
      #expect(tasks["digit"]?["class"] as? Int == row["class"] as? Int)
      #expect((tasks["digit"]?["probabilities"] as? [Any])?.count == 10)
      #expect((tasks["size"]?["probabilities"] as? [Any])?.count == 3)
    }
    let table = try Program.run("predict", model, data, "--rows", "0-3", "--format", "csv").stdout
    #expect(table.split(separator: "\n").first == "row,task,class,name,probability")
    #expect(table.split(separator: "\n").count == 9)
    let measured = try Program.run("measure", model, "--json", "--no-timing").json()
    #expect((measured["total"] as? [String: Any])?["weights"] as? Int == 716)
  }

  @Test("heads, weights and exits are as asked for")
  func options() throws {
    let directory = try TemporaryDirectory()
    let data = try data(directory)
    let model = directory.file("m.safetensors")
    let outcome = try train(
      data, to: model, "--layers", "16,20,3", "--tasks", "size,digit", "--task-layers", "0,8+6",
      "--task-density", "0.5", "--task-weights", "1,0.5", "--exits", "1", "--exit-weights", "1,1")
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let network = try ModelFile(contentsOf: model).network
    #expect(network.branches.map(\.name) == ["exit1", "digit", "size"])
    #expect(network.branches.map(\.lossWeight) == [1, 0.5, 1])
    let sizes = network.branches[1].layers.compactMap { ($0 as? SparseLinear)?.pattern.edgeCount }
    #expect(sizes == [80, 24, 60])
    let report = try Program.run("evaluate", model, "--data", data, "--json").json()
    let exits = try #require(report["exits"] as? [[String: Any]])
    #expect(exits.map { $0["exit"] as? String } == ["exit1", "size"])
  }

  @Test("a single task is trained by the same command")
  func singleTask() throws {
    let directory = try TemporaryDirectory()
    let data = try data(directory)
    let model = directory.file("m.safetensors")
    let trained = try train(data, to: model, "--tasks", "size", "--layers", "16,20,3")
    #expect(trained.ending == .exited(0), "\(trained.stderr)")
    #expect(try accuracies(trained.json()).keys.sorted() == ["size"])
    let network = try ModelFile(contentsOf: model).network
    #expect(network.branches.map(\.name) == ["output"] && network.branches[0].task == "size")
    let evaluated = try Program.run("evaluate", model, "--data", data)
    #expect(evaluated.ending == .exited(0) && evaluated.stderr == "", "\(evaluated.stderr)")
  }

  @Test("several label columns of a CSV file are tasks, found again by the same option")
  func csv() throws {
    let directory = try TemporaryDirectory()
    let rows = (0..<60).map { "\($0 % 4),\(Double($0 % 4)),\($0 % 2),\($0 % 3 == 0 ? "a" : "b")" }
    let data = try directory.write(
      Array((["w,x,parity,kind"] + rows).joined(separator: "\n").utf8), "t.csv")
    let model = directory.file("m.safetensors")
    let csv = ["--dataset", "csv", "--data", data]
    let outcome = try Program.start(
      ["train", "--epochs", "1", "--layers", "2,4,2", "--output", model] + csv
        + ["--label-columns", "parity,3"]
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    #expect(outcome.stdout.contains("test accuracy parity "))
    let file = try ModelFile(contentsOf: model)
    #expect(file.data.classNames == ["parity": ["0", "1"], "kind": ["a", "b"]])
    let missing = try Program.run(
      "evaluate", model, "--dataset", "csv", "--data", data, "--label-column", "parity")
    expectFailure(missing, says: "column 4 ('kind')")
    let out = try Program.start(
      ["train", "--output", model] + csv + ["--label-columns", "parity,4"]
    ).finish()
    expectFailure(out, says: "no label column '4' among the 4 columns")
  }

  @Test(
    "what does not fit is refused",
    arguments: [
      (["--tasks", "digit,nose"], 1, "no task 'nose': the data have only: digit, size"),
      (["--tasks", "digit,digit"], 64, "names a task twice (digit,digit)"),
      (
        ["--tasks", "digit,size", "--task-weights", "1,1,1"], 64, "'--task-weights' lists 3 values"
      ),
      (["--task-weights", "1"], 1, "'--task-weights' lists 1 values for 2 tasks (digit, size)"),
      (["--task-layers", "4,4,4"], 1, "'--task-layers' lists 3 values for 2 tasks"),
      (["--task-density", "0.5"], 64, "name them with '--task-layers'"),
      (["--task-layers", "4", "--task-density", "2"], 64, "must be above 0, at most 1"),
      (["--tasks", "digit,size", "--task-weights", "1,nan"], 64, "weights are 0 or more"),
      (["--layers", "16,8,3"], 1, "the main task, 'digit', has 10 classes"),
      (["--from", "m", "--tasks", "size"], 64, "'--from' says what the network is"),
    ] as [([String], Int32, String)])
  func refused(arguments: [String], code: Int32, words: String) throws {
    let directory = try TemporaryDirectory()
    let outcome = try Program.start(
      [
        "train", "--dataset", "npz", "--data", try data(directory), "--output",
        directory.file("m.safetensors"),
      ] + arguments
    ).finish()
    expectFailure(outcome, code: code, says: words)
    #expect(try directory.names() == ["two.npz"])
  }

  @Test("tasks on data without labels are refused")
  func unlabeled() throws {
    let directory = try TemporaryDirectory()
    let x = TinyData.npy("|u1", [2, 2], [1, 2, 3, 4])
    let data = try directory.write(
      TinyData.zip([("xtr.npy", x), ("xte.npy", x)]), "unlabeled.npz")
    let outcome = try Program.run(
      "train", "--dataset", "npz", "--data", data, "--tasks", "left", "--output",
      directory.file("m.safetensors"))
    expectFailure(outcome, says: "has no array 'ytr'")
  }
}

private func contents(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}
