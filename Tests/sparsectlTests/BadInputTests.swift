import Foundation
import Testing

/// Files and options that a person may well get wrong: each ends in one message, never in a trap.
@Suite("Bad input", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct BadInputTests {
  private static let tiny = ["--layers", "16,20,10", "--epochs", "2", "--threads", "1"]

  private func train(
    _ directory: borrowing TemporaryDirectory, _ source: String, _ data: String,
    _ more: [String] = []
  ) throws -> Program.Outcome {
    try Program.start(
      ["train", "--dataset", source, "--data", data, "--output", directory.file("model")]
        + Self.tiny + more
    ).finish()
  }

  /// One of the four IDX files, what becomes of it, and what the message must say.
  struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let message: String
    /// The new contents; nil for no file.
    let change: @Sendable ([UInt8]) -> [UInt8]?

    init(
      _ name: String, _ file: String = "train-images-idx3-ubyte", says message: String,
      _ change: @escaping @Sendable ([UInt8]) -> [UInt8]?
    ) {
      testDescription = name
      self.file = file
      self.message = message
      self.change = change
    }

    static let all = [
      Damage("missing", says: "has no train-images") { _ in nil },
      Damage("truncated", says: "promises 60×4×4") { $0.dropLast() },
      Damage("a byte too long", says: "promises 60×4×4") { $0 + [0] },
      Damage("empty", says: "too few") { _ in [] },
      Damage("integers", says: "begins with 00 00 0c 03") { [0, 0, 12] + $0.dropFirst(3) },
      Damage("overflowing sizes", says: "elements") { bytes in
        bytes.prefix(4) + Array(repeating: 255, count: 12)
      },
      Damage("promises 4 GB", says: "but it holds") { _ in
        TinyData.idx([Int(UInt32.max), 1, 1], [1, 2, 3])
      },
      Damage("truncated gzip", says: "gzip data are incomplete") {
        TinyData.gzip($0).dropLast(9)
      },
      Damage("bit-flipped gzip", says: "gzip data are damaged") { bytes in
        var gzip = TinyData.gzip(bytes)
        gzip[300] ^= 4
        return gzip
      },
      Damage("label out of range", "train-labels-idx1-ubyte", says: "label 59 is 10") {
        $0.dropLast() + [10]
      },
      Damage("fewer labels than images", "train-labels-idx1-ubyte", says: "59 labels") {
        TinyData.idx([59], Array($0.suffix(59)))
      },
      Damage("other image size", "t10k-images-idx3-ubyte", says: "differ") { _ in
        TinyData.idx([20, 2, 2], [UInt8](repeating: 1, count: 80))
      },
    ]
  }

  @Test("an IDX file that is missing, damaged or not what it should be", arguments: Damage.all)
  func idx(damage: Damage) throws {
    let directory = try TemporaryDirectory()
    let data = try directory.directory("data")
    let bytes = try #require(TinyData.idxFiles[damage.file])
    try TinyData.write(to: data, replacing: damage.file, with: damage.change(bytes))
    expectFailure(try train(directory, "mnist", data), says: damage.message, data)
    #expect(try directory.names() == ["data"])
  }

  @Test("an NPZ file that is missing, damaged, or holds what cannot be learnt")
  func npz() throws {
    let directory = try TemporaryDirectory()
    let whole = TinyData.npz()
    var samples = TinyData.floats(TinyData.training, seed: 1)
    samples[17] = .nan
    var flipped = whole
    flipped[400] ^= 1
    var labels = TinyData.labels(TinyData.training)
    labels[0] = 200
    let cases: [(String, [UInt8], String)] = [
      ("truncated", whole.dropLast(40), "ZIP"), ("empty", [], "ZIP"),
      ("flipped", flipped, "xtr"),
      ("nan", TinyData.npz(samples: samples), "row 1, column 1 is nan"),
      ("labels", TinyData.npz(labels: labels), "have 201 classes"),
      ("other", TinyData.zip([("a.npy", TinyData.npy([1], [1]))]), "has no array"),
      (
        "huge",
        TinyData.zip([("ytr.npy", TinyData.npy("<f4", [1 << 40, 1 << 20], []))]), "ytr"
      ),
    ]
    for (name, bytes, words) in cases {
      let file = try directory.write(bytes, "\(name).npz")
      expectFailure(try train(directory, "npz", file), says: words, file)
    }
    expectFailure(try train(directory, "npz", directory.file("no.npz")), says: "No such file")
    #expect(try directory.names() == cases.map { "\($0.0).npz" }.sorted())
  }

  @Test(
    "a CSV file whose text cannot be samples",
    arguments: [
      ("", "is empty"), ("a,b,label\n", "no samples"), ("1,2,0\n3,1\n", "line 2"),
      ("1,nan,0\n1,2,1\n", "line 1, column 2"), ("1,2,0\n1,x,1\n", "line 2, column 2"),
      ("1,\"2,0\n", "quote"), ("1,2,99999999\n1,2,0\n", "too large"), ("1,1e99,0\n1,2,1\n", "1e99"),
    ])
  func csv(text: String, words: String) throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Array(text.utf8), "data.csv")
    expectFailure(try train(directory, "csv", file), says: words, file)
    #expect(try directory.names() == ["data.csv"])
  }

  @Test("networks that do not fit the data")
  func shapes() throws {
    let directory = try TemporaryDirectory()
    let data = try directory.directory("data")
    try TinyData.write(to: data)
    func train(_ options: String...) throws -> Program.Outcome {
      try Program.start(
        ["train", "--dataset", "mnist", "--data", data, "--output", directory.file("m")] + options
      ).finish()
    }
    expectFailure(try train("--layers", "17,10"), says: "starts with 17", "16 features")
    expectFailure(try train("--layers", "16,9"), says: "ends with 9", "10 classes")
    expectFailure(try train("--pad-input", "15"), says: "16 features already")
    expectFailure(try train("--out-degrees", "3,3,3"), says: "Nearest admissible")
    #expect(try directory.names() == ["data"])
  }

  @Test("an output that cannot be written fails before anything is read or trained")
  func unwritableOutput() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write([1], "file")
    for output in [directory.file("no/model"), directory.path, directory.file("file/model")] {
      let outcome = try Program.run(
        "train", "--dataset", "mnist", "--data", "/nowhere", "--output", output)
      expectFailure(outcome, says: output)
    }
    try TinyData.write(to: directory.path)
    let outcome = try train(
      directory, "mnist", directory.path, ["--metrics", directory.file("no/metrics")])
    expectFailure(outcome, says: "no/metrics")
    #expect(try directory.names() == (Array(TinyData.idxFiles.keys) + ["file"]).sorted())
  }

  @Test("samples that a model cannot take")
  func samples() throws {
    let directory = try TemporaryDirectory()
    let npz = try directory.write(TinyData.npz(), "data.npz")
    #expect(try train(directory, "npz", npz).ending == .exited(0))
    let model = directory.file("model")
    func predict(_ bytes: [UInt8], _ more: String...) throws -> Program.Outcome {
      let file = try directory.write(bytes, "samples")
      return try Program.start(["predict", model, file] + more).finish()
    }
    let row = [Float](repeating: 0, count: 16)
    let twenty = TinyData.idx([1, 4, 5], [UInt8](repeating: 0, count: 20))
    let twoArrays = TinyData.zip([
      ("a.npy", TinyData.npy([1, 16], row)), ("b.npy", TinyData.npy([1, 16], row)),
    ])
    expectFailure(try predict([]), says: "is empty")
    expectFailure(try predict(twenty), says: "20 features", "samples of 16")
    expectFailure(try predict(TinyData.npy([1, 16], row), "--rows", "0-1"), says: "row 1", "are 1")
    expectFailure(try predict(TinyData.npy([1, 16], row), "--array", "a"), says: "no NPZ")
    expectFailure(try predict(twoArrays), says: "'a', 'b'")
    expectFailure(try predict(TinyData.npy([1, 16], row).dropLast()), says: "64 bytes")
    expectFailure(try predict(TinyData.npy([1, 16], row) + [0]), says: "more follow")
    expectFailure(try predict(TinyData.npy([1 << 40, 16], row)), says: "promises")
    expectFailure(try predict(TinyData.npy("|S0", [1 << 60], [])), says: "'|S0'")
    let nan = row.dropLast() + [.nan]
    expectFailure(try predict(TinyData.npy([1, 16], Array(nan))), says: "column 15 is nan")
    let large = [Float](repeating: .greatestFiniteMagnitude, count: 16)
    expectFailure(try predict(TinyData.npy([1, 16], large)), says: "not finite")
  }

  @Test("models and checkpoints that are missing, cut, or changed in any place")
  func models() throws {
    let directory = try TemporaryDirectory()
    let npz = try directory.write(TinyData.npz(), "data.npz")
    #expect(try train(directory, "npz", npz, ["--density", "0.5"]).ending == .exited(0))
    let model = try bytes(of: directory.file("model"))
    expectFailure(try Program.run("measure", directory.file("no")), says: "No such file")
    let long = TinyData.little(1 << 40, 8) + model.dropFirst(8)
    let cases = [[], Array(model.prefix(4)), model.dropLast(), model + [0], long]
    for bytes in cases {
      let file = try directory.write(bytes, "damaged")
      for command in ["measure", "evaluate"] {
        expectFailure(try Program.run(command, file), says: file)
      }
      _ = try directory.write(bytes, "run.checkpoint")
      let resumed = try Program.start(
        ["train", "--dataset", "npz", "--data", npz, "--output", directory.file("run"), "--resume"]
          + Self.tiny
      ).finish()
      expectFailure(resumed, says: "run.checkpoint")
      #expect(
        try Data(bytes) == Data(contentsOf: URL(fileURLWithPath: directory.file("run.checkpoint"))))
    }
    // A model is no checkpoint.
    _ = try directory.write(model, "run.checkpoint")
    let resumed = try Program.start(
      ["train", "--dataset", "npz", "--data", npz, "--output", directory.file("run"), "--resume"]
        + Self.tiny
    ).finish()
    expectFailure(resumed, says: "run.checkpoint")
    try flips(of: model, in: directory)
  }

  /// One bit changed: what the header or a pattern's digest covers is refused; a changed weight may
  /// be a number as good as any.
  private func flips(of model: [UInt8], in directory: borrowing TemporaryDirectory) throws {
    var refused = 0
    for place in stride(from: 3, to: model.count, by: model.count / 24) {
      var flipped = model
      flipped[place] ^= 0x10
      let outcome = try Program.run(
        "measure", try directory.write(flipped, "flipped"), "--no-timing")
      if outcome.ending == .exited(0) { continue }
      expectFailure(outcome, says: "flipped")
      refused += 1
    }
    #expect(refused >= 8)
  }

  @Test("stdout on a full disk is an error; a closed pipe ends quietly")
  func streams() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let arguments = ["measure", "--layers", "20,10", "--no-timing"]
    expectFailure(try Program.start(arguments, stdout: full).finish(), says: "/dev/stdout")
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let outcome = try Program.start(arguments, stdout: pipe.fileHandleForWriting).finish()
    #expect(outcome.ending == .exited(1))
    #expect(outcome.stderr == "")
  }
}
