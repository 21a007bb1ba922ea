internal import SparseCore

/// One of the tasks that share a backbone, and the head that learns it.
///
/// As in L. Capogrosso et al., *MTL-Split: Multi-Task Learning for Edge Devices using Split Computing*,
/// DAC 2024, doi:10.1145/3649329.3655686: the losses are summed, and update heads and backbone.
/// A head leaves after the whole backbone. Its last junction, to the task's classes, is connected as
/// the network's recipe says of the output junction: full, unless a list says otherwise.
public struct TaskRecipe: Codable, Hashable, Sendable {
  /// The name of the data's target that the head learns.
  public var name: String
  /// The classes of the target: the head's outputs.
  public var classes: Int
  /// The neurons of the head's own hidden layers; none for a linear head.
  public var hiddenSizes: [Int] = []
  /// The kept fraction of the connections into the head's own hidden layers.
  public var density = 1.0
  /// The weight of the task's loss in the sum that is trained.
  public var lossWeight: Float = 1

  /// The most tasks of one network.
  public static let maximumCount = 64

  /// Creates a recipe of a linear head.
  ///
  /// - Parameters:
  ///   - name: The name of the data's target that the head learns.
  ///   - classes: The classes of the target.
  public init(name: String, classes: Int) {
    self.name = name
    self.classes = classes
  }

  /// Checks the numbers that need no network.
  ///
  /// - Throws: `SparseError.Code.invalidArgument` that names the task and the number.
  public func validate() throws {
    guard !name.isEmpty else {
      throw SparseError(.invalidArgument, "A task has no name; give the name of a target.")
    }
    guard hiddenSizes.count <= 16,
      hiddenSizes.allSatisfy({ (1...Pattern.maximumNeurons).contains($0) })
    else {
      throw SparseError(
        .invalidArgument,
        """
        The head of task '\(name)' has the hidden layers \(hiddenSizes); at most 16 layers of 1 to \
        \(Pattern.maximumNeurons) neurons are possible.
        """)
    }
    guard density > 0, density <= 1 else {
      throw SparseError(
        .invalidArgument,
        "The density of the head of task '\(name)' is \(density); it must be above 0, at most 1.")
    }
    guard lossWeight.isFinite, lossWeight >= 0 else {
      throw SparseError(
        .invalidArgument,
        "The loss weight of task '\(name)' is \(lossWeight); weights are 0 or more.")
    }
  }
}
