import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

/// One way to damage a model file, and what the error must say.
struct Tampering: Sendable, CustomStringConvertible {
  let description: String
  let expected: String
  var compact = false
  var code: SparseError.Code? = .corruptFile
  let change: @Sendable (inout Safetensors) throws -> Void

  init(
    _ description: String, expects expected: String, compact: Bool = false,
    code: SparseError.Code? = .corruptFile,
    _ change: @escaping @Sendable (inout Safetensors) throws -> Void
  ) {
    self.description = description
    self.expected = expected
    self.compact = compact
    self.code = code
    self.change = change
  }

  /// Replaces a piece of one of the JSON texts, which must be there.
  static func text(
    _ key: String, _ old: String, _ new: String, expects expected: String, compact: Bool = false,
    code: SparseError.Code? = .corruptFile
  ) -> Tampering {
    Tampering("\(key): \(old) → \(new)", expects: expected, compact: compact, code: code) { file in
      let text = try #require(file.metadata[key])
      try #require(text.contains(old), "\(text)")
      file.metadata[key] = text.replacingOccurrences(of: old, with: new)
    }
  }

  /// Replaces an array by another of the same name, or removes it.
  static func array(
    _ name: String, _ title: String, expects expected: String,
    code: SparseError.Code? = .corruptFile,
    _ make: @escaping @Sendable (Safetensors.Tensor) throws -> Safetensors.Tensor?
  ) -> Tampering {
    Tampering("\(name): \(title)", expects: expected, code: code) { file in
      let position = try #require(file.tensors.firstIndex { $0.name == name })
      let tensor = file.tensors.remove(at: position)
      if let new = try make(tensor) { file.tensors.append(new) }
    }
  }

  static func columns(
    _ name: String, _ title: String, expects expected: String,
    code: SparseError.Code? = .corruptFile,
    _ change: @escaping @Sendable (inout [UInt32]) -> Void
  ) -> Tampering {
    array(name, title, expects: expected, code: code) { tensor in
      var numbers = try tensor.unsignedIntegers()
      change(&numbers)
      return .init(name: name, integers: numbers, shape: [numbers.count])
    }
  }

  static func floats(
    _ name: String, _ title: String, expects expected: String,
    _ change: @escaping @Sendable (inout [Float]) -> Void
  ) -> Tampering {
    array(name, title, expects: expected) { tensor in
      var numbers = try tensor.floats()
      change(&numbers)
      return .init(name: name, floats: numbers, shape: [numbers.count])
    }
  }
}

@Suite("A damaged model file") struct ModelTamperingTests {
  private static let texts: [Tampering] = [
    Tampering("no version", expects: "format_version") { $0.metadata["format_version"] = nil },
    Tampering("version 2", expects: "version 2", code: .unsupported) {
      $0.metadata["format_version"] = "2"
    },
    Tampering("no architecture", expects: "architecture") { $0.metadata["architecture"] = nil },
    Tampering("no data", expects: "'data'") { $0.metadata["data"] = nil },
    Tampering("no patterns", expects: "neither columns nor") { $0.metadata["patterns"] = nil },
    Tampering("an architecture that is no JSON", expects: "architecture") {
      $0.metadata["architecture"] = "{"
    },
    Tampering("an architecture nested deeply", expects: "architecture") {
      $0.metadata["architecture"] = String(repeating: "[", count: 20_000)
    },
    .text("architecture", "\"leaky-relu\"", "\"swish\"", expects: "'swish'"),
    .text("architecture", "\"dropout\"", "\"attention\"", expects: "attention", code: .unsupported),
    .text("architecture", "\"rate\":0.25", "\"rate\":-1", expects: "rate"),
    .text("architecture", "\"rate\":0.25", "\"rate\":1", expects: "rate"),
    .text("architecture", "\"rate\":0.25", "\"rat\":0.25", expects: "missing"),
    .text("architecture", "\"momentum\":0.9", "\"momentum\":1e300", expects: "momentum"),
    .text("architecture", "\"inputs\":9,", "\"inputs\":-9,", expects: "-9"),
    .text("architecture", "\"inputs\":9,", "\"inputs\":1e300,", expects: "architecture"),
    .text("architecture", "\"inputs\":12", "\"inputs\":-12", expects: "-12"),
    .text("architecture", "\"inputs\":12", "\"inputs\":9223372036854775807", expects: "922337"),
    .text("architecture", "\"outputs\":12", "\"outputs\":0", expects: "size of 0"),
    .text("architecture", "\"outputs\":12", "\"outputs\":13", expects: "13"),
    .text(
      "architecture", "\"function\":\"tanh\",\"inputs\":7,\"kind\":\"activation\",\"outputs\":7",
      "\"function\":\"tanh\",\"inputs\":7,\"kind\":\"activation\",\"outputs\":8",
      expects: "from 7 to 8"),
    .text(
      "architecture", "\"function\":\"tanh\",\"inputs\":7,\"kind\":\"activation\",\"outputs\":7",
      "\"function\":\"tanh\",\"inputs\":8,\"kind\":\"activation\",\"outputs\":8",
      expects: "takes 8"),
    .text(
      "architecture", "\"position\":3", "\"position\":-3", expects: "-3"),
    .text(
      "architecture", "\"position\":3", "\"position\":99", expects: "99"),
    .text(
      "architecture", "\"position\":6", "\"position\":5", expects: "last branch"),
    .text(
      "architecture", "\"loss_weight\":1,", "\"loss_weight\":-1,", expects: "-1"),
    .text(
      "architecture", "\"name\":\"early-1\"", "\"name\":\"output\"", expects: "output.0"),
    .text("architecture", "\"kind\":\"linear\"", "\"kind\":\"activation\"", expects: "activation"),
    .text("training_recipe", "\"batchSize\":256", "\"batchSize\":0", expects: "batch size"),
    .text("training_recipe", "\"batchSize\":256", "\"batchSize\":-1", expects: "batch size"),
    .text(
      "training_recipe", "\"batchSize\":256", "\"batchSize\":9223372036854775807",
      expects: "batch size"),
    .text("patterns", "\"sha256\":\"", "\"sha256\":\"0", expects: "SHA-256"),
    .text("patterns", "\"seed\":1", "\"seed\":2", expects: "SHA-256", compact: true),
    .text("patterns", "\"structured\"", "\"fractal\"", expects: "fractal"),
    .text(
      "patterns", "\"family\":\"random\",\"inputs\":12", "\"family\":\"random\",\"inputs\":13",
      expects: "13", compact: true),
    // 42 of 84 edges; a few bytes that ask for gigabytes must be refused before they are made.
    .text(
      "patterns", "\"edges\":42,\"family\":\"random\",\"inputs\":12,\"junction\":0,\"outputs\":7",
      "\"edges\":2000000000,\"family\":\"random\",\"inputs\":16777216,\"junction\":0,\"outputs\":16777216",
      expects: "42 values", compact: true),
    // Nor may it stand beside columns, for whoever stores the model without them.
    .text(
      "patterns", "\"edges\":42,\"family\":\"random\",\"inputs\":12,\"junction\":0,\"outputs\":7",
      "\"edges\":2000000000,\"family\":\"random\",\"inputs\":16777216,\"junction\":0,\"outputs\":16777216",
      expects: "42 columns"),
  ]

