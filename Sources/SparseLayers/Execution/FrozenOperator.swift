internal import SparseCore

/// Runs a layer that is not trained: as in inference, with nothing to update and no way back.
final class FrozenOperator: LayerOperator {
  var output: Node { layer.output }
  var readsOutputBackward: Bool { false }
  var trainedParameters: [TrainedParameter] { [] }
  var parameterParts: [ParameterPart] { [] }
  var parameterValues: [[Float]] { layer.parameterValues }

  private let layer: any LayerOperator

  /// - Parameter layer: Made without gradients.
  init(_ layer: any LayerOperator) { self.layer = layer }

  func untrainedFloats(tiles: Int) -> Int { layer.untrainedFloats(tiles: tiles) }

  func setParameterValues(_ values: [[Float]]) { layer.setParameterValues(values) }

  func fuse(slope: Float) -> Bool { layer.fuse(slope: slope) }

  func beginForward(_ pass: Pass) {
    layer.beginForward(Pass(shape: pass.shape, mode: .inference))
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    try layer.forward(tile: index, Pass(shape: pass.shape, mode: .inference))
  }

  func backward(tile index: Int, _ pass: Pass) throws {}
}
