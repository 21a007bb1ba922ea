import EarlyExit
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@testable import SplitServing

/// Sure where `MaxProbabilityRule` is not.
private struct Doubt: ConfidenceRule {
  let name = "doubt"

  func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
    -MaxProbabilityRule().confidence(probabilities, earlierAnswers: earlierAnswers)
  }
}

@Suite("The edge part") struct EdgePartTests {
  /// A network of two hidden layers with an exit, in a model file.
  private func model() throws -> ModelFile {
    let network = try NetworkRecipe(
      layerSizes: [24, 40, 32, 8], connectivity: .densities([0.4])
    ).makeNetwork().addingExits(ExitRecipe(positions: [1]), seed: 3)
    var file = ModelFile(network: network, data: DataDescription(untrained: network))
    file.exitSettings = ExitSettings(
      rule: "max-probability", temperatures: [1, 1], thresholds: [0.2])
    return file
  }

  private func samples(_ network: Network) throws -> Samples {
    let values = randomFloats(50 * 24, seed: 9, "edge")
    let data = try Dataset(
      features: .floats(values), featureCount: 24,
      targets: [
        Target(
          name: "label", classNames: (0..<8).map(String.init),
          labels: Array(repeating: 0, count: 50))
      ])
    return try Samples(data, for: network)
  }

  @Test(
    "and the remote part give the bits of the whole network, cut anywhere, in any batches",
    arguments: [0, 1, 2])
  func parity(cut: Int) throws {
    var file = try model()
    file.exitSettings?.thresholds = [nil]
    let samples = try samples(file.network)
    let whole = try ServedModel(file.network, name: "whole", batchCapacity: 64)
    let values = randomFloats(50 * 24, seed: 9, "edge")
    let expected = try whole.run([.init(values: values, rows: 0..<50, heads: [1])])[0][0]
    let remoteFile = try file.split(afterHiddenLayers: cut).remote
    let remote = try ServedModel(remoteFile.network, name: "rest", batchCapacity: 7)
    let head = try #require(remote.signature.outputs.firstIndex { $0.name == "output" })
    for batch in [1, 3, 16, 17] {
      let edge = try EdgePart(file, afterHiddenLayers: cut, batchCapacity: batch)
      var outputs: [Float] = []
      for first in stride(from: 0, to: 50, by: batch) {
        let chosen = samples.indices[first..<min(first + batch, 50)]
        let (_, pending) = try edge.begin(chosen, of: samples, since: .now)
        #expect(pending.positions == Array(0..<chosen.count))
        let features = pending.boundary.count / max(pending.positions.count, 1)
        for row in pending.positions {
          let piece = Array(pending.boundary[row * features..<(row + 1) * features])
          outputs += try remote.run([.init(values: piece, rows: 0..<1, heads: [head])])[0][0]
        }
      }
      #expect(outputs == expected, "batches of \(batch)")
    }
  }

  @Test("lets samples leave by a rule of one's own, which it has to be given")
  func ownRule() throws {
    var file = try model()
    let samples = try samples(file.network)
    func pending(_ edge: EdgePart) throws -> [Int] {
      try edge.begin(samples.indices[...], of: samples, since: .now).pending.positions
    }
    let named = try pending(EdgePart(file, afterHiddenLayers: 1, batchCapacity: 50))
    file.exitSettings = ExitSettings(
      rule: "doubt", temperatures: [1, 1], thresholds: [-0.2])
    let error = #expect(throws: SparseError.self) { try EdgePart(file, afterHiddenLayers: 1) }
    #expect(error?.message.contains("'doubt'") == true)
    let own = try pending(
      EdgePart(file, afterHiddenLayers: 1, rules: [Doubt()], batchCapacity: 50))
    #expect(own == (0..<50).filter { !named.contains($0) })
  }
}
