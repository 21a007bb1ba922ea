import SparseCore
import Testing

@testable import SparseLayers

@Suite("A model file that promises more than it has") struct ModelSizeTests {
  private static let digest = String(repeating: "0", count: 64)
  private static let giant = Pattern.maximumNeurons

  /// A network of one layer from the most to the most neurons, with a recipe of one edge.
  private func file(
    kind: String, tensors: [Safetensors.Tensor], branches: Int = 1
  ) throws -> Safetensors {
    let size = "\"inputs\":\(Self.giant),\"outputs\":\(Self.giant)"
    let layer = "{\(size),\"kind\":\"\(kind)\",\"function\":\"relu\"}"
    let branch =
      "{\"name\":\"output\",\"position\":0,\"task\":\"label\",\"loss_weight\":1,\"layers\":[\(layer)]}"
    let list = [String](repeating: branch, count: branches).joined(separator: ",")
    let recipe = "{\(size),\"edges\":1,\"family\":\"random\",\"junction\":0,\"seed\":1}"
    return try Safetensors(
      metadata: [
        "format_version": ModelFile.formatVersion,
        "architecture": "{\"inputs\":\(Self.giant),\"backbone\":[],\"branches\":[\(list)]}",
        "patterns": "{\"output.0\":{\"recipe\":\(recipe),\"sha256\":\"\(Self.digest)\"}}",
        "data": "{\"dataset\":\"\",\"features\":1,\"classes\":{}}",
      ], tensors: tensors)
  }

  private func refusal(_ file: Safetensors) -> String {
    let error = #expect(throws: SparseError.self) { try ModelFile(file, source: "model") }
    #expect(error?.code == .corruptFile)
    return error?.message ?? ""
  }

  // The digest is wrong: what is said of another fault first was found without the pattern.
  @Test("is refused before its pattern is made when biases are missing or too few")
  func missingBias() throws {
    let values = Safetensors.Tensor(name: "output.0.values", floats: [1], shape: [1])
    let bias = Safetensors.Tensor(name: "output.0.bias", floats: [1, 2], shape: [2])
    let missing = refusal(try file(kind: "linear", tensors: [values]))
    #expect(missing.contains("lacks its array 'bias'"), "\(missing)")
    let few = refusal(try file(kind: "linear", tensors: [values, bias]))
    #expect(few.contains("'bias' of a linear layer has 2 values; it needs 16777216"), "\(few)")
    let columns = Safetensors.Tensor(name: "output.0.columns", integers: [] as [UInt16], shape: [0])
    let noEdges = refusal(try file(kind: "linear", tensors: [columns]))
    #expect(noEdges.contains("lacks its array 'bias'"), "\(noEdges)")
  }

  @Test("makes no pattern for a layer that has none")
  func patternOfActivation() throws {
    let values = Safetensors.Tensor(name: "output.0.values", floats: [1], shape: [1])
    let model = try ModelFile(file(kind: "activation", tensors: [values]), source: "model")
    #expect(model.network.branches[0].outputSize == Self.giant)
    #expect(model.network.junctions.isEmpty)
  }

  @Test("is refused when two branches would share their arrays")
  func repeatedBranches() throws {
    let message = refusal(try file(kind: "activation", tensors: [], branches: 2))
    #expect(message.contains("two layers are called 'output.0'"), "\(message)")
  }

  // Seconds by name, minutes when each name is looked for among all.
  @Test("is searched by name, however many there are", .timeLimit(.minutes(1)))
  func manyNames() throws {
    let count = 200_000
    let tensors = (0..<count).map {
      Safetensors.Tensor(
        name: "boundary.\($0 / 2).\($0 % 2 == 0 ? "low" : "high")", floats: [Float($0 % 2)],
        shape: [1])
    }
    var file = try Safetensors(tensors: tensors)
    #expect(try BoundaryRanges.all(in: file).map(\.hiddenLayers) == Array(0..<count / 2))
    let read = try Safetensors(bytes: file.serialized(), source: "memory")
    #expect(tensors.allSatisfy { read[$0.name] == $0 })
    // Changes are seen.
    file.tensors.removeAll { $0.name == "boundary.0.low" }
    #expect(file["boundary.0.low"] == nil)
    #expect(file["boundary.0.high"] == tensors[1])
    file.tensors.insert(.init(name: "new", floats: [3], shape: [1]), at: 0)
    #expect(try file["new"]?.floats() == [3])
  }
}
