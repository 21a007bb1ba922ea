internal import SparseCore

/// Samples, and the labels that each branch of a network learns.
public struct LabeledData: Sendable {
  /// The samples.
  public let samples: Samples
  /// Per branch of the network, the position of its task among the data's targets.
  private let targets: [Int]

  /// The samples that take part, by index.
  public var indices: [Int] { samples.indices }

  /// Matches data with a network.
  ///
  /// - Parameters:
  ///   - dataset: The samples and their labels.
  ///   - indices: The samples that take part; all when nil.
  ///   - network: The network that will see them. Samples with fewer features are padded with zeros.
  /// - Throws: `SparseError.Code.shapeMismatch` when a sample has more features than the network,
  ///   a task is missing, or its classes are not as many as its branch has outputs.
  public init(_ dataset: Dataset, indices: [Int]? = nil, for network: Network) throws {
    samples = try Samples(dataset, indices: indices, for: network)
    targets = try network.branches.map { branch in
      guard let target = dataset.targets.firstIndex(where: { $0.name == branch.task }) else {
        throw SparseError(
          .shapeMismatch,
          "Branch '\(branch.name)' learns task '\(branch.task)', but \(dataset.knownTargets).")
      }
      let outputs = branch.outputSize
      let classes = dataset.targets[target].classCount
      guard classes == outputs else {
        throw SparseError(
          .shapeMismatch,
          """
          Task '\(branch.task)' has \(classes) classes, but branch '\(branch.name)' has \
          \(outputs) outputs; they must agree.
          """)
      }
      return target
    }
  }

  /// The labels of all samples of the data set for one branch.
  package func labels(branch: Int) -> [Int32] { samples.dataset.targets[targets[branch]].labels }
}
