internal import SparseCore

extension ONNXModel {
  /// What people read who open the file.
  static let documentation = """
    Outputs of every exit and task for float32 samples [N, features]: bytes are divided by 255, and \
    zeros stand behind samples with fewer features than the input. To leave early, take the main \
    task's exits in order: divide the outputs by the exit's temperature and apply softmax (neither \
    where the loss is 'mean-squared-error'), and compare the confidence of the rule with the exit's \
    threshold; the last exit has none and always answers, null is for never. See 'outputs', 'data', \
    'loss' and 'exit_settings' in the metadata.
    """

  /// The JSON texts of the file, by their keys: those of the model file where that has them.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - names: The names of the branches' outputs.
  /// - Returns: The texts.
  /// - Throws: `EncodingError` for a number that is not finite.
  static func metadata(of model: ModelFile, outputs names: [String]) throws -> [String: String] {
    let branches = model.network.branches
    let outputs = zip(names, branches.indices).map { name, index in
      let task = branches[index].task
      return OutputEntry(
        name: name, branch: branches[index].name, task: task,
        exit: branches[..<index].count { $0.task == task })
    }
    var metadata = [
      "outputs": try sortedJSON(outputs),
      "data": try sortedJSON(model.data),
      "loss": model.loss.rawValue,
    ]
    if let settings = model.exitSettings { metadata["exit_settings"] = try sortedJSON(settings) }
    if let split = model.split { metadata["split"] = try sortedJSON(split) }
    return metadata
  }

  /// What the metadata say of an output.
  private struct OutputEntry: Encodable {
    var name: String
    var branch: String
    var task: String
    /// Its position among the outputs of its task, from 0.
    var exit: Int
  }
}
