internal import Foundation
internal import SparseCore

/// A network in a file, with everything that is needed to use it: safetensors, so that Python reads
/// it too.
///
/// | array | type | content |
/// |---|---|---|
/// | `<layer>.values` | F32 | the weights, in CSR order |
/// | `<layer>.columns` | U16, or U32 above 65,536 inputs | the input of each edge |
/// | `<layer>.row_offsets` | U32 | only where rows differ in length |
/// | `<layer>.bias` | F32 | one per output |
/// | `boundary.<cut>.low`, `.high` | F32 | what each feature behind so many hidden layers ranges over |
///
/// That is the form ``StorageForm/columns``; the others store more or fewer indices.
/// `__metadata__` holds JSON texts: the architecture, the patterns' recipes and digests, how the
/// network was made and trained, and what the data's classes are called; and, as it was given, the
/// text of the experiment.
public struct ModelFile: Sendable {
  /// The version of the format that this code writes, and the only one that it reads.
  public static let formatVersion = "1"

  /// The network with its parameters.
  public var network: Network
  /// How the network was made, when it was made by a recipe.
  public var recipe: NetworkRecipe?
  /// How the network was trained.
  public var training: TrainingRecipe?
  /// What the network's outputs are scored by, and so how they become probabilities.
  public var loss: Loss { training?.loss ?? .softmaxCrossEntropy }
  /// What the network was trained on.
  public var data: DataDescription
  /// When samples leave at the network's exits, once that was calibrated.
  public var exitSettings: ExitSettings?
  /// The ranges of what can cross a cut, once they were measured; one per cut at most.
  public var boundaryRanges: [BoundaryRanges] = []
  /// Which part of a larger network this is, when it is one.
  public var split: SplitDescription?
  /// Whether the file also holds the state of a run that was stopped, which is lost when a model is
  /// written in its place.
  public private(set) var isCheckpoint = false
  /// How the file stores where the weights are, when nothing else is asked for; as it was read.
  public var storageForm = StorageForm.columns
  /// How the program that made the model would make it again, in that program's own words.
  ///
  /// This library keeps the text and does not look into it.
  public var experiment: String?

  /// The most bytes of `experiment`, as UTF-8.
  public static let maximumExperimentBytes = 1 << 16

  /// Puts a network and what is known of it together.
  ///
  /// - Parameters:
  ///   - network: The network with its parameters.
  ///   - recipe: How it was made.
  ///   - training: How it was trained.
  ///   - data: What it was trained on.
  ///   - experiment: How the program that made it would make it again.
  public init(
    network: Network, recipe: NetworkRecipe? = nil, training: TrainingRecipe? = nil,
    data: DataDescription, experiment: String? = nil
  ) {
    self.network = network
    self.recipe = recipe
    self.training = training
    self.data = data
    self.experiment = experiment
  }
}

/// What a network was trained on: enough to feed it and to name its answers.
public struct DataDescription: Codable, Hashable, Sendable {
  /// The name of the data set.
  public var dataset: String
  /// The features of a sample, before it is padded to the network's input.
  public var featureCount: Int
  /// The names of the features, in the order in which the network takes them, where they have some.
  public var featureNames: [String]?
  /// How a feature is stored in the data, where that is known.
  public var featureType: FeatureType?
  /// The names of each task's classes.
  public var classNames: [String: [String]]
  /// The `Dataset.contentHash()` of the training part, where it is known.
  public var trainingSHA256: String?
  /// True where samples that were set aside to validate by are known to the model all the same, because
  /// the training started from one that had learnt them.
  public var knowsValidation: Bool?

  enum CodingKeys: String, CodingKey {
    case dataset
    case trainingSHA256 = "training_sha256"
    case knowsValidation = "knows_validation"
    case featureCount = "features"
    case featureNames = "feature_names"
    case featureType = "feature_type"
    case classNames = "classes"
  }

  /// How features are stored.
  public enum FeatureType: String, Codable, Sendable {
    /// A byte, which stands for a number from 0 to 1.
    case uint8
    /// A number in single precision.
    case float32

    /// The bytes of a feature.
    public var byteCount: Int { self == .uint8 ? 1 : 4 }
  }

  /// Describes a network that has not seen data yet.
  ///
  /// - Parameter network: The network.
  public init(untrained network: Network) {
    dataset = ""
    featureCount = network.inputSize
    classNames = [:]
  }

