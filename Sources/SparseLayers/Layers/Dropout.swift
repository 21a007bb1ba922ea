internal import CSparseKernels
public import SparseCore

/// While training, sets each feature of each sample to 0 with a fixed probability and scales the
/// others so that the expected value stays; otherwise passes everything on unchanged.
///
/// Which features fall depends on the seed, the layer, the step and the tile, not on any state: a
/// resumed run drops what the uninterrupted one would have dropped, and the way back finds out again
/// instead of keeping it.
public struct Dropout: Layer {
  /// The name of this kind of layer in model files.
  public static let kind = "dropout"

  /// The probability with which a feature is set to 0, in 0..<1.
  public let rate: Double
  /// The number of features.
  public let size: Int

  /// The number of features that come in.
  public var inputSize: Int { size }
  /// The number of features that go out.
  public var outputSize: Int { size }
  /// The arrays that training changes or keeps.
  public var parameters: [LayerParameter] { [] }

  /// Creates a dropout layer.
  ///
  /// - Parameters:
  ///   - rate: The probability with which a feature is set to 0.
  ///   - size: The number of features.
  /// - Throws: `SparseError.Code.invalidArgument` when the rate is not in 0..<1.
  public init(rate: Double, size: Int) throws {
    guard rate >= 0, rate < 1 else {
      throw SparseError(.invalidArgument, "A dropout rate must be in 0..<1, but is \(rate).")
    }
    self.rate = rate
    self.size = size
  }

  /// What it takes, besides the parameters, to make this layer again.
  public var description: LayerDescription {
    LayerDescription(
      kind: Self.kind, inputSize: size, outputSize: size, settings: ["rate": rate])
  }

  /// Makes the layer that a file describes.
  public init(
    description: LayerDescription, pattern: Pattern?, parameters: [String: [Float]]
  ) throws {
    try self.init(rate: description.setting("rate", in: 0...1), size: description.inputSize)
  }

  /// Replaces the parameters after training.
  public mutating func setParameters(_ values: [[Float]]) throws { try checkParameters(values) }

  /// Makes what runs this layer.
  public func makeOperator(_ context: OperatorContext) throws -> any LayerOperator {
    DropoutOperator(self, context)
  }
}

private final class DropoutOperator: LayerOperator {
  let output: Node

  private let input: Node
  private let accumulates: Bool
  private let seed: UInt64
  private let purpose: String
  private let scale: Float
  /// A random word of 32 bits below this lets a feature fall.
  private let threshold: UInt32

  init(_ layer: Dropout, _ context: OperatorContext) {
    input = context.input
    accumulates = context.accumulatesInputGradient
    seed = context.seed
    purpose = "dropout \(context.identity)"
    scale = Float(1 / (1 - layer.rate))
    threshold = UInt32(min(layer.rate * 0x1p32, 0x1p32 - 1))
    output =
      !context.isTraining && context.mayOverwriteInput
      ? input : context.makeOutput(features: layer.size)
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    drop(input.values, into: output.values, tile: index, pass, adds: false)
  }

  func backward(tile index: Int, _ pass: Pass) throws {
    guard let inputGradient = input.gradient, let outputGradient = output.gradient else { return }
    drop(outputGradient, into: inputGradient, tile: index, pass, adds: accumulates)
  }

  private func drop(
    _ source: Tiles, into target: Tiles, tile index: Int, _ pass: Pass, adds: Bool
  ) {
    let from = source.tile(index, of: pass.shape)
    let to = target.tile(index, of: pass.shape)
    let count = from.features * from.width
    let kernels = KernelSet.elementWise
    // SAFETY: both tiles hold features × width floats.
    switch pass.mode {
    case .inference where adds:
      unsafe kernels.table.dropout(from.base, to.base, count, 0, 0, 1, 1)
    case .inference:
      if unsafe from.base != to.base { unsafe to.base.update(from: from.base, count: count) }
    case .training(let step):
      // No batch has 2²⁰ tiles.
      var stream = RandomStream(seed: seed, purpose: purpose, index: step << 20 | index)
      unsafe kernels.table.dropout(
        from.base, to.base, count, stream.next(), threshold, scale, adds ? 1 : 0)
    }
  }
}
