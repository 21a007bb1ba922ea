import Foundation
import SparseCore
import Testing

@testable import sparsectl

/// The variable `SPARSE_KERNELS` as people set it, and what the program tells of its engines.
@Suite(
  "SPARSE_KERNELS", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct KernelChoiceTests {
  static let available = ["avx512", "avx2", "neon", "plain"].filter { KernelSet.named($0) != nil }

  private func train(
    _ directory: borrowing TemporaryDirectory, kernels: String, backend: String = "auto"
  ) throws -> Program.Outcome {
    let data = directory.file("data")
    if !FileManager.default.fileExists(atPath: data) {
      try TinyData.write(to: try directory.directory("data"))
    }
    return try Program.start(
      [
        "train", "--dataset", "mnist", "--data", data, "--layers", "16,20,10", "--density", "0.5",
        "--epochs", "2", "--batch-size", "8", "--learning-rate", "0.02", "--threads", "1",
        "--backend", backend, "--output", directory.file("model.safetensors"),
        "--metrics", directory.file("\(kernels).jsonl"),
      ], environment: ["SPARSE_KERNELS": kernels]
    ).finish()
  }

  @Test("chooses the kernels, and each learns the same up to rounding")
  func chooses() throws {
    let directory = try TemporaryDirectory()
    var losses: [Double] = []
    for kernels in Self.available {
      let outcome = try train(directory, kernels: kernels)
      #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
      #expect(outcome.stdout.contains("native (\(kernels))"), "\(outcome.stdout)")
      #expect(!outcome.stderr.contains("warning"))
      let lines = try String(contentsOfFile: directory.file("\(kernels).jsonl"), encoding: .utf8)
        .split(separator: "\n")
      let last = Data(try #require(lines.last).utf8)
      let epoch = try #require(try JSONSerialization.jsonObject(with: last) as? [String: Any])
      losses.append(try #require(epoch["train_loss"] as? Double))
    }
    let least = try #require(losses.min())
    #expect(try #require(losses.max()) - least < 1e-4 * least, "\(losses)")
  }

  @Test("set to nothing leaves the choice to the program")
  func empty() throws {
    let directory = try TemporaryDirectory()
    let outcome = try train(directory, kernels: "")
    let best = try #require(try? KernelSet.current.get()).name
    #expect(outcome.stdout.contains("native (\(best))"), "\(outcome.stdout)")
  }

  @Test(
    "naming kernels that there are none of ends the run with one message",
    arguments: ["sse9", "AVX2", "neon,avx2", " "], ["auto", "native", "suitesparse"])
  func unknown(kernels: String, backend: String) throws {
    let directory = try TemporaryDirectory()
    let outcome = try train(directory, kernels: kernels, backend: backend)
    expectFailure(outcome, says: "SPARSE_KERNELS is '\(kernels)'", "plain", "leave it unset")
    #expect(try directory.names() == ["data"])
  }
}

@Suite("What the engines have to tell") struct EngineWarningTests {
  @Test("is a line per junction that has something to tell")
  func lines() throws {
    let pattern = try PatternRecipe(
      family: .full, inputs: 2, outputs: 2, edges: 4, seed: 0, junction: 0
    ).makePattern()
    let plans: [any JunctionPlan] = [
      NativePlan(pattern, kernels: .plain),
      try SuiteSparsePlan(pattern, warning: "The kernels were refused."),
    ]
    #expect(
      Terminal.warnings(of: plans) == ["warning: junction 2: The kernels were refused."])
  }
}
