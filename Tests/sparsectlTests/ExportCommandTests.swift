import Foundation
import SparseLayers
import Testing

/// The program on data of a few dozen samples; what the files compute is tested with onnxruntime, in
/// Tests/Conformance.
@Suite("export", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct ExportCommandTests {
  private func train(_ directory: borrowing TemporaryDirectory) throws -> String {
    try TinyData.write(to: directory.path)
    let model = directory.file("model.safetensors")
    let outcome = try Program.start(
      [
        "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,12,10",
        "--density", "0.25", "--epochs", "1", "--exits", "1", "--threads", "1", "--output", model,
      ]
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return model
  }

  private func export(_ arguments: String...) throws -> [String: Any] {
    let outcome = try Program.start(["export"] + arguments + ["--json"]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return try outcome.json()
  }

  private func names(_ report: [String: Any], _ key: String) throws -> [String] {
    let values = try #require(report[key] as? [[String: Any]])
    return values.compactMap { $0["name"] as? String }
  }

  @Test("a whole model, and a part cut from it or from a file of 'split', are written and reported")
  func wholeAndParts() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let file = directory.file("m.onnx")
    let whole = try export(model, "--format", "onnx", "--output", file)
    #expect(whole["format"] as? String == "onnx" && whole["file"] as? String == file)
    #expect(whole["weights"] as? String == "dense" && whole["opset"] as? Int == 17)
    #expect(try whole["file_bytes"] as? Int == bytes(of: file).count)
    #expect(try names(whole, "inputs") == ["input"])
    #expect(try names(whole, "outputs") == ["exit1", "output"])
    let sparse = try export(model, "--weights", "sparse", "--output", directory.file("s.onnx"))
    let counts = try #require(sparse["weight_bytes"] as? [String: Int])
    #expect(try #require(counts["sparse"]) < #require(counts["dense"]))

    let parts = ["edge", "remote"].map { ($0, directory.file("\($0).safetensors")) }
    try Program.run("split", model, "--at", "1", "--edge", parts[0].1, "--remote", parts[1].1)
    let outputs = [["exit1", "boundary"], ["output"]]
    for ((part, path), expected) in zip(parts, outputs) {
      let (cut, split) = (directory.file("cut.onnx"), directory.file("split.onnx"))
      let report = try export(model, "--split", "1", "--part", part, "--output", cut)
      #expect(try names(report, "outputs") == expected)
      _ = try export(path, "--output", split)
      #expect(try bytes(of: cut) == bytes(of: split))
    }
    let text = try Program.run("export", model, "--output", file)
    #expect(text.ending == .exited(0), "\(text.stderr)")
    #expect(text.stdout.contains("input [N, 16] → exit1 [N, 10], output [N, 10]"))
  }

  @Test("wrong usage and what cannot be cut leave a file as it was")
  func failures() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let file = try directory.write([1, 2, 3], "kept.onnx")
    expectFailure(
      try Program.run("export", model, "--output", file, "--split", "1"), code: 64,
      says: "'--split' and '--part' belong together")
    expectFailure(
      try Program.run("export", model, "--output", file, "--split", "-1", "--part", "edge"),
      code: 64, says: "--split")
    let link = directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: model)
    for same in [model, link, "\(directory.path)/./model.safetensors"] {
      expectFailure(
        try Program.run("export", model, "--output", same), code: 64, says: "the model itself")
    }
    expectFailure(
      try Program.run("export", model, "--output", file, "--format", "pmml"), code: 64,
      says: "onnx")
    expectFailure(
      try Program.run("export", model, "--output", file, "--split", "9", "--part", "edge"),
      says: "after 9 hidden layers", "from 0 to 2")
    expectFailure(try Program.run("export", file, "--output", directory.file("o")), says: "kept")
    #expect(try bytes(of: file) == [1, 2, 3])
    #expect(try directory.names().filter { $0.contains("onnx") } == ["kept.onnx"])
  }
}
