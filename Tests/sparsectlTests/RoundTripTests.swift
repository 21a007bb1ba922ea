import Foundation
import SparseLayers
import Testing

/// The program on data of a few dozen samples, from training to prediction.
@Suite(
  "train, evaluate, measure, predict",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct RoundTripTests {
  let options = [
    "--layers", "16,20,10", "--density", "0.5", "--epochs", "12", "--batch-size", "8",
    "--learning-rate", "0.02", "--validation-fraction", "0.2", "--threads", "1",
  ]

  private func train(
    _ directory: borrowing TemporaryDirectory, _ more: [String]
  ) throws
    -> Program.Outcome
  {
    try Program.start(
      ["train"] + options + ["--output", directory.file("model.safetensors")] + more
    ).finish()
  }

  @Test("a network learns, and every command says the same of it")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let data = try directory.directory("data")
    try TinyData.write(to: data)
    let model = directory.file("model.safetensors")
    let metrics = directory.file("metrics.jsonl")
    let trained = try train(
      directory, ["--dataset", "mnist", "--data", data, "--json", "--metrics", metrics])
    #expect(trained.ending == .exited(0), "\(trained.stderr)")
    let summary = try trained.json()
    let accuracy = try #require(summary["test_accuracy"] as? Double)
    #expect(accuracy > 0.8)
    #expect(summary["weights"] as? Int == 360)
    #expect(abs((summary["density"] as? Double ?? 0) - 360.0 / 520) < 1e-12)
    #expect((summary["train_seconds"] as? Double ?? 0) > 0)
    #expect((summary["seconds_per_epoch"] as? Double ?? 0) > 0)
    #expect((summary["backend"] as? String)?.isEmpty == false)
    #expect(!trained.stderr.contains("\u{1B}"), "no progress line where stderr is no terminal")
    #expect(try directory.names() == ["data", "metrics.jsonl", "model.safetensors"])

    let evaluated = try Program.run("evaluate", model, "--data", data, "--json").json()
    #expect(evaluated["accuracy"] as? Double == accuracy)
    #expect(evaluated["samples"] as? Int == TinyData.test)
    #expect(evaluated["expected_macs"] as? Double == 360)
    let exits = try #require(evaluated["exits"] as? [[String: Any]])
    #expect(exits.count == 1)
    #expect(Set(exits[0].keys).isSuperset(of: ["exit", "share", "accuracy", "macs"]))

    let images = "\(data)/t10k-images-idx3-ubyte"
    let predicted = try Program.run("predict", model, images, "--json").json()
    let predictions = try #require(predicted["predictions"] as? [[String: Any]])
    #expect(predictions.count == TinyData.test)
    var correct = 0
    for (row, prediction) in predictions.enumerated() {
      #expect(prediction["row"] as? Int == row)
      let probabilities = try #require(prediction["probabilities"] as? [Double])
      #expect(probabilities.count == 10)
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
      #expect(prediction["probability"] as? Double == probabilities.max())
      let chosen = try #require(prediction["class"] as? Int)
      #expect(prediction["name"] as? String == "\(chosen)")
      if chosen == row % 10 { correct += 1 }
    }
    #expect(Double(correct) / Double(TinyData.test) == accuracy)
    try checkMetrics(metrics, epochs: 12)
  }

  private func checkMetrics(_ path: String, epochs: Int) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == epochs)
    for (index, line) in lines.enumerated() {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(
        Set(object.keys) == [
          "epoch", "learning_rate", "seconds", "samples_per_second", "train_loss", "train_accuracy",
          "validation_loss", "validation_accuracy",
        ])
      #expect(object["epoch"] as? Int == index + 1)
    }
  }

  @Test("text shows the network before the run and the table beside the dense network after it")
  func text() throws {
    let directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    let outcome = try train(directory, ["--dataset", "mnist", "--data", directory.path])
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    for text in ["16→20", "in-degree", "test accuracy", "360", "520", "model: "] {
      #expect(outcome.stdout.contains(text), "\(outcome.stdout)")
    }
    #expect(outcome.stderr.contains("epoch 12/12"))
  }

  @Test("NPZ, NPY, CSV and gzip hold the same samples, so that predictions agree")
  func formats() throws {
    let directory = try TemporaryDirectory()
    let npz = try directory.write(TinyData.npz(), "data.npz")
    let trained = try train(directory, ["--dataset", "npz", "--data", npz])
    #expect(trained.ending == .exited(0), "\(trained.stderr)")
    let (pixels, floats) = (
      TinyData.pixels(TinyData.test, seed: 2), TinyData.floats(TinyData.test, seed: 2)
    )
    let shape = [TinyData.test, TinyData.features]
    let labeled = TinyData.csv(TinyData.test, seed: 2, labeled: true)
    let unlabeled = TinyData.csv(TinyData.test, seed: 2, labeled: false)
    let headless = unlabeled.drop { $0 != "\n" }.dropFirst()
    let idx = TinyData.idx([TinyData.test, 4, 4], pixels)
    let files = [
      npz,
      try directory.write(TinyData.npy(shape, floats), "x.npy"),
      try directory.write(TinyData.npy("|u1", shape, pixels), "bytes.npy"),
      try directory.write(TinyData.gzip(TinyData.npy(shape, floats)), "x.npy.gz"),
      try directory.write(TinyData.zip([("any.npy", TinyData.npy(shape, floats))]), "one.npz"),
      try directory.write(Array(labeled.utf8), "labeled.csv"),
      try directory.write(Array(unlabeled.utf8), "unlabeled.csv"),
      try directory.write(Array(headless.utf8), "headless.csv"),
      try directory.write(idx, "images"),
      try directory.write(TinyData.gzip(idx), "images.gz"),
      try directory.write(TinyData.idx(shape, pixels), "rows"),
    ]
    let model = directory.file("model.safetensors")
    let outputs = try files.map { try Program.run("predict", model, $0, "--format", "csv") }
    for (file, output) in zip(files, outputs) {
      #expect(output.ending == .exited(0), "\(output.stderr)")
      #expect(output.stdout == outputs[0].stdout, "\(file)")
    }
    #expect(outputs[0].stdout.split(separator: "\n").count == TinyData.test + 1)
    let some = try Program.run("predict", model, npz, "--rows", "7,2-3", "--top", "2", "--json")
    let predictions = try #require(try some.json()["predictions"] as? [[String: Any]])
    #expect(predictions.map { $0["row"] as? Int } == [7, 2, 3])
    #expect(predictions.allSatisfy { ($0["top"] as? [Any])?.count == 2 })
  }

  @Test("CSV data train and evaluate with a label column by name")
  func csv() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(
      Array(TinyData.csv(60, seed: 1, labeled: true).utf8), "data.csv")
    let data = ["--dataset", "csv", "--data", file, "--label-column", "label"]
    let trained = try train(directory, data + ["--json"])
    #expect(trained.ending == .exited(0), "\(trained.stderr)")
    let model = directory.file("model.safetensors")
    let evaluated = try Program.start(["evaluate", model, "--json"] + data).finish().json()
    #expect(
      try evaluated["accuracy"] as? Double == trained.json()["test_accuracy"] as? Double)
  }
}
