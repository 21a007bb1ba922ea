import SparseCore
import SparseLayers

extension ModelFile {
  /// Reads a model that answers by itself.
  ///
  /// - Parameter path: The file.
  /// - Throws: What `init(contentsOf:)` throws, and `SparseError.Code.unsupported` for the edge part of
  ///   a split model.
  init(answering path: String) throws {
    try self.init(contentsOf: path)
    guard !network.handsOver else {
      throw SparseError(
        .unsupported,
        """
        \(path): is the edge part of a model that was split, and hands over what it is not sure of. \
        Give the whole model.
        """)
    }
  }

  /// Refuses to put a model in the place of a checkpoint, of which nothing else would be left.
  ///
  /// - Parameters:
  ///   - path: Where this model was read.
  ///   - output: Where one is to be written.
  /// - Throws: `SparseError.Code.invalidArgument`.
  func requireNoCheckpoint(at path: String, replacedBy output: String) throws {
    guard isCheckpoint, DistinctFiles.areSame(path, output) else { return }
    throw SparseError(
      .invalidArgument,
      """
      \(path): holds a run that was stopped, which could not go on if a model took its place. Name \
      another file with '--output'.
      """)
  }

  /// Refuses samples of another size than those the network was trained on, or with features of
  /// other names.
  ///
  /// - Parameters:
  ///   - dataset: The samples.
  ///   - place: What errors call them.
  /// - Throws: `SparseError` with both sizes or names.
  func requireFit(of dataset: Dataset, from place: String) throws {
    guard dataset.featureCount == data.featureCount else {
      guard split?.part != .remote else {
        throw SparseError(
          .unsupported,
          """
          \(place): its samples have \(dataset.featureCount) features, but the model is the remote part \
          of one that was split, and takes the \(data.featureCount) at the cut. Give the whole model.
          """)
      }
      throw SparseError(
        .shapeMismatch,
        """
        \(place): its samples have \(dataset.featureCount) features, but the model was trained on \
        samples of \(data.featureCount) (\(data.dataset)). Give samples like those.
        """)
    }
    // Columns in another order would be answered all the same, and wrongly.
    guard let known = data.featureNames, let found = dataset.featureNames else { return }
    if let index = zip(known, found).enumerated().first(where: { $1.0 != $1.1 })?.offset {
      throw SparseError(
        .shapeMismatch,
        """
        \(place): feature \(index + 1) is '\(found[index])', but the model was trained with \
        '\(known[index])' there. Give the features of the training in the same order, or a file \
        without a header to have them taken as they are.
        """)
    }
  }

  /// The names of the classes that a branch tells apart; numbers where the file has none.
  ///
  /// - Parameter index: The branch, by its position in the network's `branches`.
  /// - Returns: One name per output.
  func classNames(ofBranch index: Int) -> [String] {
    let branch = network.branches[index]
    let count = branch.outputSize
    let names = data.classNames[branch.task] ?? []
    return names.count == count ? names : (0..<count).map(String.init)
  }
}
