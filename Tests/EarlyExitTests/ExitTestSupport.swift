import EarlyExit
import SparseCore
import SparseLayers
import _SparseTestSupport

/// A network with two early exits and an output, of random weights; with branches of another task
/// where asked for.
func exitNetwork(
  family: PatternFamily = .random, secondTask: Bool = false, seed: UInt64 = 1
) throws -> Network {
  let first = try junction(24, 40, family: family, seed: seed)
  let second = try junction(40, 32, family: family, seed: seed + 1)
  let third = try junction(32, 16, family: family, seed: seed + 2)
  func relu(_ size: Int) -> Activation { Activation(.relu, size: size) }
  var branches = [
    Branch(
      name: "exit1", position: 2, layers: [try junction(40, 8, family: .full, seed: seed + 3)]),
    Branch(
      name: "exit2", position: 4,
      // Begins with a layer that works in place: what the backbone goes on with must not change.
      layers: [
        Activation(.tanh, size: 32), try junction(32, 8, family: .full, seed: seed + 4),
      ]),
    Branch(
      name: "output", position: 6, layers: [try junction(16, 8, family: .full, seed: seed + 5)]),
  ]
  if secondTask {
    branches.insert(
      Branch(
        name: "other", position: 4, layers: [try junction(32, 3, family: .full, seed: seed + 6)],
        task: "other"), at: 2)
  }
  return try Network(
    inputSize: 24, backbone: [first, relu(40), second, relu(32), third, relu(16)],
    branches: branches)
}

/// Samples of 8 classes for that network.
func exitData(samples: Int, seed: UInt64 = 7) throws -> Dataset {
  try clusters(samples: samples, features: 24, classes: 8, seed: seed)
}

/// Records of random outputs, in which later exits are surer and more often right.
func randomRecords(samples: Int, exits: Int, seed: UInt64, levels: Int = 0) throws -> ExitRecords {
  var stream = RandomStream(seed: seed, purpose: "records")
  let classes = 4
  let labels = (0..<samples).map { _ in Int32(stream.below(classes)) }
  let outputs = (0..<exits).map { exit in
    labels.flatMap { label in
      (0..<classes).map { row -> Float in
        let value = 3 * stream.uniformFloat() + (row == Int(label) ? 0.6 * Float(exit + 1) : 0)
        // Few different values make equal confidences.
        return levels > 0 ? (value * Float(levels)).rounded() / Float(levels) : value
      }
    }
  }
  return try ExitRecords(
    names: (0..<exits).map { "exit\($0 + 1)" }, macs: (0..<exits).map { 100 * ($0 + 1) * ($0 + 1) },
    outputs: outputs, labels: labels)
}
