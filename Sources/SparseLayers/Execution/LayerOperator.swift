public import SparseCore

/// Activations somewhere in a network, and the gradient of the loss with respect to them.
public final class Node: @unchecked Sendable {
  // SAFETY: 'values' changes only between two phases of a step, when no worker runs.

  /// The activations.
  public internal(set) var values: Tiles
  /// The gradient; nil where none is needed, as for the data or when only predicting.
  public let gradient: Tiles?

  /// Allocates a node.
  ///
  /// - Parameters:
  ///   - features: The number of features.
  ///   - capacity: The largest number of lanes of a batch.
  ///   - hasGradient: Whether to allocate the gradient.
  public init(features: Int, capacity: Int, hasGradient: Bool) {
    values = Tiles(features: features, capacity: capacity)
    gradient = hasGradient ? Tiles(features: features, capacity: capacity) : nil
  }
}

/// What a layer needs to make its operator.
public struct OperatorContext {
  /// The node that the layer reads.
  public let input: Node
  /// The operator that writes `input`; nil for data.
  public let maker: (any LayerOperator)?
  /// Whether the layer may overwrite `input`: nobody else reads it, nor its maker for its gradient.
  public let mayOverwriteInput: Bool
  /// Whether the input gradient is added to what another reader of `input` has put there.
  public let accumulatesInputGradient: Bool
  /// Whether gradients are computed.
  public let isTraining: Bool
  /// The largest number of lanes of a batch.
  public let capacity: Int
  /// The largest number of tiles of a batch.
  public let tileCapacity: Int
  /// A number that no other layer of the network has; selects the layer's random stream.
  public let identity: Int
  /// The seed of the layer's random stream.
  public let seed: UInt64
  /// The planned products, for junctions.
  public let plan: (any JunctionPlan)?

  /// Allocates the node that the layer writes.
  ///
  /// - Parameter features: The layer's `outputSize`.
  /// - Returns: The node.
  public func makeOutput(features: Int) -> Node {
    Node(features: features, capacity: capacity, hasGradient: isTraining)
  }
}

/// One batch's way through the operators.
public struct Pass: Sendable {
  /// What the pass is for.
  public enum Mode: Hashable, Sendable {
    /// Dropout is off and batch normalisation uses its running statistics.
    case inference
    /// Dropout and batch statistics are on; `step` counts the training steps from 0.
    case training(step: Int)
  }

  /// How the batch is laid out.
  public var shape: Tiles.Shape
  /// What the pass is for.
  public var mode: Mode

  /// Creates a pass.
  ///
  /// - Parameters:
  ///   - shape: How the batch is laid out.
  ///   - mode: What the pass is for.
  public init(shape: Tiles.Shape, mode: Mode) {
    self.shape = shape
    self.mode = mode
  }
}

/// What runs a layer: planned products, buffers and gradients.
///
/// A training step calls, in this order, `forward` for each tile, `backward` for each tile, and
/// `finishBackward` for each part. Calls for different tiles, and for different parts, may run
/// concurrently. `beginForward` comes once before the first tile.
///
/// An operator that needs the whole batch in training gets `collectForward` for each tile of its
/// input, concurrently as soon as the tile is complete, and `beginForward` after the last of them; on
/// the way back `collectBackward` and `beginBackward` likewise.
public protocol LayerOperator: AnyObject {
  /// The node that this operator writes; its input, when it works in place.
  var output: Node { get }

  /// Whether in training the operator needs the whole batch before it can treat a tile, as batch
  /// statistics do.
  var needsWholeBatch: Bool { get }

  /// Whether `backward` reads the values that `forward` wrote to `output`.
  var readsOutputBackward: Bool { get }

  /// The arrays that an optimiser changes, with their gradients; in the order of the layer's
  /// trained parameters.
  var trainedParameters: [TrainedParameter] { get }

  /// The floats that the operator keeps beside its output and its trained parameters.
  ///
  /// - Parameter tiles: The largest number of tiles of a batch.
  /// - Returns: Their number.
  func untrainedFloats(tiles: Int) -> Int

  /// The parts in which `finishBackward` works: pieces of trained parameters, together all of them.
  var parameterParts: [ParameterPart] { get }

  /// The current arrays of all the layer's parameters, in the layer's order.
  var parameterValues: [[Float]] { get }

  /// Takes over arrays in the layer's order, as after reading a checkpoint.
  ///
  /// - Parameter values: One array per parameter of the layer, in its order and sizes.
  func setParameterValues(_ values: [[Float]])

  /// Takes over the next layer's activation: negative outputs are multiplied by a slope.
  ///
  /// Called once, before anything is computed, and only when nobody needs the outputs without it.
  ///
  /// - Parameter slope: The slope, 0 for max(x, 0).
  /// - Returns: Whether the operator does it.
  func fuse(slope: Float) -> Bool

