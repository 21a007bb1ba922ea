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

private final class BatchNormalizationOperator: LayerOperator {
  let output: Node
  let trainedParameters: [TrainedParameter]
  var needsWholeBatch: Bool { true }
  /// Running mean and variance, mean and inverse deviation.
  var untrainedFloats: Int { 4 * layer.size }

  private let layer: BatchNormalization
  private let input: Node
  private let accumulates: Bool
  private let buffers: [FloatBuffer]  // γ, β, running mean, running variance
  private let gammaGradient: FloatBuffer
  private let betaGradient: FloatBuffer
  private let mean: FloatBuffer
  private let inverseDeviation: FloatBuffer

  init(_ layer: BatchNormalization, _ context: OperatorContext) {
    self.layer = layer
    input = context.input
    accumulates = context.accumulatesInputGradient
    output = context.makeOutput(features: layer.size)
    buffers = layer.parameters.map { FloatBuffer($0.values) }
    gammaGradient = FloatBuffer(count: layer.size)
    betaGradient = FloatBuffer(count: layer.size)
    mean = FloatBuffer(count: layer.size)
    inverseDeviation = FloatBuffer(count: layer.size)
    trainedParameters = [
      TrainedParameter(values: buffers[0], gradient: gammaGradient, decays: false),
      TrainedParameter(values: buffers[1], gradient: betaGradient, decays: false),
    ]
  }

  var parameterValues: [[Float]] { buffers.map(\.values) }

  func setParameterValues(_ values: [[Float]]) {
    for (buffer, array) in zip(buffers, values) { buffer.copy(from: array) }
  }

  func beginForward(_ pass: Pass) {
    let samples = Double(pass.shape.samples)
    for feature in 0..<layer.size {
      var center = Double(buffers[2][feature])
      var variance = Double(buffers[3][feature])
      if case .training = pass.mode {
        center = sum(feature, pass.shape) { x, _ in x } / samples
        let batchMean = center
        variance =
          sum(feature, pass.shape) { x, _ in (x - batchMean) * (x - batchMean) } / samples
        keep(center, in: buffers[2], feature)
        keep(variance, in: buffers[3], feature)
      }
      mean[feature] = Float(center)
      inverseDeviation[feature] = Float(1 / (variance + layer.epsilon).squareRoot())
    }
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    let x = input.values.tile(index, of: pass.shape)
    let y = output.values.tile(index, of: pass.shape)
    for feature in 0..<layer.size {
      let scale = inverseDeviation[feature] * buffers[0][feature]
      let shift = buffers[1][feature] - mean[feature] * scale
      for lane in 0..<x.width { y[feature, lane] = x[feature, lane] * scale + shift }
    }
  }

  func beginBackward(_ pass: Pass) {
    for feature in 0..<layer.size {
      let center = Double(mean[feature])
      let inverse = Double(inverseDeviation[feature])
      betaGradient[feature] = Float(sum(feature, pass.shape) { _, dy in dy })
      gammaGradient[feature] = Float(
        sum(feature, pass.shape) { x, dy in dy * (x - center) * inverse })
    }
  }

  // dx = γ/(σ·n) · (n·dy − Σdy − x̂·Σ(dy·x̂)), where the sums are those of 'beginBackward'.
  func backward(tile index: Int, _ pass: Pass) throws {
    guard let inputGradient = input.gradient, let outputGradient = output.gradient else { return }
    let x = input.values.tile(index, of: pass.shape)
    let dy = outputGradient.tile(index, of: pass.shape)
    let dx = inputGradient.tile(index, of: pass.shape)
    let share = 1 / Float(pass.shape.samples)
    for feature in 0..<layer.size {
      let inverse = inverseDeviation[feature]
      for lane in 0..<x.width {
        let normalized = (x[feature, lane] - mean[feature]) * inverse
        let centered =
          dy[feature, lane] - share * (betaGradient[feature] + normalized * gammaGradient[feature])
        // Padding lanes must stay without gradient: the weight gradient sums over all lanes.
        let gradient = lane < x.samples ? buffers[0][feature] * inverse * centered : 0
        dx[feature, lane] = accumulates ? dx[feature, lane] + gradient : gradient
      }
    }
  }

  private func keep(_ value: Double, in running: FloatBuffer, _ feature: Int) {
    running[feature] = Float(
      layer.momentum * Double(running[feature]) + (1 - layer.momentum) * value)
  }

  /// Σ of a function of x and dy over the batch's samples of one feature; padding is left out.
  private func sum(
    _ feature: Int, _ shape: Tiles.Shape, _ term: (_ x: Double, _ dy: Double) -> Double
  ) -> Double {
    var sum = 0.0
    for index in 0..<shape.count {
      let x = input.values.tile(index, of: shape)
      let dy = output.gradient?.tile(index, of: shape)
      for lane in 0..<x.samples {
        sum += term(Double(x[feature, lane]), Double(dy?[feature, lane] ?? 0))
      }
    }
    return sum
  }
}
