import ArgumentParser
import Testing

@testable import sparsectl

@Suite("bench")
struct BenchTests {
  @Test(
    "wrong usage is refused with the value that is wrong",
    arguments: [
      ("--shape 0x5", "invalid for '--shape"),
      ("--shape 10", "invalid for '--shape"),
      ("--shape 10x5x2", "invalid for '--shape"),
      ("--density 0", "but is 0.0"),
      ("--density nan", "but is nan"),
      ("--batch-size 0", "but is 0"),
      ("--batch-size 65536 --shape 60000x60000", "activations"),
      ("--threads 0", "1...1024"),
      ("--seconds 0", "above 0"),
      ("--seconds nan", "but is nan"),
      ("--backend gpu", "no backend 'gpu'"),
      ("--pattern nonsense", "structured, balanced"),
    ])
  func wrongUsage(options: String, words: String) {
    let arguments = ["bench"] + options.split(separator: " ").map(String.init)
    let error = #expect(throws: (any Error).self) { try Sparsectl.parseAsRoot(arguments) }
    #expect(error.map { Sparsectl.exitCode(for: $0) } == .validationFailure)
    #expect(error.map { Sparsectl.message(for: $0).contains(words) } == true, "\(options)")
  }

  @Test(
    "every product and backend has its time, rate and share in the report",
    .enabled(if: Program.isBuilt))
  func report() throws {
    let outcome = try Program.run(
      "bench", "--shape", "64x32", "--density", "0.25", "--batch-size", "8", "--backend",
      "suitesparse,auto", "--seconds", "0.01", "--json")
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let report = try outcome.json()
    #expect(report["cpu"] is String)
    let peak = try #require(report["peak_gflops"] as? Double)
    #expect(peak > 0)
    let products = try #require(report["products"] as? [[String: Any]])
    #expect(products.count == 6)
    for row in products {
      #expect(["forward", "input_gradient", "weight_gradient"].contains(row["product"] as? String))
      #expect(["suitesparse", "auto"].contains(row["backend"] as? String))
      let milliseconds = try #require(row["milliseconds"] as? Double)
      let gflops = try #require(row["gflops"] as? Double)
      #expect(milliseconds > 0)
      // 2 · edges · samples operations.
      let expected = 2 * 512.0 * 8 / milliseconds / 1e6
      #expect(abs(gflops - expected) < 1e-9 * expected)
    }
  }
}