  /// Takes in what must be known of one tile of the input before any can be treated.
  ///
  /// - Parameters:
  ///   - index: The tile, in `0..<pass.shape.count`.
  ///   - pass: How the batch is laid out, and what the pass is for.
  func collectForward(tile index: Int, _ pass: Pass)

  /// Prepares the forward tiles of a batch.
  ///
  /// - Parameter pass: How the batch is laid out, and what the pass is for.
  func beginForward(_ pass: Pass)

  /// Computes one tile of `output`.
  ///
  /// - Parameters:
  ///   - index: The tile, in `0..<pass.shape.count`.
  ///   - pass: How the batch is laid out, and what the pass is for.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  func forward(tile index: Int, _ pass: Pass) throws

  /// Takes in what must be known of one tile of the output gradient before any can be treated.
  ///
  /// - Parameters:
  ///   - index: The tile, in `0..<pass.shape.count`.
  ///   - pass: The pass that went forward last.
  func collectBackward(tile index: Int, _ pass: Pass)

  /// Prepares the backward tiles of a batch; only called where the whole batch is needed.
  ///
  /// - Parameter pass: The pass that went forward last.
  func beginBackward(_ pass: Pass)

  /// Turns one tile of `output.gradient` into one of the input's gradient.
  ///
  /// - Parameters:
  ///   - index: The tile, in `0..<pass.shape.count`.
  ///   - pass: The pass that went forward last.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  func backward(tile index: Int, _ pass: Pass) throws

  /// Computes the gradient of one part of the parameters, when all tiles went backward.
  ///
  /// - Parameters:
  ///   - index: The part's position in `parameterParts`.
  ///   - pass: The pass that went forward last.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  func finishBackward(part index: Int, _ pass: Pass) throws
}

extension LayerOperator {
  /// False: each tile can be treated by itself.
  public var needsWholeBatch: Bool { false }
  /// False: the way back does not read the output.
  public var readsOutputBackward: Bool { false }
  /// No parameters.
  public var trainedParameters: [TrainedParameter] { [] }
  /// None.
  public func untrainedFloats(tiles: Int) -> Int { 0 }
  /// Each trained parameter as one part.
  public var parameterParts: [ParameterPart] {
    trainedParameters.enumerated().map { ParameterPart(parameter: $0, values: 0..<$1.values.count) }
  }
  /// No arrays.
  public var parameterValues: [[Float]] { [] }
  /// Nothing to take over.
  public func setParameterValues(_ values: [[Float]]) {}
  /// False: activations are left to their own operators.
  public func fuse(slope: Float) -> Bool { false }
  /// Nothing to take in.
  public func collectForward(tile index: Int, _ pass: Pass) {}
  /// Nothing to prepare.
  public func beginForward(_ pass: Pass) {}
  /// Nothing to take in.
  public func collectBackward(tile index: Int, _ pass: Pass) {}
  /// Nothing to prepare.
  public func beginBackward(_ pass: Pass) {}
  /// Nothing to compute.
  public func finishBackward(part index: Int, _ pass: Pass) throws {}
}

/// A piece of one of a layer's trained parameters.
public struct ParameterPart: Hashable, Sendable {
  /// The parameter's position among the operator's `trainedParameters`.
  public var parameter: Int
  /// The values of the piece.
  public var values: Range<Int>

  /// Creates a piece.
  ///
  /// - Parameters:
  ///   - parameter: The parameter's position among the operator's `trainedParameters`.
  ///   - values: The values of the piece.
  public init(parameter: Int, values: Range<Int>) {
    self.parameter = parameter
    self.values = values
  }
}

/// An array that an optimiser changes, and the gradient of the loss with respect to it.
public struct TrainedParameter: Sendable {
  /// The values, changed in place.
  public let values: FloatBuffer
  /// One gradient per value.
  public let gradient: FloatBuffer
  /// Whether L2 and weight decay apply: to weights, not to biases.
  public let decays: Bool
  /// The junction weights whose transposed copy follows the values, if any.
  public let weights: JunctionWeights?

  /// Creates a parameter.
  ///
  /// - Parameters:
  ///   - values: The values, changed in place.
  ///   - gradient: One gradient per value.
  ///   - decays: Whether L2 and weight decay apply.
  ///   - weights: The junction weights that `values` belongs to, if any.
  public init(
    values: FloatBuffer, gradient: FloatBuffer, decays: Bool, weights: JunctionWeights? = nil
  ) {
    self.values = values
    self.gradient = gradient
    self.decays = decays
    self.weights = weights
  }
}
