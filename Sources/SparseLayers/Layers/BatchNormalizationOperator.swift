internal import CSparseKernels
internal import SparseCore

/// Runs batch normalisation: each tile brings its own sums, which are then added up in the tiles' order.
final class BatchNormalizationOperator: LayerOperator {
  let output: Node
  let trainedParameters: [TrainedParameter]
  var needsWholeBatch: Bool { isTraining }

  private let layer: BatchNormalization
  private let input: Node
  private let accumulates: Bool
  private let isTraining: Bool
  /// The slope of the activation that follows; 1 where there is none.
  private var slope: Float = 1
  /// Whether centers and scales are those of the running averages: never for long in an executor that
  /// trains, whose optimiser changes γ unseen.
  private var isReady = false

  private let gamma: FloatBuffer
  private let beta: FloatBuffer
  private let runningMean: FloatBuffer
  private let runningVariance: FloatBuffer
  private let gammaGradient: FloatBuffer
  private let betaGradient: FloatBuffer

  // y = (x − center) · scale + β, and dx = dy · scale + (x − center) · gradientSlope + gradientShift
  private let centers: FloatBuffer
  private let inverseDeviations: FloatBuffer
  private let scales: FloatBuffer
  private let gradientSlopes: FloatBuffer
  private let gradientShifts: FloatBuffer
  /// Two sums per tile and feature, `[tile][feature]`: those of the way at hand.
  private let tileSums: (FloatBuffer, FloatBuffer)

  init(_ layer: BatchNormalization, _ context: OperatorContext) {
    self.layer = layer
    input = context.input
    accumulates = context.accumulatesInputGradient
    isTraining = context.isTraining
    // The way back needs the input.
    output =
      !context.isTraining && context.mayOverwriteInput
      ? input : context.makeOutput(features: layer.size)
    let values = layer.parameters.map { FloatBuffer($0.values) }
    (gamma, beta, runningMean, runningVariance) = (values[0], values[1], values[2], values[3])
    let trained = context.isTraining ? layer.size : 0
    gammaGradient = FloatBuffer(count: trained)
    betaGradient = FloatBuffer(count: trained)
    gradientSlopes = FloatBuffer(count: trained)
    gradientShifts = FloatBuffer(count: trained)
    centers = FloatBuffer(count: layer.size)
    inverseDeviations = FloatBuffer(count: layer.size)
    scales = FloatBuffer(count: layer.size)
    let sums = trained * context.tileCapacity
    tileSums = (FloatBuffer(count: sums), FloatBuffer(count: sums))
    trainedParameters =
      context.isTraining
      ? [
        TrainedParameter(values: gamma, gradient: gammaGradient, decays: false),
        TrainedParameter(values: beta, gradient: betaGradient, decays: false),
      ] : []
  }

  var parameterValues: [[Float]] {
    [gamma, beta, runningMean, runningVariance].map(\.values)
  }

  func setParameterValues(_ values: [[Float]]) {
    for (buffer, array) in zip([gamma, beta, runningMean, runningVariance], values) {
      buffer.copy(from: array)
    }
    isReady = false
  }

  func untrainedFloats(tiles: Int) -> Int {
    // Running averages, centers, deviations and scales; then γ and β where they are not trained, else
    // slopes and shifts, and the sums of the tiles.
    layer.size * (7 + (isTraining ? 2 * tiles : 0))
  }

  func fuse(slope: Float) -> Bool {
    self.slope = slope
    return true
  }

  // MARK: Forward

  func collectForward(tile index: Int, _ pass: Pass) {
    let x = input.values.tile(index, of: pass.shape)
    let sums = range(ofTile: index)
    // SAFETY: the tile holds features × width floats, and the range lies within both buffers.
    unsafe KernelSet.elementWise.table.moments(
      x.base, x.features, x.width, x.samples, tileSums.0.base + sums.lowerBound,
      tileSums.1.base + sums.lowerBound)
  }

  func beginForward(_ pass: Pass) {
    guard isTraining, case .training = pass.mode else { return prepareInference() }
    for feature in 0..<layer.size {
      let (mean, variance) = moments(feature, pass.shape)
      // A single sample, as at the end of an epoch, has no variance that could be learnt.
      if pass.shape.samples > 1 {
        keep(mean, in: runningMean, feature)
        keep(variance, in: runningVariance, feature)
      }
      prepare(feature, mean: mean, variance: variance)
    }
  }

