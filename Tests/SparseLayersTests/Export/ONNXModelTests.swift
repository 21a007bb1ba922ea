import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("An ONNX file") struct ONNXModelTests {
  private func model(_ network: Network) -> ModelFile {
    ModelFile(network: network, data: DataDescription(untrained: network))
  }

  private func file(
    _ network: Network, _ weights: ONNXModel.Weights = .dense
  ) throws -> ONNXInterpreter {
    try ONNXInterpreter(ONNXModel(model(network), weights: weights).serialized())
  }

  /// Every kind of layer, an exit, and densities on both sides of one third, and there.
  private func network(_ function: Activation.Function) throws -> Network {
    try Network(
      inputSize: 9,
      backbone: [
        junction(9, 12, density: 0.3, family: .structured), normalization(12),
        Activation(function, size: 12), Dropout(rate: 0.5, size: 12),
        junction(12, 7, density: 0.2), Activation(function, size: 7),
      ],
      branches: [
        Branch(name: "exit1", position: 4, layers: [junction(12, 4, family: .full)]),
        Branch(
          name: "output", position: 6,
          layers: [junction(7, 6), Activation(function, size: 6), junction(6, 4, seed: 3)]),
      ])
  }

  private func samples(_ count: Int, _ features: Int) -> [[Double]] {
    let values = randomFloats(count * features, seed: 5).map { Double(2 * $0) }
    return (0..<count).map { Array(values[$0 * features..<($0 + 1) * features]) }
  }

  /// Compares with the oracle, which computes in `Double` as well: what differs is ε and the slope,
  /// which the file has as 32-bit floats.
  private func expectSame(
    _ file: ONNXInterpreter, as network: Network, _ names: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var oracle = DoubleNetwork(network)
    oracle.isTraining = false
    let samples = samples(5, network.inputSize)
    let outputs = try file.outputs(samples)
    for (name, expected) in zip(names, oracle.outputs(samples)) {
      let found = try #require(outputs[name], sourceLocation: sourceLocation)
      for (found, expected) in zip(found.joined(), expected.joined()) {
        #expect(
          abs(found - expected) <= 1e-6 * max(1, abs(expected)), "\(name)",
          sourceLocation: sourceLocation)
      }
    }
  }

  @Test(
    "computes what the network does, with every kind of layer",
    arguments: Activation.Function.allCases, ONNXModel.Weights.allCases)
  func layers(function: Activation.Function, weights: ONNXModel.Weights) throws {
    let network = try network(function)
    let file = try file(network, weights)
    #expect(try file.values(11) == ["input": 9])
    #expect(try file.values(12) == ["exit1": 4, "output": 4])
    try expectSame(file, as: network, ["exit1", "output"])
  }

  @Test("has any pattern in it", arguments: ONNXModel.Weights.allCases)
  func patterns(weights: ONNXModel.Weights) throws {
    for pattern in try JunctionCase.all().map(\.pattern) {
      let values = randomFloats(pattern.edgeCount, seed: 2)
      let layer = try SparseLinear(
        weights: SparseMatrix(pattern: pattern, values: values),
        bias: randomFloats(pattern.outputs, seed: 3))
      let network = try Network(
        inputSize: pattern.inputs, backbone: [],
        branches: [Branch(name: "output", position: 0, layers: [layer])])
      let file = try file(network, weights)
      let isSparse = weights == .sparse && 3 * pattern.edgeCount < pattern.inputs * pattern.outputs
      #expect(try file.operations == (isSparse ? ["Constant", "Gemm"] : ["Gemm"]))
      try expectSame(file, as: network, ["output"])
    }
  }

  @Test("says which format, operators and program it is of")
  func header() throws {
    var exported = try ONNXModel(model(network(.relu)))
    exported.producerVersion = "1.2"
    let file = try WireMessage(exported.serialized())
    #expect(file.integers(1) == [8])
    #expect(file.text(2) == "sparse-engine" && file.text(3) == "1.2")
    #expect(file.text(6).contains("divided by 255"))
    let sets = try file.messages(8)
    #expect(sets.count == 1 && sets[0].text(1) == "" && sets[0].integers(2) == [17])
    #expect(exported.input == .init(name: "input", size: 9))
    #expect(exported.outputs.map(\.name) == ["exit1", "output"])
  }

  @Test("holds weights in the bytes that are counted, the smaller form where that is wanted")
  func sizes() throws {
    let network = try network(.relu)
    let dense = try ONNXModel(model(network), weights: .dense)
    let sparse = try ONNXModel(model(network), weights: .sparse)
    // Structured junctions of 9 and 12 neurons admit 1/3, where both forms take the same.
    #expect(dense.graph.initializers.count == 4 + 2 * 5)
    #expect(sparse.graph.initializers.count == dense.graph.initializers.count - 1)
    let others = 4 * (12 + 7 + 4 + 6 + 4) + 4 * 4 * 12
    for exported in [dense, sparse] {
      let weights = network.junctions.reduce(0) {
        $0 + exported.graph.weights.bytes(of: $1.layer.pattern)
      }
      #expect(exported.graph.arrayBytes == weights + others)
      #expect(try exported.serialized().count > weights + others)
    }
    let few = try #require(network.junctions.first { $0.name == "backbone.4" }?.layer.pattern)
    #expect(ONNXModel.Weights.dense.bytes(of: few) == 4 * 12 * 7)
    #expect(ONNXModel.Weights.sparse.bytes(of: few) == 12 * few.edgeCount)
    #expect(dense.graph.arrayBytes - sparse.graph.arrayBytes == 4 * 12 * 7 - 12 * few.edgeCount)
  }

  @Test("gives what crosses the cut, in the first part of a network", arguments: [0, 1, 6])
  func boundary(layers: Int) throws {
    let whole = try network(.tanh)
    // With dropout at the end of the backbone, too.
    let backbone =
      try whole.backbone.prefix(layers) + [Dropout(rate: 0.5, size: [9, 12, 7][min(layers, 2)])]
    let size = backbone.last?.outputSize ?? 0
    let branches = try [
      Branch(name: "exit1", position: backbone.count, layers: [junction(size, 4)]),
      Branch(name: "boundary", position: backbone.count, layers: [Dropout(rate: 0.1, size: size)]),
    ]
    let edge = try Network(
      inputSize: 9, backbone: Array(backbone), branches: branches, handsOver: true)
    let exported = try ONNXModel(model(edge))
    #expect(exported.outputs.map(\.name) == ["exit1", "boundary-2", "boundary"])
    let file = try file(edge)
    #expect(try file.values(12) == ["exit1": 4, "boundary-2": size, "boundary": size])
    try expectSame(file, as: edge, ["exit1", "boundary-2"])
    let outputs = try file.outputs(samples(3, 9))
    // A branch of nothing but dropout is the boundary itself.
    #expect(outputs["boundary"] == outputs["boundary-2"])
    if layers == 0 { #expect(outputs["boundary"] == samples(3, 9)) }
  }

  @Test("calls no output like the input, even where a branch is")
  func names() throws {
    let network = try Network(
      inputSize: 6, backbone: [],
      branches: ["input", "input-2", "boundary"].enumerated().map { index, name in
        try Branch(name: name, position: 0, layers: [junction(6, 2, seed: UInt64(index))])
      })
    let exported = try ONNXModel(model(network))
    #expect(exported.outputs.map(\.name) == ["input-2", "input-2-2", "boundary"])
    let file = try file(network)
    try expectSame(file, as: network, exported.outputs.map(\.name))
    let entries = try JSONSerialization.jsonObject(
      with: Data(try #require(file.metadata["outputs"]).utf8))
    let list = try #require(entries as? [[String: Any]])
    #expect(list.map { $0["branch"] as? String } == ["input", "input-2", "boundary"])
    #expect(list.map { $0["name"] as? String } == exported.outputs.map(\.name))
    #expect(list.map { $0["exit"] as? Int } == [0, 1, 2])
  }

  @Test("tells what decides early exits, and which part of a network it is")
  func metadata() throws {
    var model = try model(network(.relu))
    model.data.classNames = ["label": ["a", "b", "\"c\"", "ð"]]
    let settings = ExitSettings(rule: "margin", temperatures: [1.5, 2], thresholds: [nil])
    let split = SplitDescription(
      part: .remote, hiddenLayers: 1, boundaryFeatures: 9, identity: "abc",
      output: .init(branch: "output", task: "label", size: 4, exit: 1))
    #expect(try ONNXModel(model).metadata.keys.sorted() == ["data", "loss", "outputs"])
    model.exitSettings = settings
    model.split = split
    let metadata = try ONNXInterpreter(ONNXModel(model).serialized()).metadata
    func decoded<T: Decodable>(_ type: T.Type, _ key: String) throws -> T {
      try JSONDecoder().decode(type, from: Data(try #require(metadata[key]).utf8))
    }
    #expect(try decoded(ExitSettings.self, "exit_settings") == settings)
    #expect(try decoded(SplitDescription.self, "split") == split)
    #expect(try decoded(DataDescription.self, "data") == model.data)
    #expect(metadata["loss"] == "cross-entropy")
  }

  @Test("is written whole, and the same each time")
  func writing() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m.onnx")
    let exported = try ONNXModel(ModelFileTests.model(), weights: .sparse)
    let count = try exported.write(to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(bytes.count == count)
    #expect(try Array(bytes) == exported.serialized())
    #expect(try directory.names() == ["m.onnx"])
  }

  @Test("of more than 2 GiB is refused before anything is made, with the form that fits")
  func size() throws {
    let (inputs, outputs) = (1 << 24, 64)
    let pattern = try Pattern(
      inputs: inputs, outputs: outputs,
      rowOffsets: [0] + [Int](repeating: 1, count: outputs), columns: [5])
    let layer = try SparseLinear(
      weights: SparseMatrix(pattern: pattern, values: [1]),
      bias: [Float](repeating: 0, count: outputs))
    let network = try Network(
      inputSize: inputs, backbone: [],
      branches: [Branch(name: "output", position: 0, layers: [layer])])
    let error = #expect(throws: SparseError.self) { try ONNXModel(model(network)) }
    #expect(error?.code == .unsupported)
    let bytes = 4 * inputs * outputs + 4 * outputs
    for words in ["\(bytes) bytes", "2147483647", "'output.0'", "sparse weights"] {
      #expect(error?.message.contains(words) == true, "\(words): \(error?.message ?? "")")
    }
    #expect(try ONNXModel(model(network), weights: .sparse).serialized().count < 5000)
  }
}
