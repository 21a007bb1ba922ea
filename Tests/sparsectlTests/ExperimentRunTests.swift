import Foundation
import SparseLayers
import Testing

/// `--config` and `--print-config`, from the first file to the last model.
@Suite("train --config", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct ExperimentRunTests {
  /// A run on CSV data, whose options have lists, flags and numbers.
  private func options(_ directory: borrowing TemporaryDirectory) throws -> [String] {
    let data = try directory.write(Array(TinyData.csv(60, seed: 1, labeled: true).utf8), "d.csv")
    return [
      "train", "--dataset", "csv", "--data", data, "--label-column", "label", "--layers",
      "16,20,12,10", "--density", "0.5,0.25,1", "--pattern", "balanced", "--exits", "1,2",
      "--optimizer", "sgd", "--nesterov", "--batch-norm", "--dropout", "0.1", "--epochs", "3",
      "--batch-size", "8", "--validation-fraction", "0.4", "--seed", "3", "--threads", "1",
    ]
  }

  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    let outcome = try Program.start(arguments).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return outcome.stdout
  }

  @Test("trains the same bytes from what was printed, and from the model itself")
  func sameBytes() throws {
    let directory = try TemporaryDirectory()
    let options = try options(directory)
    let models = ["first", "printed", "kept", "other"].map { directory.file($0) }
    try run(options + ["--output", models[0]])
    let printed = try run(options + ["--output", "never", "--print-config"])
    #expect(printed.hasPrefix("# An experiment of sparsectl"))
    #expect(printed.contains("\nmomentum: 0.9\n") && printed.contains("\noutput: never\n"))
    let file = try directory.write(Array(printed.utf8), "e.yaml")
    #expect(try directory.names() == ["d.csv", "e.yaml", "first"], "nothing was trained")

    try run(["train", "--config", file, "--output", models[1]])
    try run(["train", "--config", models[0], "--output", models[2], "--threads", "2"])
    try run(["train", "--config", models[0], "--output", models[3], "--seed", "4"])
    let first = try bytes(of: models[0])
    #expect(try bytes(of: models[1]) == first)
    #expect(try bytes(of: models[2]) == first)
    #expect(try bytes(of: models[3]) != first)
  }

  @Test("finds the experiment in a model that was calibrated, converted or split")
  func kept() throws {
    let directory = try TemporaryDirectory()
    let options = try options(directory)
    let model = directory.file("m.safetensors")
    try run(options + ["--output", model, "--metrics", directory.file("log.jsonl")])
    let text = try #require(try ModelFile(contentsOf: model).experiment)
    for key in ["density: [0.5, 0.25, 1.0]", "nesterov: true", "storage: columns"] {
      #expect(text.contains("\n\(key)\n"), "\(text)")
    }
    for key in ["output", "metrics", "threads", "resume"] {
      #expect(!text.contains("\n\(key):"), "\(text)")
    }
    try run(["calibrate", model, "--data", directory.file("d.csv"), "--label-column", "label"])
    let converted = directory.file("c.safetensors")
    try run(["convert", model, "--storage", "recipe", "--output", converted])
    try run(["split", converted, "--at", "1"])
    for name in ["m", "c", "c-edge", "c-remote"] {
      let path = directory.file("\(name).safetensors")
      #expect(try ModelFile(contentsOf: path).experiment == text, "\(name)")
      let printed = try run(["train", "--config", path, "--print-config"])
      #expect(printed.hasPrefix(text), "\(name): \(printed)")
    }
  }

  @Test("refuses files that are missing, too large, of another kind, or without an experiment")
  func otherFiles() throws {
    let directory = try TemporaryDirectory()
    func train(_ bytes: [UInt8]) throws -> Program.Outcome {
      try Program.run("train", "--config", try directory.write(bytes, "e.yaml"))
    }
    expectFailure(try Program.run("train", "--config", directory.file("no")), says: "No such file")
    expectFailure(try Program.run("train", "--config", directory.path), says: "directory")
    expectFailure(try Program.run("train", "--config", "/dev/zero"), says: "/dev/zero")
    expectFailure(
      try train([UInt8](repeating: 0x20, count: 1 << 16 + 1)), says: "at most 65536", "e.yaml")
    expectFailure(try train([0x61, 0x3A, 0x20, 0xFF]), says: "UTF-8", "e.yaml")
    expectFailure(try train([0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 0, 0]), says: "e.yaml")
    // The beginning of a model, and no more of it.
    expectFailure(try train([2, 0, 0, 0, 0, 0, 0, 0, 0x7B]), says: "e.yaml", "header")
    let network = try NetworkRecipe(layerSizes: [4, 2], connectivity: .densest).makeNetwork()
    let model = directory.file("model")
    try ModelFile(network: network, data: DataDescription(untrained: network)).write(to: model)
    expectFailure(try Program.run("train", "--config", model), says: model, "YAML file")
  }

  @Test("ends with 64 for what is no option, and says where it stands")
  func wrongOptions() throws {
    let directory = try TemporaryDirectory()
    for (yaml, words) in [
      ("epochs: 3\npatern: full\n", "line 2: 'patern' is no option of 'train'. Did you mean"),
      ("epochs: 3\ndensity: 2\n", "line 2: '--density' must be above 0"),
      ("epochs: [3\n", "is no YAML"), (ExperimentRunTests.bomb, "aliases"),
    ] {
      let file = try directory.write(Array(yaml.utf8), "e.yaml")
      let outcome = try Program.run("train", "--config", file)
      expectFailure(outcome, code: 64, says: "Error: \(file)", words)
      #expect(outcome.stderr.contains("See 'sparsectl train --help'"))
    }
    #expect(try directory.names() == ["e.yaml"])
  }

  /// Aliases of aliases, as a key, which has to be compared.
  private static let bomb =
    "a0: &a0 [1]\n"
    + (1...20).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined() + "? *a20\n: 1\n"

  @Test("tells what gives way to the command line")
  func notes() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Array("schedule: step\nstep-epochs: 2\n".utf8), "e.yaml")
    let outcome = try Program.run(
      "train", "--config", file, "--schedule", "cosine", "--print-config")
    #expect(outcome.ending == .exited(0))
    #expect(
      outcome.stderr == "note: '--schedule' also takes the place of step-epochs in \(file).\n")
    #expect(outcome.stdout.contains("\nschedule: cosine\n"))
  }
}
