import ArgumentParser
import SparseCore
import SparseLayers

/// Options of `train` with their values, from a YAML file or from the model that they made.
struct Experiment {
  /// One option with its value.
  struct Entry {
    /// The option's name without its dashes.
    let key: String
    /// What would be written on the command line; nothing for a flag that is off.
    let words: [String]
    /// The line of the file, from 1.
    let line: Int
  }

  /// What errors call it: the path.
  let source: String
  /// The options, in the order of the file.
  private(set) var entries: [Entry]

  /// The largest file; a longer one is something else.
  static let maximumBytes = ModelFile.maximumExperimentBytes

  /// Options that say where results go and on what to run: a model does not keep them.
  static let ofTheRun: Set = ["output", "metrics", "resume", "threads"]
  /// Options that mean nothing in a file.
  static let ofTheCommandLine: Set = ["config", "print-config", "json", "help", "version"]

  /// Reads an experiment.
  ///
  /// - Parameter path: A YAML file, or a model that `train` has made.
  /// - Throws: `SparseError` when the file cannot be read or is neither; `WrongUsage`, naming the line,
  ///   for what is no option of `train`.
  init(path: String) throws {
    let file = try BoundedFile(path: path, maximumBytes: .max)
    let start = try file.bytes(in: 0..<min(file.byteCount, 9))
    // A model begins with the length of its header, in 8 bytes of which the last is 0, as in no text.
    if start.count == 9, start[7] == 0, start[8] == UInt8(ascii: "{") {
      try self.init(model: path)
      return
    }
    guard file.byteCount <= Self.maximumBytes else {
      throw SparseError(
        .unsupported,
        """
        \(path): is \(file.byteCount) bytes long; an experiment has at most \(Self.maximumBytes). \
        Check that this is the right file.
        """)
    }
    let bytes = try file.bytes(in: 0..<file.byteCount)
    try file.requireSameSize()
    guard let yaml = String(validating: bytes, as: UTF8.self) else {
      throw SparseError(
        .corruptFile,
        "\(path): is neither a model nor text in UTF-8. Save the experiment as UTF-8.")
    }
    try self.init(yaml: yaml, source: path)
  }

  private init(model path: String) throws {
    guard let yaml = try ModelFile(contentsOf: path).experiment else {
      throw SparseError(
        .unsupported,
        """
        \(path): does not hold the options that it was trained with; an earlier version or another \
        program made it. Write them into a YAML file.
        """)
    }
    try self.init(yaml: yaml, source: path)
    entries.removeAll { Self.ofTheRun.contains($0.key) }
  }

  /// Takes an experiment's text apart.
  ///
  /// - Parameters:
  ///   - yaml: The text.
  ///   - source: What errors call it.
  /// - Throws: `WrongUsage` for what is no option of `train`.
  init(yaml: String, source: String) throws {
    self.source = source
    entries = try ExperimentReader(source: source).entries(of: yaml)
  }

  /// The words of all options, to stand in front of a user's own.
  var words: [String] { entries.flatMap(\.words) }

  /// Where an option that a message names stands, to be put in front of the message.
  func place(of message: String) -> String {
    let named = entries.first { entry in
      ["'", " <"].contains { message.contains("'--\(entry.key)\($0)") }
    }
    return "\(source)\(named.map { ", line \($0.line)" } ?? ""): "
  }
}

// MARK: - Precedence

extension Experiment {
  /// What an option of the command line takes the place of, beside itself: options that exclude it or
  /// that only belong to the value it replaces.
  ///
  /// Without these rules a file that says `--density` could not be overruled by `--out-degrees`.
  private static let dependents: [String: Set<String>] = [
    "dataset": ["data", "label-column", "label-columns"],
    "label-column": ["label-columns"],
    "label-columns": ["label-column"],
    "density": ["out-degrees"],
    "density-policy": ["out-degrees"],
    "out-degrees": ["density", "density-policy"],
    "from": [
      "layers", "pad-input", "density", "density-policy", "out-degrees", "pattern", "activation",
      "dropout", "batch-norm", "tasks", "task-layers", "task-density", "task-weights",
    ],
    "recipe": [
      "epochs", "batch-size", "optimizer", "learning-rate", "momentum", "nesterov", "weight-decay",
      "schedule", "decay", "step-epochs", "warmup-steps", "l2", "loss", "validation-fraction",
    ],
    "optimizer": ["learning-rate", "momentum", "nesterov", "weight-decay"],
    "schedule": ["decay", "step-epochs"],
    "storage": ["compact"],
    "compact": ["storage"],
  ]

  /// Leaves out what the command line has its own options for.
  ///
  /// - Parameter given: The names of the command line's options, without their dashes.
  /// - Returns: A sentence for each of them that also takes the place of others.
  mutating func yield(to given: Set<String>) -> [String] {
    var notes: [String] = []
    for option in given.sorted() {
      let others = entries.map(\.key).filter {
        Self.dependents[option]?.contains($0) == true && !given.contains($0)
      }
      guard !others.isEmpty else { continue }
      entries.removeAll { others.contains($0.key) }
      notes.append(
        "'--\(option)' also takes the place of \(others.joined(separator: ", ")) in \(source).")
    }
    entries.removeAll { given.contains($0.key) || given.contains("no-\($0.key)") }
    return notes
  }
}