  private static let arrays: [Tampering] = [
    .array("backbone.0.values", "missing", expects: "'values'") { _ in nil },
    .array("backbone.0.bias", "missing", expects: "'bias'") { _ in nil },
    .array("backbone.1.gamma", "missing", expects: "'gamma'") { _ in nil },
    .array("output.0.columns", "missing, no recipe", expects: "neither columns nor") { _ in nil },
    .array("output.0.row_offsets", "missing", expects: "SHA-256") { _ in nil },
    .array("backbone.0.values", "in 64 bits", expects: "'values'") {
      .init(name: $0.name, doubles: try $0.doubles(), shape: $0.shape)
    },
    .array("output.0.columns", "as floats", expects: "output.0", code: .unsupported) {
      .init(name: $0.name, floats: [0, 1, 2, 3, 4], shape: [5])
    },
    .array("output.0.columns", "negative", expects: "-1") {
      .init(name: $0.name, integers: [Int32(-1), 4, 1, 2, 5], shape: [5])
    },
    .columns("output.0.columns", "out of range", expects: "7") { $0[1] = 7 },
    .columns("output.0.columns", "unsorted", expects: "column 1") {
      $0.swapAt(0, 1)
    },
    .columns("output.0.columns", "twice the same", expects: "twice") {
      $0[1] = $0[0]
    },
    .columns("output.0.columns", "another edge", expects: "SHA-256") { $0[0] = 0 },
    .columns("output.0.columns", "one too many", expects: "6 columns") {
      $0.append(6)
    },
    .columns("output.0.row_offsets", "too few", expects: "row offsets") {
      $0.removeLast()
    },
    .columns("output.0.row_offsets", "falling", expects: "row") {
      $0[2] = 0
      $0[1] = 2
    },
    .columns("output.0.row_offsets", "beyond the end", expects: "row") {
      $0[5] = .max
    },
    .array("output.0.row_offsets", "negative", expects: "row") {
      .init(name: $0.name, integers: [Int64(0), -2, 2, 2, 5, 5], shape: [6])
    },
    .array("output.0.row_offsets", "above 63 bits", expects: "row_offsets") {
      .init(name: $0.name, integers: [UInt64(0), 0, 2, 2, 5, .max], shape: [6])
    },
    .columns("backbone.0.columns", "uneven", expects: "dealt evenly") { $0.removeLast() },
    .floats("backbone.0.values", "too many", expects: "values; it needs") { $0.append(0) },
    .floats("backbone.0.bias", "too few", expects: "values; it needs") { $0.removeLast() },
    .floats("backbone.0.values", "NaN", expects: "nan at 3") { $0[3] = .nan },
    .floats("backbone.0.bias", "infinite", expects: "inf at 1") { $0[1] = .infinity },
    .floats("backbone.1.running_mean", "NaN", expects: "nan at 0") { $0[0] = .nan },
    .floats("backbone.1.running_variance", "negative", expects: "-1.0 at 2") { $0[2] = -1 },
    .floats("backbone.1.beta", "empty", expects: "0 values") { $0 = [] },
  ]

