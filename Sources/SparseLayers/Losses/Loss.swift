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
  ///   - labels: The labels of all samples of the data, each a class.
  ///   - samples: The samples in the tile's lanes, as positions in `labels`.
  ///   - gradient: Receives d(scale · loss)/d(output); padding lanes receive 0.
  ///   - scale: Multiplies the gradient.
  /// - Returns: The sum of the samples' losses, and how many have their label's output on top.
  func evaluate(
    _ outputs: Tile, labels: [Int32], samples: ArraySlice<Int>, gradient: Tile?, scale: Float
  ) -> Contribution {
    precondition(samples.count == outputs.samples, "\(samples.count) of \(outputs.samples) samples")
    if let gradient {
      precondition(
        gradient.features == outputs.features && gradient.width == outputs.width,
        "a gradient of \(gradient.features)×\(gradient.width)")
    }
    let classes = outputs.features
    let width = outputs.width
    var contribution = Contribution()
    for lane in 0..<width {
      // SAFETY: both tiles hold classes × width floats, and lane < width.
      let output = unsafe Column(start: outputs.base + lane, stride: width)
      let slope = gradient.map { unsafe Column(start: $0.base + lane, stride: width) }
      guard lane < outputs.samples else {
        if let slope { for row in 0..<classes { slope[row] = 0 } }
        continue
      }
      let label = Int(labels[samples[samples.startIndex + lane]])
      precondition(
        label >= 0 && label < classes,
        "label \(label) of \(classes) classes: the data were matched with another network")
      var best = 0
      for row in 0..<classes where output[row] > output[best] { best = row }
      if best == label { contribution.correct += 1 }
      switch self {
      case .softmaxCrossEntropy:
        contribution.loss += Self.crossEntropy(output, classes, label, best, slope, scale)
      case .meanSquaredError:
        contribution.loss += Self.squaredError(output, classes, label, slope, scale)
      }
    }
    return contribution
  }

  private static func crossEntropy(
    _ output: Column, _ classes: Int, _ label: Int, _ best: Int, _ gradient: Column?, _ scale: Float
  ) -> Double {
    let largest = output[best]
    var sum: Float = 0
    for row in 0..<classes {
      let exponential = exp(output[row] - largest)
      gradient?[row] = exponential
      sum += exponential
    }
    if let gradient {
      for row in 0..<classes {
        gradient[row] = scale * (gradient[row] / sum - (row == label ? 1 : 0))
      }
    }
    return Double(log(sum) + largest - output[label])
  }

  private static func squaredError(
    _ output: Column, _ classes: Int, _ label: Int, _ gradient: Column?, _ scale: Float
  ) -> Double {
    let share = 1 / Float(classes)
    var loss = 0.0
    for row in 0..<classes {
      let distance = output[row] - (row == label ? 1 : 0)
      loss += Double(share * distance * distance)
      gradient?[row] = scale * share * 2 * distance
    }
    return loss
  }

  /// Turns one sample's outputs into the probabilities that they stand for: softmax, or the outputs
  /// themselves where the loss compares them with one-hot labels.
  ///
  /// - Parameters:
  ///   - outputs: One per class.
  ///   - temperature: What softmax divides the outputs by.
  package func makeProbabilities(_ outputs: inout [Float], temperature: Float = 1) {
    guard self == .softmaxCrossEntropy else { return }
    var largest = -Float.infinity
    for output in outputs { largest = max(largest, output) }
    var sum: Float = 0
    for index in outputs.indices {
      outputs[index] = exp((outputs[index] - largest) / temperature)
      sum += outputs[index]
    }
    for index in outputs.indices { outputs[index] /= sum }
  }
}

/// One lane of a tile.
///
/// Made and used only where its bounds have been checked.
@safe
private struct Column {
  let start: UnsafeMutablePointer<Float>
  let stride: Int

  subscript(row: Int) -> Float {
    get { unsafe start[row * stride] }
    nonmutating set { unsafe start[row * stride] = newValue }
  }
}
