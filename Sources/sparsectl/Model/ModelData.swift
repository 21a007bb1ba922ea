import Foundation
import SparseCore
import SparseLayers

/// The data that a model is asked about, of which it gives out what the model was not trained on.
///
/// Data without a test or validation part get one from the training samples, chosen by the model's seed
/// and the number of samples. A file that has grown by one line then gives quite another part, full of
/// samples that the model has learnt. It is told of when such a part is not taken from the samples of the
/// training.
struct ModelData {
  private let parts: DatasetParts
  private let file: ModelFile
  private let model: String
  /// What errors call the data.
  private let place: String
  /// Whether the test part was taken from the training samples.
  private let derivesTest: Bool
  /// Whether these are the samples of the training; nil where the model does not tell.
  private let isFamiliar: Bool?

  /// Reads the data.
  ///
  /// - Parameters:
  ///   - file: The model.
  ///   - model: What errors call it.
  ///   - options: Where the data are; what they leave open is as in the training.
  /// - Throws: `SparseError` that names the file and what is wrong with it, or does not fit the model.
  init(of file: ModelFile, named model: String, _ options: DataOptions) throws {
    let options = try options.completed(by: file, named: model)
    let source = options.dataset ?? .fashionMNIST
    let parts = try options.load(source, seed: file.training?.seed ?? 0)
    self.parts = parts
    self.file = file
    self.model = model
    place = options.data ?? source.rawValue
    let isDirectory = (try? FileManager.default.contentsOfDirectory(atPath: place)) != nil
    derivesTest = source == .csv && !isDirectory
    if source == .csv { try file.requireTasks(of: parts.training, from: place) }
    try file.requireFit(of: parts.training, from: place)
    isFamiliar = try file.data.trainingSHA256.map { try $0 == parts.training.contentHash() }
  }

  /// The test samples, with the model's numbers of the classes.
  ///
  /// - Throws: What `Dataset.numbered(by:)` throws.
  func test() throws -> Dataset {
    check("test", isDerived: derivesTest)
    return try numbered(parts.test)
  }

  /// The validation samples: those of the data, else those that the training set aside; with the
  /// model's numbers of the classes.
  ///
  /// - Throws: `SparseError.Code.unsupported` where there are none.
  func validation() throws -> Dataset {
    check("validation", isDerived: parts.validation == nil)
    if let validation = parts.validation {
      return try numbered(validation)
    }
    guard let training = file.training, training.validationFraction > 0 else {
      throw SparseError(
        .unsupported,
        """
        \(model): was trained on all training samples, and the data have no validation part, so \
        there are no samples left to calibrate on. Train it with '--validation-fraction' above 0, \
        or give data with a validation part.
        """)
    }
    if file.data.knowsValidation == true {
      Terminal.note(
        """
        warning: \(model) was started from a model that had learnt some of the validation samples, so \
        what is found on them flatters it. Start from one that has set them aside, too, or give data \
        with a validation part.
        """)
    }
    let split = try parts.training.validationSplit(
      fraction: training.validationFraction, seed: training.seed)
    return try numbered(parts.training.selecting(split.validation))
  }

  /// The samples with the model's numbers of the classes; tells of classes that the model has never
  /// heard of, and refuses labels that then are not as many as it answers.
  private func numbered(_ dataset: Dataset) throws -> Dataset {
    let numbered = try dataset.numbered(by: file.data.classNames)
    for (task, branch) in file.network.taskOutputs {
      let known = file.classNames(ofBranch: branch)
      guard let index = dataset.targets.firstIndex(where: { $0.name == task }),
        let stranger = dataset.targets[index].classNames.first(where: { !known.contains($0) })
      else { continue }
      let learnt = "none that the model learnt (\(known.prefix(10).joined(separator: ", ")))"
      guard numbered.targets[index].classCount == known.count else {
        throw SparseError(
          .shapeMismatch,
          """
          \(place): class '\(stranger)' of '\(task)' is \(learnt), and there are \
          \(numbered.targets[index].classCount) classes where \(model) answers \(known.count). Give data \
          with its classes.
          """)
      }
      Terminal.note(
        """
        warning: the data's class '\(stranger)' of '\(task)' is \(learnt); classes are matched by their \
        order.
        """)
    }
    return numbered
  }

  /// Tells of a part that may hold samples of the training.
  private func check(_ part: String, isDerived: Bool) {
    guard isFamiliar == false else { return }
    guard isDerived else {
      Terminal.note(file.warning(named: model, beside: place))
      return
    }
    Terminal.note(
      """
      warning: \(place) has other training samples than \(model) was trained on, and no \(part) part of \
      its own. Unless all its samples are new to the model, that which is taken from it holds some that \
      the model has learnt, and the result flatters it. Give the data of the training as they were, or \
      data with a \(part) part.
      """)
  }
}

extension ModelFile {
  /// Whether the model was trained on other samples than those described; false where that is unknown.
  func isOfOtherSamples(than data: DataDescription) -> Bool {
    guard let known = self.data.trainingSHA256 else { return false }
    return known != data.trainingSHA256
  }

  /// What to tell where the training samples are not those of the model.
  ///
  /// - Parameters:
  ///   - model: What to call the model.
  ///   - place: What to call the data.
  /// - Returns: A line for stderr.
  func warning(named model: String, beside place: String) -> String {
    """
    warning: \(model) was trained on other samples (\(data.dataset)) than the training part of \
    \(place); other parts of it may hold samples that the model has learnt.
    """
  }

  /// Refuses a table without the labels that the model answers.
  fileprivate func requireTasks(of dataset: Dataset, from place: String) throws {
    let names = dataset.targets.map(\.name)
    let tasks = network.taskOutputs.map(\.task)
    guard let missing = tasks.first(where: { !names.contains($0) }) else { return }
    throw SparseError(
      .shapeMismatch,
      """
      \(place): the model answers '\(missing)', but the labels read are \
      \(names.joined(separator: ", ")). Name the columns of the labels with \
      '\(tasks.count == 1 ? "--label-column" : "--label-columns")'.
      """)
  }
}
