public import SparseCore

/// The three products of a junction in `Double`, from a dense matrix and the formulas, entry by entry.
///
/// Independent of every engine: it knows neither rows of a pattern nor tiles.
public struct ProductOracle {
  let pattern: Pattern
  let samples: Int
  let weights: [[Float?]]

  /// Prepares the products of one junction.
  ///
  /// - Parameters:
  ///   - pattern: The connections.
  ///   - values: The weights in CSR order.
  ///   - samples: The samples of the batch.
  public init(_ pattern: Pattern, values: [Float], samples: Int) {
    self.pattern = pattern
    self.samples = samples
    var weights = [[Float?]](
      repeating: Array(repeating: nil, count: pattern.inputs), count: pattern.outputs)
    for row in 0..<pattern.outputs {
      for edge in pattern.rowOffsets[row]..<pattern.rowOffsets[row + 1] {
        weights[row][Int(pattern.columns[edge])] = values[edge]
      }
    }
    self.weights = weights
  }

  /// Y = b + W·X.
  ///
  /// - Parameters:
  ///   - x: `[samples × inputs]`.
  ///   - bias: One value per output.
  /// - Returns: `[samples × outputs]`.
  public func forward(_ x: [Float], bias: [Float]) -> [BoundedSum] {
    entries(pattern.outputs) { sample, output, sum in
      sum.add(bias[output])
      for input in 0..<pattern.inputs {
        if let weight = weights[output][input] {
          sum.add(weight, x[sample * pattern.inputs + input])
        }
      }
    }
  }

  /// dX = Wᵀ·dY, added to what was there.
  ///
  /// - Parameters:
  ///   - dy: `[samples × outputs]`.
  ///   - before: `[samples × inputs]`, or nil to begin from 0.
  /// - Returns: `[samples × inputs]`.
  public func inputGradient(_ dy: [Float], before: [Float]?) -> [BoundedSum] {
    entries(pattern.inputs) { sample, input, sum in
      if let before { sum.add(before[sample * pattern.inputs + input]) }
      for output in 0..<pattern.outputs {
        if let weight = weights[output][input] {
          sum.add(weight, dy[sample * pattern.outputs + output])
        }
      }
    }
  }

  /// dW = P ⊙ (dY·Xᵀ), in CSR order.
  ///
  /// - Parameters:
  ///   - dy: `[samples × outputs]`.
  ///   - x: `[samples × inputs]`.
  /// - Returns: One sum per edge.
  public func weightGradient(_ dy: [Float], _ x: [Float]) -> [BoundedSum] {
    var sums: [BoundedSum] = []
    for output in 0..<pattern.outputs {
      for input in 0..<pattern.inputs where weights[output][input] != nil {
        var sum = BoundedSum()
        for sample in 0..<samples {
          sum.add(dy[sample * pattern.outputs + output], x[sample * pattern.inputs + input])
        }
        sums.append(sum)
      }
    }
    return sums
  }

  private func entries(
    _ features: Int, _ body: (_ sample: Int, _ feature: Int, _ sum: inout BoundedSum) -> Void
  ) -> [BoundedSum] {
    (0..<samples).flatMap { sample in
      (0..<features).map { feature in
        var sum = BoundedSum()
        body(sample, feature, &sum)
        return sum
      }
    }
  }
}
