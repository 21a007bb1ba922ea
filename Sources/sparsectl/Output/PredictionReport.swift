import SparseCore

/// What `predict` prints.
struct PredictionReport: Encodable {
  /// One answer to one sample.
  struct Answer: Encodable {
    var `class`: Int
    var name: String
    var probability: Float
  }

  /// What the network says of one sample.
  struct Prediction: Encodable {
    var row: Int
    var `class`: Int
    var name: String
    var probability: Float
    /// Those of all classes, in their order.
    var probabilities: [Float]
    /// The likeliest classes, where more than one was asked for.
    var top: [Answer]?
  }

  var predictions: [Prediction]

  /// Finds the likeliest classes.
  ///
  /// - Parameters:
  ///   - rows: The rows of the file that were predicted.
  ///   - probabilities: `[rows × classes]`, row-major.
  ///   - names: The names of the classes.
  ///   - top: How many answers to keep for each row.
  /// - Throws: `SparseError` that names a row whose probabilities are not finite.
  init(rows: [Int], probabilities: [Float], names: [String], top: Int) throws {
    let classes = names.count
    precondition(
      probabilities.count == rows.count * classes, "\(probabilities.count) probabilities")
    predictions = try rows.enumerated().map { position, row in
      let values = Array(probabilities[position * classes..<(position + 1) * classes])
      guard values.allSatisfy(\.isFinite) else {
        throw SparseError(
          .diverged,
          """
          Row \(row) has outputs that are not finite: its values are too large for the network. \
          Scale the samples as those the model was trained on.
          """)
      }
      // Equal probabilities: the lower class first, as in evaluation.
      let order = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
      let answers = order.prefix(top).map {
        Answer(class: $0, name: names[$0], probability: values[$0])
      }
      return Prediction(
        row: row, class: answers[0].class, name: answers[0].name,
        probability: answers[0].probability, probabilities: values, top: top > 1 ? answers : nil)
    }
  }

  /// The predictions as a table; with several answers, one line each.
  func text(_ format: Table.Format) -> String {
    let hasRanks = predictions.contains { $0.top != nil }
    var table = Table(["row"] + (hasRanks ? ["rank"] : []) + ["class", "name", "probability"])
    for prediction in predictions {
      let first = Answer(
        class: prediction.class, name: prediction.name, probability: prediction.probability)
      for (rank, answer) in (prediction.top ?? [first]).enumerated() {
        table.add(
          ["\(prediction.row)"] + (hasRanks ? ["\(rank + 1)"] : []) + [
            "\(answer.class)", answer.name,
            format == .csv ? "\(answer.probability)" : Text.fixed(Double(answer.probability), 4),
          ])
      }
    }
    return table.text(format)
  }
}
