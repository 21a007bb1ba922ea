import Foundation
import SparseCore
import SparseLayers
import Testing

@testable import sparsectl

@Suite(
  "measure and convert",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct MeasureTests {
  private let network = ["measure", "--layers", "16,20,10", "--density", "0.5"]
  private let published = ["measure", "--layers", "800,100,10", "--out-degrees", "20,10"]

  /// A model of the network, trained with SGD on batches of 8.
  private func train(_ directory: borrowing TemporaryDirectory) throws -> String {
    try TinyData.write(to: directory.path)
    let model = directory.file("model.safetensors")
    let outcome = try Program.start([
      "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,10", "--density",
      "0.5", "--epochs", "1", "--batch-size", "8", "--optimizer", "sgd", "--threads", "1",
      "--output", model,
    ]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return model
  }

  private func json(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try Program.start(arguments + ["--json"]).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    return try outcome.json()
  }

  private func object(_ object: [String: Any], _ keys: String...) throws -> [String: Any] {
    try keys.reduce(object) { try #require($0[$1] as? [String: Any], "\($1)") }
  }

  @Test("a model and the same network without one are counted alike, per batch too")
  func counts() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let measured = try json(["measure", model, "--no-timing"])
    let total = try object(measured, "total")
    let expected = [
      "weights": 360, "dense_weights": 520, "biases": 30, "macs": 360, "dense_macs": 520,
      "flops": 720, "dense_flops": 1040, "input_gradient_macs": 200,
      "dense_input_gradient_macs": 200, "weight_gradient_macs": 360,
      "dense_weight_gradient_macs": 520, "training_macs": 2 * 160 + 3 * 200,
      "dense_training_macs": 2 * 320 + 3 * 200, "training_flops": 2 * (2 * 160 + 3 * 200),
      "storage_bytes": 360 * 6 + 30 * 4, "dense_storage_bytes": 520 * 4 + 30 * 4,
      "csr_storage_bytes": 360 * 8 + 32 * 4 + 30 * 4, "recipe_storage_bytes": 390 * 4,
    ]
    for (key, value) in expected { #expect(total[key] as? Int == value, "\(key)") }
    #expect((measured["junctions"] as? [Any])?.count == 2)
    let ratios = try #require(measured["ratios"] as? [String: Double])
    #expect(abs((ratios["weights"] ?? 0) - 520.0 / 360) < 1e-12)
    // The batches and the optimiser are those that the model was trained with.
    #expect(measured["training_batch_size"] as? Int == 8)
    #expect(measured["optimizer"] as? String == "sgd")
    let same = try json(network + ["--no-timing", "--optimizer", "sgd"])
    func kept(_ row: [String: Any]) -> [String: Any] {
      row.filter { !$0.key.contains("training_") }
    }
    let rows = try [same, measured].map { report in
      try #require(report["junctions"] as? [[String: Any]]).map(kept) as NSArray
    }
    #expect(rows[0] == rows[1])
    let kinds = try [same, measured].map { kept(try object($0, "ratios")) as NSDictionary }
    #expect(kinds[0] == kinds[1])
    let batch = try json(network + ["--no-timing", "--batch-size", "64"])
    #expect(try object(batch, "total")["macs"] as? Int == 64 * 360)
    #expect(batch["training_batch_size"] as? Int == 64)
  }

  @Test("the published network: 4.76 times fewer weights, and three forms of storage")
  func publishedNetwork() throws {
    let measured = try json(published + ["--no-timing"])
    let total = try object(measured, "total")
    #expect(total["weights"] as? Int == 17_000 && total["dense_weights"] as? Int == 81_000)
    let text = try Program.start(published + ["--no-timing"]).finish().stdout
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    for row in [
      "weights 17,000 81,000 4.76×", "storage: explicit CSR, bytes 136,888 324,440 2.37×",
      "storage: compact columns, bytes 102,440 324,440 3.17×",
      "storage: recipe only, bytes 68,440 324,440 4.74×", "csr 136,888",
      "training, MACs per sample 35,000 163,000 4.66×",
      "measured energy: not measured: --no-timing",
    ] { #expect(rows.contains { $0.hasPrefix(row) }, "\(row)") }
  }

  @Test(
    "a model converted to each form is a file of the size that was promised, and the same model")
  func forms() throws {
    let directory = try TemporaryDirectory()
    let model = try train(directory)
    let measured = try json(["measure", model, "--no-timing"])
    let network = try ModelFile(contentsOf: model).network
    let columns = try object(measured, "files", "columns")
    #expect(try object(measured, "files", "model") as NSDictionary == columns as NSDictionary)
    for (form, arrays) in [("csr", 3128), ("columns", 2280), ("recipe", 1560)] {
      let output = directory.file(form)
      let converted = try json(["convert", model, "--storage", form, "--output", output])
      let promised = try object(measured, "files", form)
      let size = try FileManager.default.attributesOfItem(atPath: output)[.size] as? Int
      #expect(promised["file_bytes"] as? Int == size)
      #expect(promised["array_bytes"] as? Int == arrays)
      #expect(converted["file_bytes"] as? Int == size)
      let read = try ModelFile(contentsOf: output).network
      #expect(
        read.places.map { read[$0].parameters.map(\.values) }
          == network.places.map { network[$0].parameters.map(\.values) })
      #expect(read.junctions.map(\.layer.pattern) == network.junctions.map(\.layer.pattern))
      let again = try json(["measure", output, "--no-timing"])
      #expect(try object(again, "files", "model") as NSDictionary == promised as NSDictionary)
    }
  }

  @Test("latencies are those of 1 and 256 samples, and of both networks")
  func latency() throws {
    let measured = try json(network + ["--threads", "1", "--backend", "reference"])
    let latency = try object(measured, "latency")
    let batches = try #require(latency["batches"] as? [[String: Any]])
    #expect(batches.map { $0["batch_size"] as? Int } == [1, 256])
    for batch in batches {
      for key in ["seconds", "dense_seconds", "p90_seconds", "samples_per_second", "ratio"] {
        #expect((batch[key] as? Double ?? 0) > 0, "\(key)")
      }
    }
    let energy = try object(measured, "measured_energy")
    #expect((energy["not_measured"] == nil) != (energy["joules_per_sample"] == nil))
    let skipped = try json(["measure", "--layers", "2500,2500,10", "--out-degrees", "1,10"])
    let reason = try object(skipped, "latency")["dense_not_measured"] as? String
    #expect(reason?.contains("--timing") == true)
  }

  @Test("tables, Markdown and CSV have the same numbers; CSV has one line per junction")
  func formats() throws {
    let csv = try Program.start(network + ["--format", "csv", "--no-timing"]).finish().stdout
    let lines = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(lines.count == 4)
    #expect(Set(lines.map(\.count)).count == 1)
    #expect(lines.last?.prefix(4) == ["total", "360", "520", "0.6923"])
    #expect(Set(lines[0]).count == lines[0].count)
    let timed = try Program.start(network + ["--format", "csv"]).finish().stdout
    #expect(timed.contains("batch_256_dense_seconds"))
    let markdown = try Program.start(network + ["--format", "markdown", "--no-timing"]).finish()
    #expect(markdown.stdout.contains("| weights | 360 | 520 | 1.44× |"))
  }

  @Test("batch normalisation is counted among the other layers, on both sides")
  func otherLayers() throws {
    let measured = try json(network + ["--no-timing", "--batch-norm"])
    let other = try object(measured, "other_layers")
    #expect(other["storage_bytes"] as? Int == 4 * 4 * 20)
    #expect(other["dense_storage_bytes"] as? Int == 4 * 4 * 20)
    #expect(other["weights"] as? Int == 0)
    let total = try object(measured, "total")
    #expect(total["storage_bytes"] as? Int == 360 * 6 + 30 * 4 + 4 * 4 * 20)
  }

  @Test("a file of energies is used, and refused with its name when it makes no sense")
  func energyModel() throws {
    let directory = try TemporaryDirectory()
    func write(_ text: String) throws -> String {
      try directory.write(Array(text.utf8), "energy.json")
    }
    let own = #"{"source": "own", "multiply_pj": 2, "add_pj": 1, "levels": "#
    let file = try write(own + #"[{"name": "all", "pj_per_byte": 0}]}"#)
    let measured = try json(network + ["--no-timing", "--energy-model", file])
    #expect(try object(measured, "total")["inference_energy_pj"] as? Double == 3 * 360)
    #expect(try object(measured, "energy", "model")["source"] as? String == "own")
    for (text, words) in [
      ("no", "is damaged"), ("{}", "lacks 'source'"),
      (own + #"[{"name": "all", "pj_per_byte": -1}]}"#, "'levels.0.pj_per_byte' is -1"),
    ] {
      let outcome = try Program.start(network + ["--energy-model", write(text)]).finish()
      expectFailure(outcome, says: words, "energy.json")
    }
    let missing = try Program.start(network + ["--energy-model", directory.file("no")]).finish()
    expectFailure(missing, says: "No such file")
  }

  @Test("FLOPs that no 64-bit number holds are refused, not wrapped around")
  func overflow() throws {
    let pattern = try Pattern(inputs: 1, outputs: 1, rowOffsets: [0, 1], columns: [0])
    var cost = JunctionCost(name: "total", pattern: pattern, hasInputGradient: false)
    cost.denseWeights = 1 << 46
    cost.denseTrainingMACs = 1 << 47
    try Measure.checkCounts(cost, samples: 32767)
    let error = #expect(throws: SparseError.self) {
      try Measure.checkCounts(cost, samples: 32768)
    }
    #expect(error?.message.contains("70,368,744,177,664") == true)
    #expect(error?.message.contains("'--batch-size'") == true)
  }
}
