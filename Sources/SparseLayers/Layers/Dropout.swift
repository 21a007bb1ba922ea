public import SparseCore

/// While training, sets each feature of each sample to 0 with a fixed probability and scales the
/// others so that the expected value stays; otherwise passes everything on unchanged.
///
/// Which features fall depends on the seed, the layer, the step and the tile, not on any state: a
/// resumed run drops what the uninterrupted one would have dropped.
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

  private let layer: Dropout
  private let input: Node
  private let accumulates: Bool
  private let seed: UInt64
  /// The purpose of each tile's random stream; no batch has more tiles than lanes.
  private let purposes: [String]

  init(_ layer: Dropout, _ context: OperatorContext) {
    self.layer = layer
    input = context.input
    accumulates = context.accumulatesInputGradient
    seed = context.seed
    purposes = (0..<context.capacity).map { "dropout \(context.identity) \($0)" }
    output = context.makeOutput(features: layer.size)
  }

  /// The factors of a tile in one step, drawn anew for the way back instead of being kept.
  private func factors(tile index: Int, _ pass: Pass) -> DropoutFactors {
    guard case .training(let step) = pass.mode else { return DropoutFactors(rate: 0, stream: nil) }
    return DropoutFactors(
      rate: Float(layer.rate),
      stream: RandomStream(seed: seed, purpose: purposes[index], index: step))
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    var factors = factors(tile: index, pass)
    input.values.tile(index, of: pass.shape).mapped(to: output.values.tile(index, of: pass.shape)) {
      x, _ in x * factors.next()
    }
  }

  func backward(tile index: Int, _ pass: Pass) throws {
    guard let inputGradient = input.gradient, let outputGradient = output.gradient else { return }
    var factors = factors(tile: index, pass)
    let accumulates = accumulates
    outputGradient.tile(index, of: pass.shape).mapped(
      to: inputGradient.tile(index, of: pass.shape)
    ) { dy, dx in
      let gradient = dy * factors.next()
      return accumulates ? dx + gradient : gradient
    }
  }
}

/// What dropout multiplies the features of a tile by, one after the other.
private struct DropoutFactors {
  private let rate: Float
  private let scale: Float
  /// Nil when nothing falls.
  private var stream: RandomStream?

  init(rate: Float, stream: RandomStream?) {
    self.rate = rate
    scale = 1 / (1 - rate)
    self.stream = stream
  }

  @inline(__always)
  mutating func next() -> Float {
    guard let number = stream?.uniformFloat() else { return 1 }
    return number < rate ? 0 : scale
  }
}