  private func prepareInference() {
    if isReady { return }
    for feature in 0..<layer.size {
      prepare(
        feature, mean: Double(runningMean[feature]), variance: Double(runningVariance[feature]))
    }
    isReady = !isTraining
  }

  private func prepare(_ feature: Int, mean: Double, variance: Double) {
    let inverse = 1 / (variance + layer.epsilon).squareRoot()
    centers[feature] = Float(mean)
    inverseDeviations[feature] = Float(inverse)
    scales[feature] = Float(inverse * Double(gamma[feature]))
  }

  /// Mean and variance of the batch from those of its tiles (Chan, Golub, LeVeque 1983).
  private func moments(_ feature: Int, _ shape: Tiles.Shape) -> (mean: Double, variance: Double) {
    let (means, squares) = tileSums
    let samples = Double(shape.samples)
    var mean = 0.0
    for tile in 0..<shape.count {
      mean += Double(means[tile * layer.size + feature]) * Self.samples(tile, shape)
    }
    mean /= samples
    var square = 0.0
    for tile in 0..<shape.count {
      let position = tile * layer.size + feature
      let distance = Double(means[position]) - mean
      square += Double(squares[position]) + distance * distance * Self.samples(tile, shape)
    }
    return (mean, square / samples)
  }

  private static func samples(_ tile: Int, _ shape: Tiles.Shape) -> Double {
    Double(min(shape.width, shape.samples - tile * shape.width))
  }

  private func keep(_ value: Double, in running: FloatBuffer, _ feature: Int) {
    running[feature] = Float(
      layer.momentum * Double(running[feature]) + (1 - layer.momentum) * value)
  }

  func forward(tile index: Int, _ pass: Pass) throws {
    let x = input.values.tile(index, of: pass.shape)
    let y = output.values.tile(index, of: pass.shape)
    // SAFETY: both tiles hold features × width floats, the other buffers one per feature.
    unsafe KernelSet.elementWise.table.normalize(
      x.base, y.base, x.features, x.width, centers.base, scales.base, beta.base, slope)
  }

  // MARK: Backward

  func collectBackward(tile index: Int, _ pass: Pass) {
    guard let outputGradient = output.gradient else { return }
    let x = input.values.tile(index, of: pass.shape)
    let dy = outputGradient.tile(index, of: pass.shape)
    let sums = range(ofTile: index)
    // SAFETY: both tiles hold features × width floats, and the range lies within both buffers.
    unsafe KernelSet.elementWise.table.gradient_moments(
      x.base, dy.base, x.features, x.width, x.samples, centers.base,
      tileSums.0.base + sums.lowerBound, tileSums.1.base + sums.lowerBound)
  }

  // dβ = Σdy, dγ = Σdy·x̂, dx = γ/(σ·n) · (n·dy − dβ − x̂·dγ), where x̂ = (x − mean)/σ.
  func beginBackward(_ pass: Pass) {
    let (sums, products) = tileSums
    let share = 1 / Double(pass.shape.samples)
    for feature in 0..<layer.size {
      var sum = 0.0
      var product = 0.0
      for tile in 0..<pass.shape.count {
        sum += Double(sums[tile * layer.size + feature])
        product += Double(products[tile * layer.size + feature])
      }
      let inverse = Double(inverseDeviations[feature])
      let scale = Double(scales[feature])
      betaGradient[feature] = Float(sum)
      gammaGradient[feature] = Float(product * inverse)
      gradientSlopes[feature] = Float(-scale * share * product * inverse * inverse)
      gradientShifts[feature] = Float(-scale * share * sum)
    }
  }

  func backward(tile index: Int, _ pass: Pass) throws {
    guard let inputGradient = input.gradient, let outputGradient = output.gradient else { return }
    let x = input.values.tile(index, of: pass.shape)
    let dy = outputGradient.tile(index, of: pass.shape)
    let dx = inputGradient.tile(index, of: pass.shape)
    // SAFETY: all tiles hold features × width floats, the other buffers one per feature.
    var gradient = unsafe csk_normalization(
      centers: centers.base, scales: scales.base, slopes: gradientSlopes.base,
      shifts: gradientShifts.base)
    unsafe KernelSet.elementWise.table.normalize_gradient(
      x.base, dy.base, dx.base, x.features, x.width, x.samples, &gradient, accumulates ? 1 : 0)
  }

  /// Where a tile's sums are.
  private func range(ofTile index: Int) -> Range<Int> {
    let range = index * layer.size..<(index + 1) * layer.size
    precondition(
      range.upperBound <= tileSums.0.count, "the executor was not built for \(index + 1) tiles")
    return range
  }
}
