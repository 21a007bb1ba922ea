internal import CSparseKernels
internal import SparseCore

/// Runs a junction by the products that were planned for its pattern.
final class SparseLinearOperator: LayerOperator {
  let output: Node
  let trainedParameters: [TrainedParameter]

  private let input: Node
  private let plan: any JunctionPlan
  private let weights: JunctionWeights
  private let bias: FloatBuffer
  private let accumulates: Bool
  /// The slope of the activation that follows, when the product applies it.
  private var slope: Float?

  init(_ layer: SparseLinear, _ plan: any JunctionPlan, _ context: OperatorContext) {
    input = context.input
    accumulates = context.accumulatesInputGradient
    self.plan = plan
    weights = JunctionWeights(csrValues: layer.weights.values, for: plan)
    bias = FloatBuffer(layer.bias)
    output = context.makeOutput(features: layer.outputSize)
    trainedParameters =
      context.isTraining
      ? [
        TrainedParameter(
          values: weights.values, gradient: FloatBuffer(count: weights.values.count),
          decays: true, weights: weights),
        TrainedParameter(
          values: bias, gradient: FloatBuffer(count: bias.count), decays: false),
      ] : []
  }

  var parameterValues: [[Float]] { [weights.csrValues, bias.values] }

  func setParameterValues(_ values: [[Float]]) {
    weights.setCSRValues(values[0])
    bias.copy(from: values[1])
  }

  func fuse(slope: Float) -> Bool {
    self.slope = slope
    return true
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    try plan.forward(
      weights, bias: bias, slope: slope, input: input.values.tile(index, of: pass.shape),
      output: output.values.tile(index, of: pass.shape))
  }

  func backward(tile index: Int, _ pass: Pass) throws {
    // The first junction's input is data: nobody needs its gradient.
    guard let inputGradient = input.gradient, let outputGradient = output.gradient else { return }
    try plan.inputGradient(
      weights, outputGradient: outputGradient.tile(index, of: pass.shape),
      inputGradient: inputGradient.tile(index, of: pass.shape), accumulating: accumulates)
  }

  /// The parts of the weights, and the bias.
  var parameterParts: [ParameterPart] {
    plan.weightGradientParts.map { ParameterPart(parameter: 0, values: $0) }
      + [ParameterPart(parameter: 1, values: 0..<bias.count)]
  }

  func finishBackward(part index: Int, _ pass: Pass) throws {
    guard let outputGradient = output.gradient else { return }
    if index < plan.weightGradientParts.count {
      try plan.weightGradient(
        part: index, outputGradient: outputGradient, input: input.values, shape: pass.shape,
        gradient: trainedParameters[0].gradient)
    } else {
      sumRows(of: outputGradient, shape: pass.shape, into: trainedParameters[1].gradient)
    }
  }

  /// db = dY·1, tile by tile.
  private func sumRows(of gradient: Tiles, shape: Tiles.Shape, into sums: FloatBuffer) {
    sums.fill(with: 0)
    for index in 0..<shape.count {
      let tile = gradient.tile(index, of: shape)
      // SAFETY: the tile holds features × width floats, and there is one sum per feature.
      unsafe KernelSet.elementWise.table.row_sums(
        tile.base, tile.features, tile.width, sums.base)
    }
  }
}
