internal import Foundation
internal import SparseCore
public import SparseLayers

/// A whole network and its loss in `Double`, computed sample by sample from the layers' definitions.
///
/// The oracle of gradients: it reads a network's public values, and shares no code with its operators.
public struct DoubleNetwork {
  let network: Network
  /// The arrays of every layer, in the order of `Layer.parameters`; change them to move the network.
  public var parameters: [Network.Place: [[Double]]]
  /// What dropout multiplies each feature of each sample by, `[samples × features]`; 1 without.
  public var factors: [Network.Place: [[Double]]] = [:]
  /// Whether batch normalisation uses the batch's statistics.
  public var isTraining = true

  /// Reads a network.
  ///
  /// - Parameter network: The network.
  public init(_ network: Network) {
    self.network = network
    parameters = Dictionary(
      uniqueKeysWithValues: network.places.map { place in
        (place, network[place].parameters.map { $0.values.map(Double.init) })
      })
  }

  /// Computes the outputs of every branch.
  ///
  /// - Parameter input: `[samples][features]`.
  /// - Returns: `[branch][sample][output]`.
  public func outputs(_ input: [[Double]]) -> [[[Double]]] {
    var states = [input]
    for index in network.backbone.indices {
      states.append(apply(.backbone(index), to: states[index]))
    }
    return network.branches.enumerated().map { branch, description in
      description.layers.indices.reduce(states[description.position]) { state, index in
        apply(.branch(branch, index), to: state)
      }
    }
  }

  /// Computes Σ weight · mean loss over the branches.
  ///
  /// - Parameters:
  ///   - input: `[samples][features]`.
  ///   - labels: `[branch][sample]`.
  ///   - loss: The loss of each branch.
  /// - Returns: What training minimises.
  public func objective(_ input: [[Double]], labels: [[Int]], loss: Loss) -> Double {
    zip(network.branches, zip(outputs(input), labels)).reduce(0) { sum, part in
      let (branch, (outputs, labels)) = part
      let total = zip(outputs, labels).reduce(0) { $0 + Self.loss(loss, $1.0, label: $1.1) }
      return sum + Double(branch.lossWeight) * total / Double(input.count)
    }
  }

  private static func loss(_ loss: Loss, _ outputs: [Double], label: Int) -> Double {
    switch loss {
    case .softmaxCrossEntropy:
      return log(outputs.reduce(0) { $0 + exp($1) }) - outputs[label]
    case .meanSquaredError:
      let squares = outputs.enumerated().map { pow($1 - ($0 == label ? 1 : 0), 2) }
      return squares.reduce(0, +) / Double(outputs.count)
    }
  }

  private func apply(_ place: Network.Place, to samples: [[Double]]) -> [[Double]] {
    let arrays = parameters[place] ?? []
    switch network[place] {
    case let layer as SparseLinear:
      let pattern = layer.pattern
      return samples.map { sample in
        (0..<pattern.outputs).map { row in
          (pattern.rowOffsets[row]..<pattern.rowOffsets[row + 1]).reduce(arrays[1][row]) {
            $0 + arrays[0][$1] * sample[Int(pattern.columns[$1])]
          }
        }
      }
    case let layer as Activation:
      return samples.map { $0.map { Self.value(of: layer.function, at: $0) } }
    case is Dropout:
      guard let factors = factors[place] else { return samples }
      return zip(samples, factors).map { zip($0, $1).map { $0 * $1 } }
    case let layer as BatchNormalization:
      return normalized(samples, layer, arrays)
    default:
      fatalError("the oracle does not know a \(type(of: network[place]))")
    }
  }

  private static func value(of function: Activation.Function, at x: Double) -> Double {
    switch function {
    case .relu: x > 0 ? x : 0
    case .leakyReLU: x > 0 ? x : x / 100
    case .tanh: tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    }
  }

  private func normalized(
    _ samples: [[Double]], _ layer: BatchNormalization, _ arrays: [[Double]]
  ) -> [[Double]] {
    var result = samples
    for feature in 0..<layer.size {
      let column = samples.map { $0[feature] }
      let count = Double(samples.count)
      let mean = isTraining ? column.reduce(0, +) / count : arrays[2][feature]
      let variance =
        isTraining ? column.reduce(0) { $0 + pow($1 - mean, 2) } / count : arrays[3][feature]
      for sample in samples.indices {
        let distance = (samples[sample][feature] - mean) / sqrt(variance + layer.epsilon)
        result[sample][feature] = arrays[0][feature] * distance + arrays[1][feature]
      }
    }
    return result
  }
}
