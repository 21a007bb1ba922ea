internal import SparseCore

extension NetworkRecipe {
  /// The tasks, the main one first; where none are named, one called `label`.
  public var allTasks: [TaskRecipe] {
    tasks ?? [TaskRecipe(name: "label", classes: layerSizes.last ?? 0)]
  }

  /// Sets the tasks, the main one first.
  ///
  /// A single linear head for `label` is what a recipe without tasks has, and stays unwritten.
  ///
  /// - Parameter tasks: At least one task.
  public mutating func setTasks(_ tasks: [TaskRecipe]) {
    self.tasks = nil
    if tasks != allTasks { self.tasks = tasks }
  }

  /// Checks the tasks against each other and against the layer sizes.
  func validateTasks() throws {
    guard let tasks else { return }
    guard !tasks.isEmpty, tasks.count <= TaskRecipe.maximumCount else {
      throw SparseError(
        .invalidArgument,
        "A network has 1 to \(TaskRecipe.maximumCount) tasks, not \(tasks.count).")
    }
    for task in tasks { try task.validate() }
    guard Set(tasks.map(\.name)).count == tasks.count else {
      throw SparseError(
        .invalidArgument,
        """
        The tasks \(tasks.map(\.name).joined(separator: ", ")) do not all have different names; \
        name each once.
        """)
    }
    guard tasks[0].classes == layerSizes.last else {
      throw SparseError(
        .shapeMismatch,
        """
        The layer sizes end with \(layerSizes.last ?? 0), but task '\(tasks[0].name)' has \
        \(tasks[0].classes) classes. End them with \(tasks[0].classes).
        """)
    }
  }

  /// The heads of all tasks, that of the main task last.
  ///
  /// - Parameter position: The layers of the backbone.
  /// - Returns: One branch per task.
  /// - Throws: `SparseError` when a pattern cannot be made.
  func heads(position: Int) throws -> [Branch] {
    let tasks = allTasks
    let names = branchNames
    let ranks = Array(tasks.indices.dropFirst()) + [0]
    return try ranks.map { rank in
      let junctions = try headPatterns(rank: rank).junctions
      var layers: [any Layer] = []
      for (depth, pattern) in junctions.enumerated() {
        let number = headNumber(rank: rank, depth: depth)
        let isLast = depth == junctions.count - 1
        layers +=
          try isLast
          ? [junction(pattern, number: number)] : hiddenLayer(pattern, number: number)
      }
      return Branch(
        name: names[rank], position: position, layers: layers, task: tasks[rank].name,
        lossWeight: tasks[rank].lossWeight)
    }
  }

  /// The number of a head's junction; a linear head of the main task ends the chain of the layers.
  ///
  /// All others have numbers of their own, so that a further task reshuffles nothing.
  func headNumber(rank: Int, depth: Int) -> Int {
    rank == 0 && allTasks[0].hiddenSizes.isEmpty
      ? junctionCount - 1 : (rank + 1) << 24 + depth
  }

  /// The branches' names: `output` of a single task, else what the tasks are called, where that can
  /// name a branch.
  private var branchNames: [String] {
    let tasks = allTasks
    guard tasks.count > 1 else { return ["output"] }
    // What files and exits use already.
    var taken: Set = ["backbone", "optimizer"]
    taken.formUnion((1...layerSizes.count).map { "exit\($0)" })
    return tasks.map { task in
      let name = String(
        task.name.map { character in
          let isKept = character.isASCII && (character.isLetter || character.isNumber)
          return isKept || "-_".contains(character) ? character : "-"
        })
      var unique = name
      var number = 2
      while !taken.insert(unique).inserted {
        unique = "\(name)-\(number)"
        number += 1
      }
      return unique
    }
  }
}
