import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Estimated energy") struct EnergyModelTests {
  /// Whole numbers, and memories so small that this test's network lies on both sides.
  private static let model = EnergyModel(
    source: "by hand", multiplyPicojoules: 3, addPicojoules: 2,
    levels: [
      .init(name: "near", bytes: 100, picojoulesPerByte: 1),
      .init(name: "middle", bytes: 300, picojoulesPerByte: 10),
      .init(name: "far", bytes: nil, picojoulesPerByte: 100),
    ])

  /// 8→4→4 with out-degrees 1 and 2: 8 and 8 weights of 32 and 16.
  private func cost() throws -> NetworkCost {
    NetworkCost(
      try NetworkRecipe(layerSizes: [8, 4, 4], connectivity: .outDegrees([1, 2])).makeNetwork())
  }

  @Test("of inference adds up as by hand")
  func inference() throws {
    // Values, 16-bit columns and biases: 8·6 + 4·4 = 64 bytes each; 128 in all, which are in the
    // middle. The widest junction has 12 neurons, whose 48 bytes are near.
    let energy = NetworkEnergy(try cost(), by: Self.model, batchSize: 2)
    #expect(energy.inferenceLevel.name == "middle" && energy.activationLevel.name == "near")
    let first = energy.parts[0].inference
    #expect(first.arithmetic == 8 * 5)
    #expect(first.weights == 64 / 2 * 10)
    #expect(first.activations == (8 + 4) * 4 * 1)
    #expect(energy.total.inference.total == 2 * 408)
    // Dense: (32 + 4)·4 = 144 and (16 + 4)·4 = 80 bytes are still in the middle.
    let dense = NetworkEnergy(try cost(), isDense: true, by: Self.model)
    #expect(dense.inferenceLevel.name == "middle")
    // Arithmetic 32·5, weights 144·10, activations (32 + 4)·4; and 16·5, 80·10, (16 + 4)·4.
    #expect(dense.parts[0].inference.total == 160 + 1440 + 144)
    #expect(dense.parts[1].inference.total == 80 + 800 + 80)
  }

  @Test("of training adds up as by hand, without an input gradient of the data")
  func training() throws {
    // Beside the 128 bytes: gradient and two moments of 24 parameters, 288 bytes; far away.
    let energy = NetworkEnergy(try cost(), by: Self.model, trainingBatchSize: 4)
    #expect(energy.trainingLevel.name == "far")
    let (first, second) = (energy.parts[0].training, energy.parts[1].training)
    // Two products of 8 weights, and three.
    #expect(first.arithmetic == 16 * 5 && second.arithmetic == 24 * 5)
    // Forward 64; weight gradient: 16 of columns read, 48 written; update: 48 bytes read of value,
    // gradient and both moments, and written of all but the gradient.
    // Once per batch of 4 samples: 464 bytes, and as many and 64 more with the input gradient.
    #expect(first.weights == 464 * 100 / 4)
    #expect(second.weights == 528 * 100 / 4)
    #expect(first.activations == (16 + 4) * 4)
    #expect(second.activations == (24 + 4 + 4) * 4)
    let sgd = Optimizer(.sgd(momentum: 0.9, nesterov: false), learningRate: 0.1)
    let plain = NetworkEnergy(try cost(), by: Self.model, trainingBatchSize: 4, optimizer: sgd)
    // One moment less: 128 + 192 bytes.
    #expect(plain.trainingLevel.name == "far")
    #expect(plain.parts[0].training.weights == 368 * 100 / 4)
  }

  @Test("chooses the smallest memory that holds what is asked for")
  func levels() {
    let names = [0, 100, 101, 300, 301, .max].map { Self.model.level(holding: $0).name }
    #expect(names == ["near", "near", "middle", "middle", "far", "far"])
    let standard = EnergyModel.horowitz2014
    #expect(standard.levels.map(\.bytes) == [8192, 32768, 1_048_576, nil])
    #expect(standard.levels.map { 8 * $0.picojoulesPerByte } == [10, 20, 100, 1300])
  }

  @Test("can have its numbers from a file, in the form in which they are printed")
  func file() throws {
    let directory = try TemporaryDirectory()
    for model in [Self.model, .horowitz2014] {
      let path = directory.file("energy.json")
      try JSONEncoder().encode(model).write(to: URL(fileURLWithPath: path))
      #expect(try EnergyModel(contentsOf: path) == model)
    }
  }

  private static let far = #"{"name": "far", "pj_per_byte": 3}"#

  private static func text(
    source: String = "\"x\"", multiply: String = "1", add: String = "1", levels: String = "[\(far)]"
  ) -> String {
    #"{"source": \#(source), "multiply_pj": \#(multiply), "add_pj": \#(add), "levels": \#(levels)}"#
  }

  @Test(
    "refuses a file whose numbers cannot be, and says which",
    arguments: [
      ("", "is damaged"), ("[]", "another kind"), ("{", "is damaged"), ("{}", "lacks 'source'"),
      (text(multiply: "-1"), "'multiply_pj' is -1.0"), (text(add: "1e13"), "'add_pj' is"),
      (text(add: "1e999"), "'add_pj'"), (text(add: "null"), "'add_pj'"),
      (text(multiply: "\"3\""), "'multiply_pj'"), (text(source: "\"\""), "'source' is empty"),
      (text(levels: "[]"), "0 levels"), (text(levels: "3"), "'levels'"),
      (text(levels: "[\(Array(repeating: far, count: 33).joined(separator: ","))]"), "33 levels"),
      (text(levels: "[\(far),\(far)]"), "level 'far' lacks 'bytes'"),
      (text(levels: #"[{"name": "a", "bytes": 9, "pj_per_byte": 3}]"#), "level 'a' has 'bytes'"),
      (text(levels: #"[{"name": "a", "pj_per_byte": -3}]"#), "'levels.0.pj_per_byte' is -3.0"),
      (text(levels: #"[{"name": "", "pj_per_byte": 3}]"#), "'levels.0.name' is empty"),
      (text(levels: #"[{"pj_per_byte": 3}]"#), "'levels"),
      (
        text(levels: #"[{"name": "a", "bytes": 0, "pj_per_byte": 3}, \#(far)]"#),
        "'levels.0.bytes' is 0 after 0"
      ),
      (
        text(levels: #"[{"name": "a", "bytes": 1e30, "pj_per_byte": 3}, \#(far)]"#), "'levels"
      ),
      (
        text(
          levels: #"[{"name": "a", "bytes": 9, "pj_per_byte": 3}, "#
            + #"{"name": "b", "bytes": 9, "pj_per_byte": 3}, \#(far)]"#),
        "'levels.1.bytes' is 9 after 9"
      ),
      (String(repeating: " ", count: 70_000), "70000 bytes"),
    ])
  func refused(text: String, words: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("energy.json")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: SparseError.self) { try EnergyModel(contentsOf: path) }
    let message = error?.message ?? ""
    #expect(message.hasPrefix(path) && message.contains(words), "\(message)")
  }

  @Test("refuses a file that is not there")
  func missing() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: SparseError.self) {
      try EnergyModel(contentsOf: directory.file("no"))
    }
    #expect(error?.code == .fileSystem)
  }
}