  /// Describes data.
  ///
  /// - Parameters:
  ///   - dataset: The name of the data set.
  ///   - sample: A part of it.
  public init(dataset: String, like sample: Dataset) {
    self.dataset = dataset
    featureCount = sample.featureCount
    featureType = if case .bytes = sample.features { .uint8 } else { .float32 }
    // Names of a megabyte help nobody who reads the file.
    let names = sample.featureNames
    featureNames = (names ?? []).reduce(0) { $0 + $1.utf8.count } <= 1 << 20 ? names : nil
    classNames = Dictionary(
      sample.targets.map { ($0.name, $0.classNames) }, uniquingKeysWith: { first, _ in first })
  }
}

// MARK: - Writing

extension ModelFile {
  /// Writes the file; a previous one stays whole until the new one is complete.
  ///
  /// - Parameters:
  ///   - path: Where to write.
  ///   - form: How to store where the weights are; as `storageForm` says when nil.
  /// - Throws: `SparseError.Code.fileSystem` when the file cannot be written.
  public func write(to path: String, form: StorageForm? = nil) throws {
    try safetensors(form: form).write(to: path)
  }

  /// The file's arrays and metadata.
  ///
  /// - Parameter form: How to store where the weights are; as `storageForm` says when nil.
  /// - Returns: The content of the file.
  /// - Throws: `SparseError` when a digest cannot be computed, or the experiment's text is too long.
  public func safetensors(form: StorageForm? = nil) throws -> Safetensors {
    let form = form ?? storageForm
    var tensors: [Safetensors.Tensor] = []
    var patterns: [String: PatternEntry] = [:]
    for place in network.places {
      let layer = network[place]
      let name = network.name(of: place)
      for parameter in layer.parameters {
        tensors.append(
          .init(
            name: "\(name).\(parameter.name)", floats: parameter.values,
            shape: [parameter.values.count]))
      }
      guard let pattern = (layer as? SparseLinear)?.pattern else { continue }
      if form == .recipe, let recipe = pattern.recipe {
        // A file can name a recipe beside connections that it does not make.
        guard try recipe.makePattern() == pattern else {
          throw SparseError(
            .invalidPattern,
            "The recipe of '\(name)' makes other connections than it has. Store its columns.")
        }
      }
      patterns[name] = PatternEntry(recipe: pattern.recipe, sha256: try pattern.sha256)
      tensors += Self.indices(of: pattern, name: name, form)
    }
    tensors += boundaryRanges.flatMap(\.tensors)
    var metadata = [
      "format_version": Self.formatVersion,
      "architecture": try sortedJSON(Architecture(network)),
      "patterns": try sortedJSON(patterns),
      "data": try sortedJSON(data),
    ]
    if let recipe { metadata["network_recipe"] = try sortedJSON(recipe) }
    if let training { metadata["training_recipe"] = try sortedJSON(training) }
    if let exitSettings { metadata["exit_settings"] = try sortedJSON(exitSettings) }
    if let split { metadata["split"] = try sortedJSON(split) }
    try checkExperiment()
    metadata["experiment"] = experiment
    return try Safetensors(metadata: metadata, tensors: tensors)
  }

  private static func indices(
    of pattern: Pattern, name: String, _ form: StorageForm
  ) -> [Safetensors.Tensor] {
    var tensors: [Safetensors.Tensor] = []
    if let type = form.columnType(of: pattern) {
      let (name, shape) = ("\(name).columns", [pattern.edgeCount])
      tensors.append(
        type == .u16
          ? .init(name: name, integers: pattern.columns.map { UInt16($0) }, shape: shape)
          : .init(name: name, integers: pattern.columns, shape: shape))
    }
    if form.storesRowOffsets(of: pattern) {
      tensors.append(
        .init(
          name: "\(name).row_offsets", integers: pattern.rowOffsets.map { UInt32($0) },
          shape: [pattern.outputs + 1]))
    }
    return tensors
  }
}

// MARK: - Reading

extension ModelFile {
  /// Reads a file and checks everything in it before using anything.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError.Code.fileSystem` when it cannot be read, `corruptFile` when it does not
  ///   hold what it promises, `unsupported` when it is of another version.
  public init(contentsOf path: String) throws {
    try self.init(Safetensors(contentsOf: path), source: path)
  }

