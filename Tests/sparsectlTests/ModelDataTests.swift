import Foundation
import SparseLayers
import Testing

/// The program on data that are, or are no longer, those that a model was trained on.
@Suite(
  "The data of a model",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct ModelDataTests {
  private static let network = [
    "--layers", "16,20,10", "--exits", "1", "--epochs", "4", "--batch-size", "8", "--threads", "1",
    "--validation-fraction", "0.4",
  ]

  @discardableResult
  private func run(_ arguments: [String]) throws -> Program.Outcome {
    let outcome = try Program.start(arguments).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return outcome
  }

  @Test("a file that has grown is told of where samples of the training would be tested")
  func grownFile() throws {
    let directory = try TemporaryDirectory()
    let text = TinyData.csv(100, seed: 1, labeled: true)
    let data = try directory.write(Array(text.utf8), "d.csv")
    let model = directory.file("model")
    let trained = try run(
      ["train", "--dataset", "csv", "--data", data, "--output", model] + Self.network)
    #expect(trained.stdout.contains("48 training, 32 validation and 20 test samples"))
    let commands = [
      ["evaluate", model], ["calibrate", model], ["online", model],
      ["online", model, "--part", "validation"], ["plan", model, "--link", "gigabit"],
    ].map { $0 + ["--data", data] }
    for command in commands {
      #expect(!(try run(command)).stderr.contains("trained on"), "\(command)")
    }

    let row = Array(repeating: "0.5", count: TinyData.features).joined(separator: ",")
    _ = try directory.write(Array("\(text)\(row),3\n".utf8), "d.csv")
    for command in commands {
      let notes = try run(command).stderr
      #expect(
        notes.contains("warning: \(data) has other training samples than \(model)"), "\(command)")
    }

    // Older models, and those of the library, do not tell.
    var file = try ModelFile(contentsOf: model)
    file.data.trainingSHA256 = nil
    try file.write(to: model)
    for command in commands {
      #expect(!(try run(command)).stderr.contains("trained on"), "\(command)")
    }
  }

  @Test("other training samples beside a test part are told of")
  func otherDirectory() throws {
    let directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    let model = directory.file("model")
    try run(
      ["train", "--dataset", "mnist", "--data", directory.path, "--output", model] + Self.network)
    #expect(
      !(try run(["evaluate", model, "--data", directory.path])).stderr.contains("trained on"))
    let others = try TemporaryDirectory()
    try TinyData.write(
      to: others.path, replacing: "train-images-idx3-ubyte",
      with: TinyData.idx([TinyData.training, 4, 4], TinyData.pixels(TinyData.training, seed: 3)))
    let evaluated = try run(["evaluate", model, "--data", others.path])
    #expect(evaluated.stderr.contains("warning: \(model) was trained on other samples (mnist)"))
    #expect(
      try run(["calibrate", model, "--data", others.path]).stderr.contains("no validation part"))
  }

  @Test("training that starts from a model takes the kind of its data, and tells of others")
  func fromModel() throws {
    let directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    let (model, next) = (directory.file("model"), directory.file("next"))
    try run(
      ["train", "--dataset", "mnist", "--data", directory.path, "--output", model] + Self.network)
    let again = ["train", "--from", model, "--epochs", "1", "--threads", "1", "--output", next]
    let same = try run(again + ["--data", directory.path])
    #expect(!same.stderr.contains("was trained"), "\(same.stderr)")
    let told = try run(["calibrate", next, "--data", directory.path]).stderr
    #expect(!told.contains("learnt"))
    let file = try ModelFile(contentsOf: next)
    #expect(file.data.dataset == "mnist")
    #expect(file.experiment?.contains("\ndataset: mnist\n") == true)

    let seed = try run(again + ["--data", directory.path, "--seed", "1"])
    #expect(seed.stderr.contains("has learnt some of the validation samples"))
    let more = try run(again + ["--data", directory.path, "--validation-fraction", "0.5"])
    #expect(more.stderr.contains("was trained with '--validation-fraction 0.4'"))
    // The model keeps it for those who ask it about its validation samples, and start from it.
    #expect(
      try run(["calibrate", next, "--data", directory.path]).stderr.contains("had learnt some"))
    let third = try run(
      ["train", "--from", next, "--data", directory.path, "--epochs", "1", "--validation-fraction"]
        + ["0.5", "--output", directory.file("third")])
    #expect(third.stderr.contains("\(next) was started from a model that has learnt some"))
    let npz = try directory.write(TinyData.npz(), "d.npz")
    let other = try run(again + ["--dataset", "npz", "--data", npz])
    #expect(other.stderr.contains("was trained on other samples (mnist)"))
    #expect(try ModelFile(contentsOf: next).data.dataset == "npz")
  }

  @Test("columns of labels are those of the training, and are named where they are missing")
  func labelColumns() throws {
    let directory = try TemporaryDirectory()
    let rows = (0..<60).map { "\($0 % 2),\($0 % 3),\(Double($0 % 7))" }
    let data = try directory.write(
      Array((["cls,u,v"] + rows).joined(separator: "\n").utf8), "d.csv")
    let model = directory.file("model")
    try run([
      "train", "--dataset", "csv", "--data", data, "--label-column", "cls", "--layers", "2,4,2",
      "--epochs", "1", "--output", model,
    ])
    try run(["evaluate", model, "--data", data])
    let labeled = try run(["predict", model, data]).stdout
    let bare = try directory.write(
      Array((["u,v"] + rows.map { String($0.dropFirst(2)) }).joined(separator: "\n").utf8), "b.csv")
    #expect(try run(["predict", model, bare]).stdout == labeled)
    expectFailure(
      try Program.run("evaluate", model, "--data", data, "--label-column", "u"),
      says: "the model answers 'cls'", "'--label-column'")
  }

  @Test("columns in another order are refused, and classes are found by their names")
  func names() throws {
    let directory = try TemporaryDirectory()
    // The class follows from the first column alone; of 'two', the middle one is left out.
    let colours = ["blue", "green", "red"]
    var (given, turned, two) = (["u,v,label"], ["v,u,label"], ["u,v,label"])
    for index in 0..<120 {
      let (u, v, colour) = ("\(index % 3 - 1).5", "0.\(index % 7)", colours[index % 3])
      given.append("\(u),\(v),\(colour)")
      turned.append("\(v),\(u),\(colour)")
      if colour != "green" { two.append("\(u),\(v),\(colour)") }
    }
    func csv(_ lines: [String], _ name: String) throws -> String {
      try directory.write(Array(lines.joined(separator: "\n").utf8), name)
    }
    let data = try csv(given, "d.csv")
    let model = directory.file("model")
    try run([
      "train", "--dataset", "csv", "--data", data, "--layers", "2,16,3", "--density", "1",
      "--learning-rate", "0.01", "--epochs", "40", "--batch-size", "8", "--threads", "1",
      "--output",
      model,
    ])
    func accuracy(_ path: String) throws -> Double? {
      try run(["evaluate", model, "--data", path, "--json"]).json()["accuracy"] as? Double
    }
    #expect(try accuracy(data) == 1)
    let other = try csv(turned, "turned.csv")
    for command in [["evaluate", model, "--data", other], ["predict", model, other]] {
      expectFailure(
        try Program.start(command).finish(), says: "feature 1 is 'v'", "trained with 'u'")
    }
    // Red is the second of these two, and the third of the model.
    #expect(try accuracy(try csv(two, "two.csv")) == 1)

    // A class that nobody knows moves all others, and may not even fit in.
    let strange = two.map { $0.replacing("red", with: "pink") }
    let same = given.map { $0.replacing("red", with: "pink") }
    for command in [
      ["evaluate", model], ["edge", model, "--remote", "http://127.0.0.1:9", "--split", "1"],
    ] {
      let outcome = try Program.start(command + ["--data", csv(strange, "strange.csv")]).finish()
      #expect(outcome.ending == .exited(1))
      #expect(outcome.stderr.contains("'pink' of") && outcome.stderr.contains("answers 3"))
    }
    let told = try run(["evaluate", model, "--data", csv(same, "same.csv")])
    #expect(told.stderr.contains("class 'pink' of") && told.stderr.contains("by their order"))
  }

  @Test("bytes in an NPZ file count as bytes")
  func storedBytes() throws {
    let directory = try TemporaryDirectory()
    func part(_ name: String, _ count: Int, seed: UInt64) -> [(name: String, bytes: [UInt8])] {
      [
        (
          "x\(name).npy",
          TinyData.npy("|u1", [count, TinyData.features], TinyData.pixels(count, seed: seed))
        ), ("y\(name).npy", TinyData.npy("|u1", [count], TinyData.labels(count))),
      ]
    }
    let archives = [
      (16, TinyData.zip(part("tr", 60, seed: 1) + part("te", 20, seed: 2))), (64, TinyData.npz()),
    ]
    for (size, bytes) in archives {
      let data = try directory.write(bytes, "d.npz")
      let model = directory.file("model")
      try run(["train", "--dataset", "npz", "--data", data, "--output", model] + Self.network)
      let report = try run(["split", model, "--at", "1", "--json"]).json()
      #expect(report["sample_bytes"] as? Int == size)
    }
  }

  @Test("what a command finds out as it runs names that command")
  func usage() throws {
    let directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    let model = directory.file("model")
    try run([
      "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,10", "--epochs", "1",
      "--output", model,
    ])
    for options in [["--threshold", "0.5"], ["--rule", "entropy"]] {
      expectFailure(
        try Program.start(["evaluate", model, "--data", directory.path] + options).finish(),
        code: 64, says: "'\(options[0])' is for models with exits", "Usage: sparsectl evaluate",
        "See 'sparsectl evaluate --help'")
    }
    expectFailure(
      try Program.run("plan", model, "--link", "gigabit", "--shares", "1"), code: 64,
      says: "See 'sparsectl plan --help'")
  }
}
