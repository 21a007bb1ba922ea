public import SparseCore

/// Normalises each feature over the batch, then scales and shifts it (Ioffe, Szegedy 2015).
///
///     y = γ · (x − mean) / √(variance + ε) + β
///
/// While training, mean and (biased) variance are those of the batch, and running averages of them
/// are kept with `momentum`; otherwise the running averages are used.
public struct BatchNormalization: Layer {
  /// The name of this kind of layer in model files.
  public static let kind = "batch-normalization"

  /// The number of features.
  public let size: Int
  /// The share of the running averages that one training step keeps.
  public let momentum: Double
  /// Added to the variance.
  public let epsilon: Double

  /// γ, β, running mean, running variance; one value per feature each.
  private var arrays: [[Float]]
  private static let momenta = 0.0...1
  private static let epsilons = 1e-12...1
  private static let names = ["gamma", "beta", "running_mean", "running_variance"]

  /// The number of features that come in.
  public var inputSize: Int { size }
  /// The number of features that go out.
  public var outputSize: Int { size }

  /// Creates a layer that begins as the identity.
  ///
  /// - Parameters:
  ///   - size: The number of features.
  ///   - momentum: The share of the running averages that one training step keeps, in 0…1.
  ///   - epsilon: Added to the variance, in 1e-12…1.
  public init(size: Int, momentum: Double = 0.9, epsilon: Double = 1e-5) {
    precondition(size >= 0, "a batch normalisation of \(size) features")
    precondition(
      Self.momenta.contains(momentum) && Self.epsilons.contains(epsilon),
      "a momentum of \(momentum), an epsilon of \(epsilon)")
    self.size = size
    self.momentum = momentum
    self.epsilon = epsilon
    arrays = [Float(1), 0, 0, 1].map { [Float](repeating: $0, count: size) }
  }

  /// The arrays that training changes or keeps.
  public var parameters: [LayerParameter] {
    zip(Self.names, arrays).enumerated().map { index, pair in
      LayerParameter(name: pair.0, values: pair.1, isTrained: index < 2)
    }
  }

  /// What it takes, besides the parameters, to make this layer again.
  public var description: LayerDescription {
    LayerDescription(
      kind: Self.kind, inputSize: size, outputSize: size,
      settings: ["momentum": momentum, "epsilon": epsilon])
  }

  /// Makes the layer that a file describes.
  public init(
    description: LayerDescription, pattern: Pattern?, parameters: [String: [Float]]
  ) throws {
    size = description.inputSize
    momentum = try description.setting("momentum", in: Self.momenta)
    epsilon = try description.setting("epsilon", in: Self.epsilons)
    arrays = try Self.names.map {
      try Self.array($0, count: description.inputSize, from: parameters)
    }
    if let position = arrays[3].firstIndex(where: { $0 < 0 }) {
      throw SparseError(
        .corruptFile,
        "'running_variance' holds \(arrays[3][position]) at \(position); it is below 0.")
    }
  }

  /// Replaces the parameters after training.
  public mutating func setParameters(_ values: [[Float]]) throws {
    try checkParameters(values)
    arrays = values
  }

  /// Makes what runs this layer.
  public func makeOperator(_ context: OperatorContext) throws -> any LayerOperator {
    BatchNormalizationOperator(self, context)
  }
}
