internal import SparseCore
internal import SparseLayers

/// Room for one sample's probabilities, so that nothing is allocated for each sample.
struct ProbabilityScratch {
  /// The probabilities that were loaded last.
  private(set) var values: [Float]
  private let loss: Loss

  init(classes: Int, loss: Loss) {
    values = [Float](repeating: 0, count: classes)
    self.loss = loss
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
    loss.makeProbabilities(&values, temperature: temperature)
  }

  /// Takes one sample's outputs.
  mutating func load(_ outputs: ArraySlice<Float>, temperature: Float) {
    precondition(outputs.count == values.count)
    for (row, value) in outputs.enumerated() { values[row] = value }
    loss.makeProbabilities(&values, temperature: temperature)
  }
}
