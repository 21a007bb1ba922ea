import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Losses") struct LossTests {
  private func evaluate(
    _ loss: Loss, _ outputs: [Float], labels: [Int32], width: Int
  ) -> (loss: Double, correct: Int, gradient: [Float]) {
    let features = outputs.count / labels.count
    let shape = Tiles.Shape(samples: labels.count, width: width)
    let values = Tiles(features: features, capacity: shape.lanes)
    let gradient = Tiles(features: features, capacity: shape.lanes)
    gradient.buffer.fill(with: .nan)
    values.load(outputs, shape: shape)
    let part = loss.evaluate(
      values.tile(0, of: shape), labels: labels, samples: Array(labels.indices)[...],
      gradient: gradient.tile(0, of: shape), scale: 0.5)
    let tile = gradient.tile(0, of: shape)
    for lane in labels.count..<max(width, labels.count) {
      for row in 0..<features { #expect(tile[row, lane] == 0, "a padding lane") }
    }
    return (part.loss, part.correct, gradient.values(shape: shape))
  }

  @Test("cross-entropy of known outputs", arguments: [2, 5])
  func crossEntropy(width: Int) {
    // Softmax of (0, log 3) is (1/4, 3/4).
    let result = evaluate(
      .softmaxCrossEntropy, [0, Float(log(3.0)), 5, 5], labels: [1, 0], width: width)
    #expect(abs(result.loss - (log(4 / 3.0) + log(2))) < 1e-6)
    // A tie goes to the first class.
    #expect(result.correct == 2)
    let expected = [0.125, -0.125, -0.25, 0.25]
    #expect(mismatch(result.gradient, expected, within: { _ in 1e-6 }, seed: 0) == nil)
  }

  @Test("mean squared error of known outputs")
  func meanSquaredError() {
    let result = evaluate(.meanSquaredError, [0.5, 1, -1, 3], labels: [1], width: 3)
    #expect(abs(result.loss - (0.25 + 0 + 1 + 9) / 4) < 1e-6)
    #expect(result.correct == 0)
    let expected = [0.5, 0, -1, 3].map { $0 * 2 / 4 * 0.5 }
    #expect(mismatch(result.gradient, expected, within: { _ in 1e-6 }, seed: 0) == nil)
  }

  @Test("cross-entropy stays finite for large outputs, and shows those that are not")
  func extremes() {
    let large = evaluate(.softmaxCrossEntropy, [1e30, -1e30], labels: [0], width: 1)
    #expect(large.loss == 0 && large.gradient == [0, 0])
    let wrong = evaluate(.softmaxCrossEntropy, [1e4, -1e4], labels: [1], width: 1)
    #expect(wrong.loss == 2e4)
    for outputs in [[Float.nan, 0], [0, .nan], [.infinity, 0]] {
      #expect(!evaluate(.softmaxCrossEntropy, outputs, labels: [0], width: 1).loss.isFinite)
      #expect(!evaluate(.meanSquaredError, outputs, labels: [0], width: 1).loss.isFinite)
    }
  }

  @Test("probabilities add up to 1 and follow the outputs")
  func probabilities() {
    func probabilities(_ outputs: [Float], _ loss: Loss, temperature: Float = 1) -> [Float] {
      var values = outputs
      loss.makeProbabilities(&values, temperature: temperature)
      return values
    }
    let outputs: [Float] = [1000, 1000 + Float(log(2.0)), 1000]
    for (temperature, expected) in [(1, [0.25, 0.5, 0.25]), (0.5, [1.0 / 6, 4.0 / 6, 1.0 / 6])] {
      let found = mismatch(
        probabilities(outputs, .softmaxCrossEntropy, temperature: Float(temperature)), expected,
        within: { _ in 5e-5 }, seed: 0)
      #expect(found == nil, "\(temperature)")
    }
    #expect(probabilities([0.1, 0.7], .meanSquaredError) == [0.1, 0.7])
    #expect(probabilities([], .softmaxCrossEntropy).isEmpty)
  }
}
