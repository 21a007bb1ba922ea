public import SparseCore

/// What one junction costs, or several together.
public struct JunctionCost: Codable, Hashable, Sendable {
  /// The junction's name.
  public var name: String
  /// The neurons on the left, of all junctions.
  public var inputs = 0
  /// The neurons on the right, of all junctions.
  public var outputs = 0
  /// The weights that exist.
  public var weights = 0
  /// The weights of the dense junction.
  public var denseWeights = 0
  /// The biases, in both.
  public var biases = 0
  /// The bytes of the arrays in a model file of the form `columns`, the usual one.
  public var storageBytes = 0
  /// The same in the form `csr`: with 32-bit columns and row offsets.
  public var csrStorageBytes = 0
  /// The same in the form `recipe`: without indices, where a recipe makes them again.
  public var recipeStorageBytes = 0
  /// The bytes of the dense junction's values and biases.
  public var denseStorageBytes = 0
  /// The multiply–adds of inference, per sample.
  public var macs = 0
  /// The same for the dense junction.
  public var denseMACs = 0
  /// The multiply–adds of the input gradient, per sample; 0 for a junction that reads the data, or
  /// what a frozen layer writes.
  public var inputGradientMACs = 0
  /// The same for the dense junction.
  public var denseInputGradientMACs = 0
  /// The multiply–adds of the weight gradient, per sample; 0 for a frozen junction.
  public var weightGradientMACs = 0
  /// The same for the dense junction.
  public var denseWeightGradientMACs = 0
  /// The multiply–adds of the products of training, per sample: forward and both gradients.
  public var trainingMACs = 0
  /// The same for the dense junction.
  public var denseTrainingMACs = 0

  /// The kept fraction.
  public var density: Double { denseWeights == 0 ? 0 : Double(weights) / Double(denseWeights) }

  enum CodingKeys: String, CodingKey {
    case name, inputs, outputs, weights, biases, macs
    case denseWeights = "dense_weights"
    case storageBytes = "storage_bytes"
    case csrStorageBytes = "csr_storage_bytes"
    case recipeStorageBytes = "recipe_storage_bytes"
    case denseStorageBytes = "dense_storage_bytes"
    case denseMACs = "dense_macs"
    case inputGradientMACs = "input_gradient_macs"
    case denseInputGradientMACs = "dense_input_gradient_macs"
    case weightGradientMACs = "weight_gradient_macs"
    case denseWeightGradientMACs = "dense_weight_gradient_macs"
    case trainingMACs = "training_macs"
    case denseTrainingMACs = "dense_training_macs"
  }

  init(name: String) { self.name = name }

  /// Counts what a layer without weights of its own stores.
  init(name: String, storedFloats: Int) {
    self.name = name
    let bytes = 4 * storedFloats
    (storageBytes, csrStorageBytes, recipeStorageBytes) = (bytes, bytes, bytes)
    denseStorageBytes = bytes
  }

  /// Counts a junction's costs.
  ///
  /// - Parameters:
  ///   - name: The junction's name.
  ///   - pattern: Its connections.
  ///   - hasInputGradient: Whether training computes dX = Wᵀ·dY, which a junction that reads the
  ///     data does not.
  ///   - hasWeightGradient: Whether training computes dW, which a frozen junction does not.
  public init(
    name: String, pattern: Pattern, hasInputGradient: Bool, hasWeightGradient: Bool = true
  ) {
    self.name = name
    inputs = pattern.inputs
    outputs = pattern.outputs
    weights = pattern.edgeCount
    denseWeights = pattern.inputs * pattern.outputs
    biases = pattern.outputs
    let floats = 4 * (weights + biases)
    storageBytes = floats + StorageForm.columns.indexBytes(of: pattern)
    csrStorageBytes = floats + StorageForm.csr.indexBytes(of: pattern)
    recipeStorageBytes = floats + StorageForm.recipe.indexBytes(of: pattern)
    denseStorageBytes = 4 * (denseWeights + biases)
    macs = weights
    denseMACs = denseWeights
    inputGradientMACs = hasInputGradient ? weights : 0
    denseInputGradientMACs = hasInputGradient ? denseWeights : 0
    weightGradientMACs = hasWeightGradient ? weights : 0
    denseWeightGradientMACs = hasWeightGradient ? denseWeights : 0
    trainingMACs = macs + inputGradientMACs + weightGradientMACs
    denseTrainingMACs = denseMACs + denseInputGradientMACs + denseWeightGradientMACs
  }

  private static var storedCounts: [WritableKeyPath<JunctionCost, Int>] {
    [
      \.inputs, \.outputs, \.weights, \.denseWeights, \.biases, \.storageBytes, \.csrStorageBytes,
      \.recipeStorageBytes, \.denseStorageBytes,
    ]
  }
  private static var computedCounts: [WritableKeyPath<JunctionCost, Int>] {
    [
      \.macs, \.denseMACs, \.inputGradientMACs, \.denseInputGradientMACs, \.weightGradientMACs,
      \.denseWeightGradientMACs, \.trainingMACs, \.denseTrainingMACs,
    ]
  }

  mutating func add(_ other: JunctionCost) {
    for count in Self.storedCounts + Self.computedCounts {
      self[keyPath: count] += other[keyPath: count]
    }
  }

  /// The costs with the multiply–adds of several samples; what is stored stays.
  ///
  /// - Parameter samples: The samples.
  /// - Returns: The costs.
  public func times(_ samples: Int) -> JunctionCost {
    var result = self
    for count in Self.computedCounts { result[keyPath: count] *= samples }
    return result
  }
}
