internal import Foundation
internal import SparseCore
internal import SparseLayers

/// Room for one sample's probabilities, so that nothing is allocated for each sample.
struct ProbabilityScratch {
  /// The probabilities that were loaded last.
  private(set) var values: [Float]
  private let isSoftmax: Bool

  init(classes: Int, loss: Loss) {
    values = [Float](repeating: 0, count: classes)
    isSoftmax = loss == .softmaxCrossEntropy
  }

  /// Takes one lane of an exit's outputs.
  ///
  /// - Parameters:
  ///   - outputs: One feature per class.
  ///   - lane: The sample's lane.
  ///   - temperature: What the outputs are divided by.
  mutating func load(_ outputs: Tile, lane: Int, temperature: Float) {
    precondition(outputs.features == values.count && lane < outputs.width)
    let width = outputs.width
    outputs.buffer.withMutableSpan(outputs.range) { span in
      for row in values.indices { values[row] = span[row * width + lane] }
    }
    becomeProbabilities(temperature)
  }

  /// Takes one sample's outputs.
  mutating func load(_ outputs: ArraySlice<Float>, temperature: Float) {
    precondition(outputs.count == values.count)
    for (row, value) in outputs.enumerated() { values[row] = value }
    becomeProbabilities(temperature)
  }

  /// Softmax of the outputs over the temperature; networks trained on one-hot labels by their
  /// squares have outputs that stand for probabilities themselves.
  private mutating func becomeProbabilities(_ temperature: Float) {
    guard isSoftmax else { return }
    var largest = -Float.infinity
    for value in values { largest = max(largest, value) }
    var sum: Float = 0
    for row in values.indices {
      values[row] = exp((values[row] - largest) / temperature)
      sum += values[row]
    }
    for row in values.indices { values[row] /= sum }
  }
}
