import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Sparse training") struct MaskedDenseTests {
  private static let families = [
    "structured", "balanced", "random", "full", "grouped:4", "clash-free:1,z=2",
    "clash-free:3,z=4,dither", "nm:2:4", "block:2x2", "banded", "small-world:0.2", "erdos-renyi",
    "local:4x3,local:4x2",
  ]
  private static let backends = Backend.allCases.filter { $0 != .auto }

  @Test(
    "is masked dense training, edge for edge, over 50 steps of Adam", arguments: families, backends)
  func equalsMaskedDense(families: String, backend: Backend) throws {
    var networkRecipe = NetworkRecipe(
      layerSizes: [12, 8, 4], connectivity: .densities([0.5, 0.5]),
      sources: try PatternFamily.split(list: families).map { try PatternSource(parsing: $0) },
      seed: 3)
    networkRecipe.activation = .tanh
    if families == "full" { networkRecipe.connectivity = .densities([1, 1]) }
    let network = try networkRecipe.makeNetwork()
    let data = try clusters(samples: 40, features: 12, classes: 4)
    // One batch is the whole data set: the order of samples, which only moves roundings, aside.
    let recipe = TrainingRecipe(
      epochs: 50, batchSize: 40, schedule: Schedule(.inverseTime(decay: 1e-3)))
    let trainer = try Trainer(
      network, recipe: recipe, training: LabeledData(data, for: network), backend: backend)
    var oracle = MaskedDenseNet(network, recipe.optimizer)
    var losses: [Double] = []
    for step in 0..<50 {
      let report = try #require(try trainer.trainEpoch())
      losses.append(report.training[0].loss)
      let expected = oracle.step(data, factor: 1 / (1 + 1e-3 * Double(step)))
      #expect(abs(report.training[0].loss - expected) < 1e-4, "step \(step)")
    }
    #expect(losses[49] < 0.95 * losses[0], "it learns")
    let trained = try trainer.currentNetwork()
    for (index, junction) in trained.junctions.enumerated() {
      let pattern = junction.layer.pattern
      #expect(pattern == network.junctions[index].layer.pattern)
      // Adam moves a weight by up to 0.001 a step, so by up to 0.05; 1e-4 tells edges apart.
      let dense = junction.layer.weights.dense
      let found = mismatch(
        dense, oracle.layers[index].weights.map(\.value), within: { _ in 1e-4 }, seed: 3)
      #expect(found == nil, "\(junction.name)")
      let biases = mismatch(
        junction.layer.bias, oracle.layers[index].bias.map(\.value), within: { _ in 1e-4 }, seed: 3)
      #expect(biases == nil, "\(junction.name)")
      let moved = zip(dense, network.junctions[index].layer.weights.dense).map { abs($0 - $1) }
      #expect((moved.max() ?? 0) > 0.02, "the comparison is of weights that moved")
    }
  }
}

/// A dense tanh network whose weights outside a pattern are set to 0 after every update, in `Double`.
private struct MaskedDenseNet {
  struct Layer {
    let inputs: Int, outputs: Int
    var weights: [DoubleRule]
    var bias: [DoubleRule]
    let mask: [Bool]
  }

  var layers: [Layer]

  init(_ network: Network, _ optimizer: Optimizer) {
    layers = network.junctions.map { junction in
      let pattern = junction.layer.pattern
      var mask = [Bool](repeating: false, count: pattern.inputs * pattern.outputs)
      for row in 0..<pattern.outputs {
        for edge in pattern.edges(ofRow: row) {
          mask[row * pattern.inputs + Int(pattern.columns[edge])] = true
        }
      }
      return Layer(
        inputs: pattern.inputs, outputs: pattern.outputs,
        weights: junction.layer.weights.dense.map {
          DoubleRule(optimizer, decays: true, value: Double($0))
        },
        bias: junction.layer.bias.map { DoubleRule(optimizer, decays: false, value: Double($0)) },
        mask: mask)
    }
  }

  /// One step over all samples; returns the mean loss before it.
  mutating func step(_ data: Dataset, factor: Double) -> Double {
    guard case .floats(let features) = data.features else { return .nan }
    let count = data.sampleCount
    var loss = 0.0
    var weightSlopes = layers.map { [Double](repeating: 0, count: $0.weights.count) }
    var biasSlopes = layers.map { [Double](repeating: 0, count: $0.outputs) }
    for sample in 0..<count {
      let first = sample * data.featureCount
      var states = [features[first..<first + data.featureCount].map(Double.init)]
      for (index, layer) in layers.enumerated() {
        let sums = (0..<layer.outputs).map { row in
          (0..<layer.inputs).reduce(layer.bias[row].value) {
            $0 + layer.weights[row * layer.inputs + $1].value * states[index][$1]
          }
        }
        states.append(index + 1 < layers.count ? sums.map { tanh($0) } : sums)
      }
      let label = Int(data.targets[0].labels[sample])
      let exponentials = states[layers.count].map { exp($0) }
      let total = exponentials.reduce(0, +)
      loss += log(total) - states[layers.count][label]
      var slopes = exponentials.enumerated().map { row, exponential in
        (exponential / total - (row == label ? 1 : 0)) / Double(count)
      }
      for index in layers.indices.reversed() {
        let layer = layers[index]
        var before = [Double](repeating: 0, count: layer.inputs)
        for row in 0..<layer.outputs {
          biasSlopes[index][row] += slopes[row]
          for column in 0..<layer.inputs {
            // The gradient of every weight, masked or not: the mask works on the weights alone.
            weightSlopes[index][row * layer.inputs + column] += slopes[row] * states[index][column]
            before[column] += slopes[row] * layer.weights[row * layer.inputs + column].value
          }
        }
        slopes = zip(before, states[index]).map { $0 * (1 - $1 * $1) }
      }
    }
    for index in layers.indices {
      for position in layers[index].weights.indices {
        layers[index].weights[position].update(weightSlopes[index][position], factor: factor)
        if !layers[index].mask[position] { layers[index].weights[position].value = 0 }
      }
      for row in layers[index].bias.indices {
        layers[index].bias[row].update(biasSlopes[index][row], factor: factor)
      }
    }
    return loss / Double(count)
  }
}