  @Test("is refused with its name and what is wrong", arguments: texts + arrays)
  func refused(tampering: Tampering) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    var file = try ModelFileTests.model().safetensors(form: tampering.compact ? .recipe : .columns)
    try tampering.change(&file)
    try Safetensors(metadata: file.metadata, tensors: file.tensors).write(to: path)
    let error = #expect(throws: SparseError.self) { try ModelFile(contentsOf: path) }
    guard let error else { return }
    #expect(error.message.hasPrefix("\(path): "), "\(error.message)")
    #expect(error.message.contains(tampering.expected), "\(error.message)")
    if let code = tampering.code { #expect(error.code == code, "\(error.message)") }
  }

  @Test("never traps, whatever byte is changed")
  func anyByte() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try ModelFileTests.model().write(to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var stream = RandomStream(seed: 4, purpose: "damage")
    var refused = 0
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= 1 << stream.below(8)
      do {
        let file = try Safetensors(bytes: damaged, source: path)
        _ = try ModelFile(file, source: path)
      } catch let error as SparseError {
        refused += 1
        #expect(error.message.contains(path), "byte \(position): \(error.message)")
      }
    }
    // What is left are other weights, names and numbers, which nothing contradicts.
    #expect(refused > bytes.count / 3)
  }
}

@Suite("A damaged checkpoint") struct CheckpointTamperingTests {
  private static func text(_ old: String, _ new: String, expects expected: String) -> Tampering {
    .text("checkpoint", old, new, expects: expected, code: nil)
  }

  private static let faults: [Tampering] = [
    Tampering("no checkpoint", expects: "'checkpoint'") { $0.metadata["checkpoint"] = nil },
    Tampering("no JSON", expects: "'checkpoint'") { $0.metadata["checkpoint"] = "nil" },
    text("\"moments\":2", "\"moments\":-1", expects: "-1"),
    text("\"moments\":2", "\"moments\":9223372036854775807", expects: "9223372036854775807"),
    text("\"moments\":2", "\"moments\":1", expects: "does not fit"),
    text("\"parameters\":10", "\"parameters\":9", expects: "does not fit"),
    text("\"parameters\":10", "\"parameters\":11", expects: "optimizer.0.10"),
    text("\"parameters\":10", "\"parameters\":-8", expects: "-8"),
    text("\"updates\":6", "\"updates\":7", expects: "7 updates"),
    text("\"updates\":6", "\"updates\":9223372036854775807", expects: "updates"),
    text("\"epoch\":1", "\"epoch\":9223372036854775807", expects: "epoch"),
    text("\"epoch\":1", "\"epoch\":-1", expects: "epoch -1"),
    text("\"step\":2", "\"step\":4", expects: "step 4"),
    text("\"samples\":64", "\"samples\":9223372036854775807", expects: "samples"),
    .array("optimizer.1.3", "missing", expects: "optimizer.1.3", code: nil) { _ in nil },
    .floats("optimizer.0.0", "too few", expects: "does not fit") { $0.removeLast() },
    .floats("optimizer.0.0", "NaN", expects: "nan") { $0[0] = .nan },
    .floats("optimizer.1.2", "negative", expects: "-1.0") { $0[0] = -1 },
    .floats("backbone.0.values", "NaN", expects: "nan") { $0[0] = .nan },
  ]

  @Test("is refused before anything of it is taken over", arguments: faults)
  func refused(tampering: Tampering) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("checkpoint")
    let source = try TrainerTests.trainer(TrainerTests.recipe())
    _ = try source.trainEpoch()
    var steps = 0
    _ = try source.trainEpoch(progress: { _ in steps += 1 }, shouldStop: { steps == 2 })
    let model = ModelFile(
      network: try source.currentNetwork(),
      data: DataDescription(dataset: "clusters", like: try TrainerTests.data()))
    try Checkpoint(model: model, state: source.state).write(to: path)

    var file = try Safetensors(contentsOf: path)
    try tampering.change(&file)
    try Safetensors(metadata: file.metadata, tensors: file.tensors).write(to: path)
    let target = try TrainerTests.trainer(TrainerTests.recipe())
    let error = #expect(throws: SparseError.self) {
      let checkpoint = try Checkpoint(contentsOf: path)
      try target.restore(checkpoint.model.network, checkpoint.state)
    }
    #expect(error?.message.contains(tampering.expected) == true, "\(error?.message ?? "")")
    #expect(target.position == Trainer.Position())
  }
}
