import SparseCore

/// What `predict` prints.
struct PredictionReport: Encodable {
  /// What a network said of all rows for one task.
  struct Task {
    var name: String
    var classNames: [String]
    /// `[rows × classes]`, row-major.
    var probabilities: [Float]
  }

  /// One answer to one sample.
  struct Answer: Encodable {
    var `class`: Int
    var name: String
    var probability: Float
  }

  /// What the network says of one sample for one task.
  struct TaskPrediction: Encodable {
    var `class`: Int
    var name: String
    var probability: Float
    /// Those of all classes, in their order.
    var probabilities: [Float]
    /// The likeliest classes, where more than one was asked for.
    var top: [Answer]?
  }

  /// What the network says of one sample: of the main task, and of each where there are several.
  struct Prediction: Encodable {
    var row: Int
    var main: TaskPrediction
    var tasks: [String: TaskPrediction]?

    enum CodingKeys: String, CodingKey { case row, tasks }

    func encode(to encoder: any Encoder) throws {
      try main.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(row, forKey: .row)
      try container.encodeIfPresent(tasks, forKey: .tasks)
    }
  }

  var predictions: [Prediction]
  /// The tasks' names, the main one first.
  private let tasks: [String]

  enum CodingKeys: String, CodingKey { case predictions }

  /// Finds the likeliest classes.
  ///
  /// - Parameters:
  ///   - rows: The rows of the file that were predicted.
  ///   - tasks: What the network said of them, the main task first.
  ///   - top: How many answers to keep for each row.
  /// - Throws: `SparseError` that names a row whose probabilities are not finite.
  init(rows: [Int], tasks: [Task], top: Int) throws {
    self.tasks = tasks.map(\.name)
    predictions = try rows.enumerated().map { position, row in
      let all = try tasks.map {
        try Self.prediction(of: $0, position: position, row: row, top: top)
      }
      return Prediction(
        row: row, main: all[0],
        tasks: all.count == 1
          ? nil
          : Dictionary(zip(tasks.map(\.name), all), uniquingKeysWith: { first, _ in first }))
    }
  }

  private static func prediction(
    of task: Task, position: Int, row: Int, top: Int
  ) throws -> TaskPrediction {
    let classes = task.classNames.count
    let values = Array(task.probabilities[position * classes..<(position + 1) * classes])
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
      Answer(class: $0, name: task.classNames[$0], probability: values[$0])
    }
    return TaskPrediction(
      class: answers[0].class, name: answers[0].name, probability: answers[0].probability,
      probabilities: values, top: top > 1 ? answers : nil)
  }

  /// The predictions as a table; with several tasks or answers, one line each.
  func text(_ format: Table.Format) -> String {
    let hasTasks = tasks.count > 1
    let hasRanks = predictions.contains { $0.main.top != nil }
    var table = Table(
      ["row"] + (hasTasks ? ["task"] : []) + (hasRanks ? ["rank"] : [])
        + ["class", "name", "probability"])
    for prediction in predictions {
      for task in tasks {
        let said = prediction.tasks?[task] ?? prediction.main
        let only = Answer(class: said.class, name: said.name, probability: said.probability)
        for (rank, answer) in (said.top ?? [only]).enumerated() {
          table.add(
            ["\(prediction.row)"] + (hasTasks ? [task] : []) + (hasRanks ? ["\(rank + 1)"] : [])
              + [
                "\(answer.class)", answer.name,
                format == .csv
                  ? "\(answer.probability)" : Text.fixed(Double(answer.probability), 4),
              ])
        }
      }
    }
    return table.text(format)
  }
}
