/// The products as plain loops, in the order in which the formulas are read: the oracle.
///
/// Every other engine is tested against this one. It is never made faster.
public final class ReferencePlan: JunctionPlan {
  /// The connections.
  public let pattern: Pattern
  /// The order of the values in memory.
  public let layout = ValueLayout.csr
  /// The engine that executes the products.
  public var backend: Backend { .reference }

  private let counter: MultiplyAddCounter?

  /// Plans the products of a pattern.
  ///
  /// - Parameter pattern: The junction's connections.
  public convenience init(_ pattern: Pattern) {
    self.init(pattern, counter: nil)
  }

  /// Plans the products of a pattern, and counts what they do.
  package init(_ pattern: Pattern, counter: MultiplyAddCounter?) {
    self.pattern = pattern
    self.counter = counter
  }

  // X: [inputs, lanes]   Y: [outputs, lanes]   accumulate in Float, row by row, in stored order.
  /// Computes Y = b + W·X for one tile, and an activation of it.
  public func forward(
    _ weights: JunctionWeights, bias: FloatBuffer, slope: Float?, input: Tile, output: Tile
  ) throws {
    checkForward(weights, bias: bias, input: input, output: output)
    for row in 0..<pattern.outputs {
      for lane in 0..<output.width {
        var sum = bias[row]
        for edge in pattern.edges(ofRow: row) {
          sum += weights.values[edge] * input[Int(pattern.columns[edge]), lane]
          counter?.add(to: \.forward)
        }
        output[row, lane] = slope.map { sum > 0 ? sum : $0 * sum } ?? sum
      }
    }
  }

  /// Computes dX = Wᵀ·dY for one tile.
  public func inputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile, accumulating: Bool
  ) throws {
    checkInputGradient(weights, outputGradient: outputGradient, inputGradient: inputGradient)
    if !accumulating { inputGradient.buffer.fill(inputGradient.range, with: 0) }
    for row in 0..<pattern.outputs {
      for edge in pattern.edges(ofRow: row) {
        let column = Int(pattern.columns[edge])
        for lane in 0..<outputGradient.width {
          inputGradient[column, lane] += weights.values[edge] * outputGradient[row, lane]
          counter?.add(to: \.inputGradient)
        }
      }
    }
  }

  /// Computes one part of dW = P ⊙ (dY·Xᵀ) over all tiles of a batch.
  public func weightGradient(
    part: Int, outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws {
    checkWeightGradient(outputGradient: outputGradient, input: input, gradient: gradient)
    gradient.fill(with: 0)
    for index in 0..<shape.count {
      let dy = outputGradient.tile(index, of: shape)
      let x = input.tile(index, of: shape)
      for row in 0..<pattern.outputs {
        for edge in pattern.edges(ofRow: row) {
          let column = Int(pattern.columns[edge])
          for lane in 0..<shape.width {
            gradient[edge] += dy[row, lane] * x[column, lane]
            counter?.add(to: \.weightGradient)
          }
        }
      }
    }
  }
}
