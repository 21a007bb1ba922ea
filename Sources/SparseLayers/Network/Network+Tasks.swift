extension Network {
  /// The tasks with the branch that answers each for good; the main task, that of the last branch,
  /// first.
  ///
  /// A branch is given by its position in `branches`.
  public var taskOutputs: [(task: String, branch: Int)] {
    var outputs: [(task: String, branch: Int)] = []
    for (index, branch) in branches.enumerated().reversed()
    where !outputs.contains(where: { $0.task == branch.task }) {
      outputs.append((branch.task, index))
    }
    // Backwards the main task came first, and the others in reverse.
    return outputs.prefix(1) + outputs.dropFirst().reversed()
  }
}
