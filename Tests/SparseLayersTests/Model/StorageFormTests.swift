import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("The forms of a model file") struct StorageFormTests {
  private func model(_ network: Network) -> ModelFile {
    ModelFile(network: network, data: DataDescription(untrained: network))
  }

  /// The bytes of a file's header and of what follows it, told from its first eight bytes.
  private func parts(of path: String) throws -> (header: Int, arrays: Int) {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    return (8 + length, bytes.count - 8 - length)
  }

  @Test(
    "take, for the published network, the bytes that are counted",
    arguments: [
      // Columns and row offsets of 4 bytes, and values; 110 rows in two junctions; 110 biases.
      (StorageForm.csr, 17_000 * 8 + (110 + 2) * 4 + 110 * 4),
      (.columns, 17_000 * 6 + 110 * 4), (.recipe, 17_000 * 4 + 110 * 4),
    ])
  func published(form: StorageForm, expected: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    let network = try NetworkRecipe(
      layerSizes: [800, 100, 10], connectivity: .outDegrees([20, 10])
    ).makeNetwork()
    try model(network).write(to: path, form: form)
    let parts = try parts(of: path)
    #expect(parts.arrays == expected)
    let total = NetworkCost(network).total
    #expect(form.bytes(of: total) == expected)
    let counts = try model(network).safetensors(form: form).byteCounts()
    #expect(counts.header == parts.header && counts.tensors == parts.arrays)
    #expect(try ModelFile(contentsOf: path).network.bits == network.bits)
  }

  @Test(
    "take the bytes that are counted for any pattern and layer", arguments: StorageForm.allCases)
  func all(form: StorageForm) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    // More inputs than 16 bits tell apart, with rows of different lengths and without a recipe.
    let own = try Pattern(
      inputs: 70_000, outputs: 3, rowOffsets: [0, 1, 1, 3], columns: [5, 0, 69_999])
    let wide = try Network(
      inputSize: 70_000, backbone: [],
      branches: [
        Branch(
          name: "output", position: 0,
          layers: [
            SparseLinear(
              weights: SparseMatrix(pattern: own, values: [1, 2, 3]), bias: [0, 0, 0])
          ])
      ])
    for network in [try ModelFileTests.network(), wide] {
      try model(network).write(to: path, form: form)
      let cost = NetworkCost(network)
      #expect(try parts(of: path).arrays == form.bytes(of: cost.total))
      let layers = cost.junctions + [cost.otherLayers]
      #expect(layers.reduce(0) { $0 + form.bytes(of: $1) } == form.bytes(of: cost.total))
    }
  }

  @Test("of explicit rows has 32-bit columns and row offsets, of even rows too")
  func types() throws {
    let network = try NetworkRecipe(
      layerSizes: [20, 10, 5], connectivity: .densities([0.5])
    ).makeNetwork()
    let file = try model(network).safetensors(form: .csr)
    #expect(file["backbone.0.columns"]?.elementType == .u32)
    #expect(file["backbone.0.row_offsets"]?.elementType == .u32)
    let offsets = try #require(file["output.0.row_offsets"]).integers(as: Int.self)
    #expect(offsets == [0, 10, 20, 30, 40, 50])
    let recipe = try model(network).safetensors(form: .recipe)
    #expect(recipe.tensors.allSatisfy { $0.elementType == .f32 })
  }
}

extension StorageForm {
  fileprivate func bytes(of cost: JunctionCost) -> Int {
    switch self {
    case .csr: cost.csrStorageBytes
    case .columns: cost.storageBytes
    case .recipe: cost.recipeStorageBytes
    }
  }
}
