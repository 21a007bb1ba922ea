public import SparseCore
public import SparseLayers

/// A small junction with random weights and biases.
///
/// - Parameters:
///   - inputs: Number of left neurons.
///   - outputs: Number of right neurons.
///   - density: The kept fraction.
///   - family: The pattern family.
///   - seed: Decides pattern and values.
/// - Returns: The junction.
/// - Throws: What making a pattern throws.
public func junction(
  _ inputs: Int, _ outputs: Int, density: Double = 0.5, family: PatternFamily = .random,
  seed: UInt64 = 1
) throws -> SparseLinear {
  let pattern = try PatternRecipe.nearest(
    family: family, inputs: inputs, outputs: outputs, density: density, seed: seed, junction: 0
  ).recipe.makePattern()
  return try SparseLinear(
    weights: SparseMatrix(
      pattern: pattern, values: randomFloats(pattern.edgeCount, seed: seed, "weights")),
    bias: randomFloats(outputs, seed: seed, "bias"))
}

/// A batch normalisation with random numbers everywhere.
///
/// - Parameters:
///   - size: The number of features.
///   - seed: Decides the numbers.
/// - Returns: The layer.
/// - Throws: Nothing, as the numbers fit.
public func normalization(_ size: Int, seed: UInt64 = 1) throws -> BatchNormalization {
  var layer = BatchNormalization(size: size)
  try layer.setParameters([
    randomFloats(size, seed: seed, "gamma"), randomFloats(size, seed: seed, "beta"),
    randomFloats(size, seed: seed, "mean"),
    randomFloats(size, seed: seed, "variance").map { abs($0) + 0.1 },
  ])
  return layer
}

/// Samples around one centre per class, far enough apart to be learnt, near enough to be mistaken.
///
/// - Parameters:
///   - samples: How many.
///   - features: The features of a sample.
///   - classes: The classes of the one task, `label`.
///   - seed: Decides the samples.
/// - Returns: The data.
/// - Throws: What making a data set throws.
public func clusters(
  samples: Int, features: Int, classes: Int, seed: UInt64 = 7
) throws -> Dataset {
  let centers = randomFloats(classes * features, seed: seed, "centers")
  let noise = randomFloats(samples * features, seed: seed, "noise")
  let labels = (0..<samples).map { Int32($0 % classes) }
  let values = (0..<samples * features).map { index in
    centers[Int(labels[index / features]) * features + index % features] + noise[index]
  }
  return try Dataset(
    features: .floats(values), featureCount: features,
    targets: [
      Target(name: "label", classNames: (0..<classes).map { "class \($0)" }, labels: labels)
    ])
}

extension Network {
  /// The bits of every parameter, to compare runs exactly.
  public var bits: [[UInt32]] {
    places.flatMap { self[$0].parameters.map { $0.values.map(\.bitPattern) } }
  }
}
