import ArgumentParser
import SparseCore
import SparseLayers

/// Tasks that share a backbone, for training.
struct TaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The tasks to learn, the main one first. (default: all that the data have)",
      discussion: """
        Each has a head of its own at the end of the backbone. The accuracy that is called \
        test_accuracy, and exits, are those of the main task.
        """,
      valueName: "left,right"))
  var tasks: CommaList<String>?

  @Option(
    name: .customLong("task-layers"),
    help: ArgumentHelp(
      "The neurons of the heads' own hidden layers. (default: 0, for none)",
      discussion: "One list for all tasks, or one for each: 64 or 64+32 or 64,0.",
      valueName: "64+32"))
  var layers: PlusLists<Int>?

  @Option(
    name: .customLong("task-density"),
    help: ArgumentHelp(
      "The density of the heads' own hidden junctions, for all tasks or for each. (default: 1)",
      valueName: "0.25"))
  var density: CommaList<Double>?

  @Option(
    name: .customLong("task-weights"),
    help: ArgumentHelp(
      "The weight of each task's loss in the sum that is trained. (default: 1 each)",
      valueName: "1,1"))
  var weights: CommaList<Float>?

  func validate() throws {
    if density != nil, layers?.lists.contains(where: { $0 != [0] }) != true {
      throw ValidationError(
        "'--task-density' is for hidden layers; name them with '--task-layers'.")
    }
    if let names = tasks?.elements, Set(names).count != names.count {
      throw ValidationError(
        "'--tasks' names a task twice (\(tasks?.text ?? "")); name each once.")
    }
    do {
      // What depends on the data is checked when these are known.
      let names = tasks?.elements ?? Array(repeating: "task", count: impliedCount)
      for task in try recipes(for: names.map { Target(name: $0, classNames: [], labels: []) }) {
        try task.validate()
      }
    } catch let error as SparseError {
      throw ValidationError(error.message)
    }
  }

  /// Whether any option was given.
  var isGiven: Bool { tasks != nil || layers != nil || density != nil || weights != nil }

  /// How many tasks the other options speak of.
  private var impliedCount: Int {
    weights?.elements.count ?? max(layers?.lists.count ?? 1, density?.elements.count ?? 1)
  }

  /// The heads that learn some targets.
  ///
  /// - Parameter targets: The targets, the main task's first.
  /// - Returns: One recipe for each.
  /// - Throws: `SparseError.Code.invalidArgument` when an option lists another number of values.
  func recipes(for targets: [Target]) throws -> [TaskRecipe] {
    let names = targets.map(\.name)
    func values<Value>(
      _ option: String, _ list: [Value]?, default value: Value, allowsOne: Bool
    ) throws -> [Value] {
      guard let list else { return names.map { _ in value } }
      if allowsOne, list.count == 1 { return names.map { _ in list[0] } }
      guard list.count == names.count else {
        throw SparseError(
          .invalidArgument,
          """
          '\(option)' lists \(list.count) values for \(names.count) \
          task\(names.count == 1 ? "" : "s") (\(names.joined(separator: ", "))); give \
          \(allowsOne ? "one, or " : "")one for each.
          """)
      }
      return list
    }
    let layers = try values("--task-layers", layers?.lists, default: [0], allowsOne: true)
    let densities = try values("--task-density", density?.elements, default: 1, allowsOne: true)
    let weights = try values("--task-weights", weights?.elements, default: 1, allowsOne: false)
    return targets.indices.map { index in
      var task = TaskRecipe(name: names[index], classes: targets[index].classCount)
      task.hiddenSizes = layers[index] == [0] ? [] : layers[index]
      task.density = densities[index]
      task.lossWeight = weights[index]
      return task
    }
  }
}
