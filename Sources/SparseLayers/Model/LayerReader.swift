internal import SparseCore

/// What the metadata say of a junction's pattern.
struct PatternEntry: Codable {
  var recipe: PatternRecipe?
  var sha256: String
}

/// Makes layers from the arrays of a file.
struct LayerReader {
  private let file: Safetensors
  private let patterns: [String: PatternEntry]
  /// The arrays of floats by the layers that they belong to.
  private let parameters: [Substring: [Safetensors.Tensor]]

  /// Prepares for a file.
  ///
  /// - Parameters:
  ///   - file: The arrays.
  ///   - patterns: What the metadata say of the junctions' patterns, by the layers' names.
  init(file: Safetensors, patterns: [String: PatternEntry]) {
    self.file = file
    self.patterns = patterns
    parameters = Dictionary(grouping: file.tensors.filter { $0.elementType == .f32 }) {
      $0.name[..<($0.name.lastIndex(of: ".") ?? $0.name.startIndex)]
    }
  }

  private static let kinds: [any Layer.Type] = [
    SparseLinear.self, Activation.self, Dropout.self, BatchNormalization.self,
  ]

  /// Makes a layer.
  ///
  /// - Parameters:
  ///   - description: What the architecture says of it.
  ///   - name: The prefix of its arrays.
  /// - Returns: The layer.
  /// - Throws: `SparseError` that names the layer when something is missing or does not fit.
  func layer(_ description: LayerDescription, name: String) throws -> any Layer {
    guard let kind = Self.kinds.first(where: { $0.kind == description.kind }) else {
      let known = Self.kinds.map { $0.kind }.joined(separator: ", ")
      throw SparseError(
        .unsupported,
        "layer '\(name)' is of kind '\(description.kind.prefix(40))'; known are \(known).")
    }
    for size in [description.inputSize, description.outputSize]
    where size < 1 || size > Pattern.maximumNeurons {
      throw SparseError(
        .corruptFile,
        "layer '\(name)' has a size of \(size); sizes are 1…\(Pattern.maximumNeurons).")
    }
    var arrays: [String: [Float]] = [:]
    for tensor in parameters[name[...]] ?? [] {
      arrays[String(tensor.name.dropFirst(name.count + 1))] = try tensor.floats()
    }
    do {
      var pattern: Pattern?
      if kind == SparseLinear.self {
        // First of all: a pattern takes memory for each output, which a few bytes can ask for.
        _ = try SparseLinear.array("bias", count: description.outputSize, from: arrays)
        pattern = try self.pattern(description, name: name)
      }
      let layer = try kind.init(
        description: description, pattern: pattern, parameters: arrays)
      guard layer.inputSize == description.inputSize, layer.outputSize == description.outputSize
      else {
        throw SparseError(
          .corruptFile,
          """
          a \(description.kind) layer of \(layer.inputSize) inputs cannot go from \
          \(description.inputSize) to \(description.outputSize) features.
          """)
      }
      return layer
    } catch let error as SparseError {
      throw SparseError(error.code, "layer '\(name)': \(error.message)", cause: error)
    }
  }

  private func pattern(_ description: LayerDescription, name: String) throws -> Pattern? {
    guard let entry = patterns[name] else { return nil }
    let pattern: Pattern
    if let columns = file["\(name).columns"] {
      pattern = try Pattern(
        inputs: description.inputSize, outputs: description.outputSize,
        rowOffsets: try rowOffsets(description, edges: columns.elementCount, name: name),
        columns: try columns.unsignedIntegers(), recipe: entry.recipe)
      try requireFit(of: entry.recipe, description, edges: columns.elementCount, "columns")
    } else if let recipe = entry.recipe {
      let edges = file["\(name).values"]?.elementCount ?? 0
      try requireFit(of: recipe, description, edges: edges, "values")
      pattern = try recipe.makePattern()
    } else {
      return nil
    }
    guard try pattern.sha256 == entry.sha256 else {
      throw SparseError(
        .corruptFile,
        """
        its pattern has SHA-256 \(try pattern.sha256.prefix(12))…, but the metadata promise \
        \(entry.sha256.prefix(12))….
        """)
    }
    return pattern
  }

  /// Compares sizes before anything is made by a recipe: a few bytes can ask for gigabytes.
  private func requireFit(
    of recipe: PatternRecipe?, _ description: LayerDescription, edges: Int, _ counted: String
  ) throws {
    guard let recipe else { return }
    guard recipe.edges == edges, recipe.inputs == description.inputSize,
      recipe.outputs == description.outputSize
    else {
      throw SparseError(
        .corruptFile,
        """
        its recipe is a \(recipe), but there are \(edges) \(counted) for a layer from \
        \(description.inputSize) to \(description.outputSize).
        """)
    }
  }

  private func rowOffsets(
    _ description: LayerDescription, edges: Int, name: String
  ) throws -> [Int] {
    if let offsets = file["\(name).row_offsets"] { return try offsets.integers(as: Int.self) }
    let outputs = description.outputSize
    guard outputs >= 1, outputs <= Pattern.maximumNeurons, edges % outputs == 0 else {
      throw SparseError(
        .corruptFile,
        "\(edges) columns cannot be dealt evenly to \(outputs) rows, and there are no row offsets.")
    }
    return (0...outputs).map { $0 * (edges / outputs) }
  }
}
