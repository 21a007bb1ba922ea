internal import CSparseKernels
public import SparseCore

/// A function applied to each feature by itself.
public struct Activation: Layer {
  /// The name of this kind of layer in model files.
  public static let kind = "activation"

  /// The functions, whose derivatives can all be told from their values.
  public enum Function: String, CaseIterable, Codable, Sendable {
    /// max(x, 0)
    case relu
    /// x where x > 0, else x / 100
    case leakyReLU = "leaky-relu"
    /// The hyperbolic tangent.
    case tanh
    /// 1 / (1 + e⁻ˣ)
    case sigmoid
  }

  /// The function.
  public let function: Function
  /// The number of features.
  public let size: Int

  /// The number of features that come in.
  public var inputSize: Int { size }
  /// The number of features that go out.
  public var outputSize: Int { size }
  /// The arrays that training changes or keeps.
  public var parameters: [LayerParameter] { [] }

  /// Creates an activation.
  ///
  /// - Parameters:
  ///   - function: The function.
  ///   - size: The number of features.
  public init(_ function: Function, size: Int) {
    self.function = function
    self.size = size
  }

  /// What it takes, besides the parameters, to make this layer again.
  public var description: LayerDescription {
    LayerDescription(
      kind: Self.kind, inputSize: size, outputSize: size, function: function.rawValue)
  }

  /// Makes the layer that a file describes.
  public init(
    description: LayerDescription, pattern: Pattern?, parameters: [String: [Float]]
  ) throws {
    let name = description.function ?? ""
    guard let function = Function(rawValue: name) else {
      let known = Function.allCases.map(\.rawValue).joined(separator: ", ")
      throw SparseError(.corruptFile, "Unknown activation '\(name)'; known are \(known).")
    }
    self.init(function, size: description.inputSize)
  }

  /// Replaces the parameters after training.
  public mutating func setParameters(_ values: [[Float]]) throws { try checkParameters(values) }

  /// Makes what runs this layer.
  public func makeOperator(_ context: OperatorContext) throws -> any LayerOperator {
    ActivationOperator(function, context)
  }
}

extension Activation.Function {
  static let leakySlope: Float = 0.01

  /// The slope below 0 of the functions that are straight on both sides.
  var slope: Float? {
    switch self {
    case .relu: 0
    case .leakyReLU: Self.leakySlope
    case .tanh, .sigmoid: nil
    }
  }

  /// Applies the function to each float of a tile; `target` may be `source`.
  func apply(to source: Tile, into target: Tile) {
    precondition(
      source.features == target.features && source.width == target.width,
      "tiles of different sizes")
    let count = source.features * source.width
    let kernels = KernelSet.elementWise
    // SAFETY: both tiles hold features × width floats.
    switch self {
    case .tanh: unsafe kernels.table.hyperbolic_tangent(source.base, target.base, count)
    case .sigmoid: unsafe kernels.table.logistic(source.base, target.base, count)
    case .relu: applySlope(0)
    case .leakyReLU: applySlope(Self.leakySlope)
    }
    func applySlope(_ slope: Float) {
      if unsafe source.base != target.base {
        unsafe target.base.update(from: source.base, count: count)
      }
      unsafe kernels.table.relu(target.base, count, slope)
    }
  }

  /// Turns the gradient of the function's values into that of its arguments.
  ///
  /// - Parameters:
  ///   - gradient: The gradient of the values; `target` may be the same tile.
  ///   - values: What the function gave.
  ///   - target: Where the gradient of the arguments goes.
  ///   - adds: Whether it is added to what is there.
  func differentiate(_ gradient: Tile, values: Tile, into target: Tile, adds: Bool) {
    precondition(
      values.features == gradient.features && values.width == gradient.width
        && target.features == gradient.features && target.width == gradient.width,
      "tiles of different sizes")
    let (y, dy, dx) = unsafe (values.base, gradient.base, target.base)
    let count = values.features * values.width
    let kernels = KernelSet.elementWise
    // SAFETY: all three tiles hold features × width floats.
    switch self {
    case .tanh: unsafe kernels.table.curve_gradient(y, dy, dx, count, 1, adds ? 1 : 0)
    case .sigmoid: unsafe kernels.table.curve_gradient(y, dy, dx, count, 0, adds ? 1 : 0)
    case .relu: unsafe kernels.table.relu_gradient(y, dy, dx, count, 0, adds ? 1 : 0)
    case .leakyReLU:
      unsafe kernels.table.relu_gradient(y, dy, dx, count, Self.leakySlope, adds ? 1 : 0)
    }
  }
}

/// Works in place where it may: the layer before needs its own output no more, and has no other reader.
private final class ActivationOperator: LayerOperator {
  let output: Node
  var readsOutputBackward: Bool { true }

  private let function: Activation.Function
  private let input: Node
  private let accumulates: Bool
  /// Whether the layer before has done it.
  private let isFused: Bool

  init(_ function: Activation.Function, _ context: OperatorContext) {
    self.function = function
    input = context.input
    accumulates = context.accumulatesInputGradient
    output =
      context.mayOverwriteInput
      ? input : context.makeOutput(features: context.input.values.features)
    isFused =
      output === input && function.slope.map { context.maker?.fuse(slope: $0) ?? false } ?? false
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    if isFused { return }
    let from = input.values.tile(index, of: pass.shape)
    function.apply(to: from, into: output.values.tile(index, of: pass.shape))
  }

  func backward(tile index: Int, _ pass: Pass) throws {
    guard let inputGradient = input.gradient, let outputGradient = output.gradient else { return }
    function.differentiate(
      outputGradient.tile(index, of: pass.shape),
      values: output.values.tile(index, of: pass.shape),
      into: inputGradient.tile(index, of: pass.shape), adds: accumulates)
  }
}
