import SparseLayers

/// How well the branch that answers a task did on test samples.
struct TaskScore: Encodable {
  var accuracy: Double
  var loss: Double
  /// The accuracy on validation samples, where there were any.
  var validationAccuracy: Double?

  enum CodingKeys: String, CodingKey {
    case accuracy, loss
    case validationAccuracy = "validation_accuracy"
  }

  init(_ test: BranchEvaluation, validation: BranchEvaluation? = nil) {
    accuracy = test.accuracy
    loss = test.loss
    validationAccuracy = validation?.accuracy
  }
}

extension Network {
  /// What is to be said of each task, by its name.
  ///
  /// - Parameter value: Says it of the branch that answers the task.
  /// - Returns: The values.
  func ofEachTask<Value>(_ value: (_ branch: Int) throws -> Value) rethrows -> [String: Value] {
    try Dictionary(
      taskOutputs.map { ($0.task, try value($0.branch)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Each task with a share, such as `left 97.20 %, right 96.41 %`; nil for a network of one task.
  ///
  /// - Parameter share: The share of the branch that answers the task.
  /// - Returns: The text.
  func taskText(_ share: (_ branch: Int) -> Double) -> String? {
    guard taskOutputs.count > 1 else { return nil }
    return taskOutputs.map { "\($0.task) \(Text.percent(share($0.branch)))" }
      .joined(separator: ", ")
  }
}
