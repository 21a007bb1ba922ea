import Foundation
import SparseCore
import SparseLayers
import Testing

/// Runs that end before their time, and what they leave.
@Suite("Stopped runs", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
final class StoppedRunTests {
  private let data: TemporaryDirectory
  private let arguments: [String]

  init() throws {
    data = try TemporaryDirectory()
    try TinyData.write(to: data.path)
    arguments = [
      "train", "--dataset", "mnist", "--data", data.path, "--layers", "16,40,20,10", "--density",
      "0.5", "--dropout", "0.2", "--batch-norm", "--batch-size", "4", "--threads", "1",
    ]
  }

  /// Enough epochs, of a few milliseconds each, for a signal to come long before the end.
  private let long = ["--epochs", "500"]
  /// Epochs that a process killed within 150 ms may or may not finish.
  private let short = ["--epochs", "60"]

  /// The model of a run that nothing stopped.
  private func uninterrupted(_ epochs: [String]) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    let model = directory.file("model")
    let outcome = try Program.start(arguments + epochs + ["--output", model]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return try bytes(of: model)
  }

  @Test("Ctrl-C writes a checkpoint, and the resumed run ends with the same bytes")
  func interrupted() throws {
    let directory = try TemporaryDirectory()
    let (model, metrics) = (directory.file("model"), directory.file("metrics"))
    let run = arguments + long + ["--output", model, "--metrics", metrics]
    let first = try Program.start(run)
    let sawEpoch = try first.wait {
      try FileManager.default.fileExists(atPath: metrics) && !bytes(of: metrics).isEmpty
    }
    first.send(SIGINT)
    let outcome = try first.finish()
    try #require(sawEpoch && outcome.ending == .exited(1), "\(outcome.stderr)")
    #expect(outcome.stderr.split(separator: "\n").last?.contains("--resume goes on there") == true)
    #expect(try directory.names() == ["metrics", "model.checkpoint"])
    let position = try Checkpoint(contentsOf: model + ".checkpoint").state.position
    #expect((1..<500).contains(position.epoch))

    let second = try Program.start(run + ["--resume"]).finish()
    #expect(second.ending == .exited(0), "\(second.stderr)")
    #expect(try bytes(of: model) == uninterrupted(long))
    #expect(try directory.names() == ["metrics", "model"])
  }

  @Test("kill -9 at any moment leaves whole files, and the resumed run ends with the same bytes")
  func killed() throws {
    let directory = try TemporaryDirectory()
    let model = directory.file("model")
    let previous = try { () throws -> [UInt8] in
      // An earlier model of the same name stays until the new one is complete.
      let outcome = try Program.start(
        arguments + ["--output", model, "--seed", "7", "--epochs", "1"]
      ).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
      return try bytes(of: model)
    }()
    let expected = try uninterrupted(short)
    var stream = RandomStream(seed: 12, purpose: "moments to kill at")
    for _ in 0..<12 {
      let run = try Program.start(arguments + short + ["--output", model, "--resume"])
      usleep(UInt32(stream.next() % 150_000))
      run.send(SIGKILL)
      let ending = try run.finish().ending
      let now = try bytes(of: model)
      if ending == .exited(0) || now == expected {
        #expect(now == expected)
      } else {
        #expect(ending == .killed(signal: SIGKILL))
        #expect(now == previous)
      }
      if FileManager.default.fileExists(atPath: model + ".checkpoint") {
        _ = try Checkpoint(contentsOf: model + ".checkpoint")
      }
    }
    let last = try Program.start(arguments + short + ["--output", model, "--resume"]).finish()
    #expect(last.ending == .exited(0), "\(last.stderr)")
    #expect(try bytes(of: model) == expected)
    #expect(!FileManager.default.fileExists(atPath: model + ".checkpoint"))
  }

  @Test("a checkpoint of another run is refused and kept")
  func otherRun() throws {
    let directory = try TemporaryDirectory()
    let model = directory.file("model")
    let first = try Program.start(arguments + long + ["--output", model])
    #expect(try first.wait { FileManager.default.fileExists(atPath: model + ".checkpoint") })
    first.send(SIGINT)
    #expect(try first.finish().ending == .exited(1))
    let checkpoint = try bytes(of: model + ".checkpoint")
    for change in [["--seed", "1"], ["--learning-rate", "0.1"], ["--epochs", "501"]] {
      let outcome = try Program.start(
        arguments + long + ["--output", model, "--resume"] + change
      ).finish()
      expectFailure(
        outcome, says: "model.checkpoint", "another run", "--output",
        "became \(change.joined(separator: "="))")
    }
    // As many images of the same shape, but others.
    let others = try TemporaryDirectory()
    try TinyData.write(
      to: others.path, replacing: "train-images-idx3-ubyte",
      with: TinyData.idx([TinyData.training, 4, 4], TinyData.pixels(TinyData.training, seed: 3)))
    let elsewhere = arguments.map { $0 == data.path ? others.path : $0 }
    let outcome = try Program.start(elsewhere + long + ["--output", model, "--resume"]).finish()
    expectFailure(outcome, says: "model.checkpoint", "its data differ")
    #expect(try bytes(of: model + ".checkpoint") == checkpoint)
  }

  @Test("a loss that is not finite ends the run and keeps the last good checkpoint")
  func diverged() throws {
    let directory = try TemporaryDirectory()
    let model = directory.file("model")
    let outcome = try Program.start(
      arguments + [
        "--output", model, "--optimizer", "sgd", "--learning-rate", "1e30", "--json",
      ]
    ).finish()
    #expect(outcome.ending == .exited(1))
    #expect(outcome.stdout == "")
    let errors = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
    #expect(errors.count == 1 && errors[0].contains("Lower the learning rate"))
    #expect(try directory.names() == ["model.checkpoint"])
    let kept = try Checkpoint(contentsOf: model + ".checkpoint")
    let values = kept.model.network.junctions.flatMap { $0.layer.parameters.flatMap(\.values) }
    #expect(!values.isEmpty && values.allSatisfy(\.isFinite))
  }
}