  /// Takes a file's content apart.
  ///
  /// - Parameters:
  ///   - file: The arrays and metadata.
  ///   - source: What errors call the file.
  /// - Throws: As `init(contentsOf:)`.
  public init(_ file: Safetensors, source: String) throws {
    do {
      guard let version = file.metadata["format_version"] else {
        throw SparseError(
          .corruptFile, "it has no 'format_version', so it is not a model of this engine.")
      }
      guard version == Self.formatVersion else {
        throw SparseError(
          .unsupported,
          "it is of format version \(version.prefix(20)); this program reads \(Self.formatVersion)."
        )
      }
      let patterns: [String: PatternEntry] = try Self.decode("patterns", of: file) ?? [:]
      let architecture: Architecture = try Self.require("architecture", of: file)
      let reader = LayerReader(file: file, patterns: patterns)
      network = try architecture.network(reader.layer)
      data = try Self.require("data", of: file)
      isCheckpoint = file.metadata[Checkpoint.metadataKey] != nil
      recipe = try Self.decode("network_recipe", of: file)
      training = try Self.decode("training_recipe", of: file)
      try training?.validate()
      exitSettings = try Self.decode("exit_settings", of: file)
      try exitSettings?.validate(
        exits: network.branches.count { $0.task == network.outputTask },
        handsOver: network.handsOver)
      split = try Self.decode("split", of: file)
      boundaryRanges = try BoundaryRanges.all(in: file)
      experiment = file.metadata["experiment"]
      storageForm = StorageForm(of: file)
      try checkSizes()
      try checkExperiment()
    } catch let error as SparseError {
      // What is wrong with a value in the file is wrong with the file.
      let kept: [SparseError.Code] = [.unsupported, .fileSystem, .backend]
      throw SparseError(
        kept.contains(error.code) ? error.code : .corruptFile, "\(source): \(error.message)",
        cause: error)
    }
  }

  /// Compares what the metadata say with the network.
  private func checkSizes() throws {
    guard (0...network.inputSize).contains(data.featureCount) else {
      throw SparseError(
        .corruptFile,
        "its data have \(data.featureCount) features, but the network takes \(network.inputSize).")
    }
    if let names = data.featureNames, names.count != data.featureCount {
      throw SparseError(
        .corruptFile,
        "its data have \(data.featureCount) features, but \(names.count) names of them.")
    }
    if let split {
      let boundary =
        split.part == .edge ? network.backboneSize(at: network.backbone.count) : network.inputSize
      let output = split.output
      guard split.boundaryFeatures == boundary, split.hiddenLayers >= 0, output.exit >= 0,
        (1...Pattern.maximumNeurons).contains(output.size),
        network.handsOver == (split.part == .edge)
      else {
        throw SparseError(
          .corruptFile,
          """
          it is said to be the \(split.part.rawValue) part of a network cut after \
          \(split.hiddenLayers) hidden layers, with \(split.boundaryFeatures) features at the cut and \
          \(output.size) outputs, which does not fit its layers. Split the whole model again.
          """)
      }
    }
    let ends = [0] + network.hiddenLayerEnds
    for (index, ranges) in boundaryRanges.enumerated() {
      let cut = ranges.hiddenLayers
      // A part counts the hidden layers of the whole network, and holds one cut.
      let features =
        split?.boundaryFeatures
        ?? (ends.indices.contains(cut) ? network.backboneSize(at: ends[cut]) : nil)
      let isNew = index == 0 || boundaryRanges[index - 1].hiddenLayers != cut
      guard features == ranges.low.count, isNew, split?.hiddenLayers ?? cut == cut else {
        throw SparseError(
          .corruptFile,
          """
          its ranges of \(ranges.low.count) features behind \(cut) hidden layers do not fit the \
          network, or are there twice. Calibrate the model again.
          """)
      }
    }
  }

  private func checkExperiment() throws {
    let bytes = experiment?.utf8.count ?? 0
    guard bytes <= Self.maximumExperimentBytes else {
      throw SparseError(
        .invalidArgument,
        """
        the text of the experiment has \(bytes) bytes; a model holds at most \
        \(Self.maximumExperimentBytes). Shorten it.
        """)
    }
  }

  static func require<T: Decodable>(_ key: String, of file: Safetensors) throws -> T {
    guard let value: T = try decode(key, of: file) else {
      throw SparseError(.corruptFile, "its metadata lack '\(key)'.")
    }
    return value
  }

  static func decode<T: Decodable>(_ key: String, of file: Safetensors) throws -> T? {
    guard let text = file.metadata[key] else { return nil }
    do {
      return try JSONDecoder().decode(T.self, from: Data(text.utf8))
    } catch let error as SparseError {
      throw error
    } catch {
      throw SparseError(
        .corruptFile,
        """
        the JSON text '\(key)' of its metadata \(DecodingError.reason(error)). Copy or write the file again.
        """,
        cause: error)
    }
  }
}
