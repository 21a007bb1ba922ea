import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("A model file") struct ModelFileTests {
  /// All kinds of layers, two branches, and patterns with and without a recipe, of even and of
  /// uneven rows.
  static func network() throws -> Network {
    let own = try JunctionCase.own()[1].pattern
    let dropout = try Dropout(rate: 0.25, size: 12)
    return try Network(
      inputSize: 9,
      backbone: [
        junction(9, 12, family: .structured), normalization(12), Activation(.leakyReLU, size: 12),
        dropout, junction(12, 7, family: .random), Activation(.tanh, size: 7),
      ],
      branches: [
        Branch(
          name: "early-1", position: 3, layers: [junction(12, 4, family: .full)], lossWeight: 0.3),
        Branch(
          name: "output", position: 6,
          layers: [
            SparseLinear(
              weights: SparseMatrix(
                pattern: own, values: [1, -0.0, .leastNonzeroMagnitude, .pi, -1e30]),
              bias: [1, 2, 3, 4, 5]), Activation(.sigmoid, size: 5),
            junction(5, 4, family: .balanced),
          ], task: "label"),
      ])
  }

  static func model(_ network: Network? = nil) throws -> ModelFile {
    ModelFile(
      network: try network ?? Self.network(),
      recipe: NetworkRecipe(layerSizes: [9, 4], connectivity: .outDegrees([2]), seed: .max),
      training: TrainingRecipe.published(seed: 3),
      data: DataDescription(
        dataset: "näme \"quoted\"", like: try clusters(samples: 4, features: 8, classes: 4)))
  }

  @Test("gives back every layer, branch and text", arguments: StorageForm.allCases)
  func roundTrip(form: StorageForm) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    let model = try Self.model()
    try model.write(to: path, form: form)
    let read = try ModelFile(contentsOf: path)
    #expect(read.network.bits == model.network.bits)
    #expect(read.network.places == model.network.places)
    for place in model.network.places {
      let (new, old) = (read.network[place], model.network[place])
      #expect(new.description == old.description)
      #expect(new.parameters.map(\.name) == old.parameters.map(\.name))
      #expect((new as? SparseLinear)?.pattern == (old as? SparseLinear)?.pattern)
      #expect((new as? SparseLinear)?.pattern.recipe == (old as? SparseLinear)?.pattern.recipe)
    }
    for (new, old) in zip(read.network.branches, model.network.branches) {
      #expect(new.name == old.name && new.position == old.position && new.task == old.task)
      #expect(new.lossWeight == old.lossWeight)
    }
    #expect(read.recipe == model.recipe && read.training == model.training)
    #expect(read.data == model.data)
    // The same content is the same bytes, also after a round trip.
    let again = directory.file("again")
    try read.write(to: again, form: form)
    #expect(FileManager.default.contentsEqual(atPath: path, andPath: again))
  }

  @Test("gives back grouped patterns", arguments: [4, 8, 16], StorageForm.allCases)
  func grouped(size: Int, form: StorageForm) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    let junction = try junction(24, 2 * size, family: .grouped(size))
    let network = try Network(
      inputSize: 24, backbone: [],
      branches: [Branch(name: "output", position: 0, layers: [junction])])
    let data = try clusters(samples: 2 * size, features: 24, classes: 2 * size)
    try ModelFile(network: network, data: DataDescription(dataset: "clusters", like: data))
      .write(to: path, form: form)
    let read = try ModelFile(contentsOf: path).network
    let layer = try #require(read.branches[0].layers[0] as? SparseLinear)
    #expect(layer.pattern == junction.pattern)
    #expect(layer.pattern.recipe == junction.pattern.recipe)
    #expect(layer.pattern.recipe?.family.description == "grouped:\(size)")
    #expect(read.bits == network.bits)
  }

  @Test("leaves out, in the form of recipes, exactly what recipes make again")
  func compact() throws {
    let model = try Self.model()
    let explicit = try Set(model.safetensors().tensors.map(\.name))
    let compact = try Set(model.safetensors(form: .recipe).tensors.map(\.name))
    #expect(
      explicit.subtracting(compact) == [
        "backbone.0.columns", "backbone.4.columns", "backbone.4.row_offsets", "early-1.0.columns",
        "output.2.columns", "output.2.row_offsets",
      ])
    #expect(compact.isSuperset(of: ["output.0.columns", "output.0.row_offsets"]))
  }

  @Test("computes after the round trip what the network computed before")
  func sameOutputs() throws {
    let model = try Self.model()
    let read = try ModelFile(model.safetensors(), source: "memory")
    let data = try clusters(samples: 10, features: 8, classes: 4)
    let outputs = try [model.network, read.network].map { network in
      try NetworkExecutor(network, batchCapacity: 4).outputs(Samples(data, for: network))
    }
    #expect(outputs[0] == outputs[1])
  }

  @Test(
    "stores columns in 16 bits as long as they fit",
    arguments: [(65_535, Safetensors.ElementType.u16), (65_536, .u16), (65_537, .u32)])
  func columnTypes(inputs: Int, type: Safetensors.ElementType) throws {
    let pattern = try Pattern(
      inputs: inputs, outputs: 1, rowOffsets: [0, 2], columns: [0, UInt32(inputs - 1)])
    let linear = try SparseLinear(
      weights: SparseMatrix(pattern: pattern, values: [1, 2]), bias: [0])
    let network = try Network(
      inputSize: inputs, backbone: [], branches: [Branch(name: "o", position: 0, layers: [linear])])
    let file = try Self.model(network).safetensors()
    #expect(file["o.0.columns"]?.elementType == type)
    #expect(file["o.0.row_offsets"] == nil, "one row has one length")
    #expect(try ModelFile(file, source: "x").network.junctions[0].layer.pattern == pattern)
  }

  @Test("takes as many bytes for its arrays as the cost of the network says")
  func storage() throws {
    for family in [PatternFamily.structured, .random, .full] {
      let network = try NetworkRecipe(
        layerSizes: [20, 10, 5], connectivity: .densities([0.5, 0.4]), families: [family]
      ).makeNetwork()
      let arrays = try Self.model(network).safetensors().tensors
      #expect(NetworkCost(network).total.storageBytes == arrays.reduce(0) { $0 + $1.bytes.count })
    }
  }

  @Test("that cannot be written leaves no file")
  func unwritable() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: SparseError.self) {
      try Self.model().write(to: directory.file("missing/model"))
    }
    #expect(error?.code == .fileSystem)
    #expect(try directory.names() == [])
  }
}
