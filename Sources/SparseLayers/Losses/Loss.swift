internal import Foundation
internal import SparseCore

/// How far a branch's output is from the labels of its task.
public enum Loss: String, CaseIterable, Codable, Sendable {
  /// −log softmax(output)[label], summed over the samples.
  case softmaxCrossEntropy = "cross-entropy"
  /// The mean over the classes of (output − one-hot label)², summed over the samples.
  case meanSquaredError = "mean-squared-error"
}

extension Loss {
  /// What one tile contributes.
  struct Contribution: Sendable {
    var loss = 0.0
    var correct = 0
  }

  /// Computes the loss of a tile, and its gradient.
  ///
  /// - Parameters:
  ///   - outputs: One feature per class.
  ///   - labels: One label per sample of the tile, each a class.
  ///   - gradient: Receives d(scale · loss)/d(output); padding lanes receive 0.
  ///   - scale: Multiplies the gradient.
  /// - Returns: The sum of the samples' losses, and how many have their label's output on top.
  func evaluate(
    _ outputs: Tile, labels: ArraySlice<Int32>, gradient: Tile?, scale: Float
  ) -> Contribution {
    precondition(labels.count == outputs.samples, "\(labels.count) labels, \(outputs.samples) samples")
    var contribution = Contribution()
    for lane in 0..<outputs.width {
      guard lane < outputs.samples else {
        if let gradient { for row in 0..<outputs.features { gradient[row, lane] = 0 } }
        continue
      }
      let label = Int(labels[labels.startIndex + lane])
      var best = 0
      for row in 1..<max(outputs.features, 1) where outputs[row, lane] > outputs[best, lane] {
        best = row
      }
      if best == label { contribution.correct += 1 }
      switch self {
      case .softmaxCrossEntropy:
        let largest = outputs[best, lane]
        var sum: Float = 0
        for row in 0..<outputs.features { sum += exp(outputs[row, lane] - largest) }
        contribution.loss += Double(log(sum) + largest - outputs[label, lane])
        guard let gradient else { continue }
        for row in 0..<outputs.features {
          let probability = exp(outputs[row, lane] - largest) / sum
          gradient[row, lane] = scale * (probability - (row == label ? 1 : 0))
        }
      case .meanSquaredError:
        let share = 1 / Float(outputs.features)
        for row in 0..<outputs.features {
          let distance = outputs[row, lane] - (row == label ? 1 : 0)
          contribution.loss += Double(share * distance * distance)
          gradient?[row, lane] = scale * share * 2 * distance
        }
      }
    }
    return contribution
  }

  /// The probabilities that a branch's outputs stand for, per sample: softmax, or the outputs
  /// themselves where the loss compares them with one-hot labels.
  func probabilities(_ outputs: [Float]) -> [Float] {
    guard self == .softmaxCrossEntropy, let largest = outputs.max() else { return outputs }
    let exponentials = outputs.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
