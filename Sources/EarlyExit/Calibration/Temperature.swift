internal import Foundation

/// Dividing an exit's outputs by one number, so that its probabilities mean what they say.
///
/// This is temperature scaling (Guo, Pleiss, Sun, Weinberger 2017). Answers do not change.
public enum Temperature {
  /// The temperatures that are looked at.
  public static let range: ClosedRange<Double> = 0.05...20

  /// The temperature with the least cross-entropy on some samples.
  ///
  /// The cross-entropy is convex in 1/T, so the root of its derivative is found by bisection.
  ///
  /// - Parameters:
  ///   - outputs: `[samples × classes]`, row-major.
  ///   - labels: The right class of each sample.
  /// - Returns: The temperature, within `range`.
  public static func fit(outputs: [Float], labels: [Int32]) -> Float {
    let classes = outputs.count / max(labels.count, 1)
    guard classes > 0 else { return 1 }
    // In terms of log(1/T), over which the derivative's sign changes once.
    var low = -log(range.upperBound)
    var high = -log(range.lowerBound)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if slope(outputs, labels, classes, inverse: exp(middle)) > 0 {
        high = middle
      } else {
        low = middle
      }
    }
    return Float(exp(-(low + high) / 2))
  }

  /// The derivative of the summed cross-entropy with respect to 1/T: Σ (E[z] − z[label]).
  private static func slope(
    _ outputs: [Float], _ labels: [Int32], _ classes: Int, inverse: Double
  ) -> Double {
    var total = 0.0
    for (sample, label) in labels.enumerated() {
      let row = outputs[sample * classes..<(sample + 1) * classes]
      let largest = Double(row.max() ?? 0)
      var sum = 0.0
      var weighted = 0.0
      for value in row {
        let weight = exp((Double(value) - largest) * inverse)
        sum += weight
        weighted += weight * Double(value)
      }
      total += weighted / sum - Double(row[row.startIndex + Int(label)])
    }
    return total
  }

  /// The expected calibration error of an exit.
  ///
  /// It is the mean distance, over bins of equal width weighted by their samples, between how sure
  /// the exit is and how often it is right (Naeini, Cooper, Hauskrecht 2015).
  ///
  /// - Parameters:
  ///   - records: What the exits said.
  ///   - exit: The exit.
  ///   - temperature: What its outputs are divided by.
  ///   - bins: The number of bins.
  /// - Returns: The error, from 0 to 1.
  public static func calibrationError(
    _ records: ExitRecords, exit: Int, temperature: Float, bins: Int = 15
  ) -> Double {
    var scratch = ProbabilityScratch(classes: records.classes, loss: records.loss)
    // Per bin the sum of confidences less the right answers.
    var gaps = [Double](repeating: 0, count: bins)
    for (sample, label) in records.labels.enumerated() {
      let row = sample * records.classes..<(sample + 1) * records.classes
      scratch.load(records.outputs[exit][row], temperature: temperature)
      let answer = answer(scratch.values.span)
      let probability = Double(scratch.values[answer])
      // Squared errors make outputs of any size; they all count as the nearest probability's.
      let bin = min(Int(min(max(probability, 0), 1) * Double(bins)), bins - 1)
      gaps[bin] += probability - (answer == Int(label) ? 1 : 0)
    }
    return gaps.reduce(0) { $0 + abs($1) } / Double(records.sampleCount)
  }
}
