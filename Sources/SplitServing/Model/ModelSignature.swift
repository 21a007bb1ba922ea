internal import SparseLayers

/// What a served model takes and gives.
struct ModelSignature: Sendable {
  /// One of the model's outputs: a branch of its network.
  struct Output: Hashable, Sendable {
    /// The branch's name.
    let name: String
    /// The number of values for each sample.
    let size: Int
  }

  /// The version of every model that is served; a reloaded file is the same version to its users.
  static let version = "1"

  /// What clients call the model.
  let name: String
  /// The number of values of each sample, in the only input `input`.
  let features: Int
  /// The outputs, one per branch, in the network's order.
  let outputs: [Output]
  /// Which part of which network the model is, when it is a part.
  let split: SplitDescription?
  /// How 8-bit inputs are meant, where the model file has ranges of them.
  let quantization: Quantization?
  /// Whether its inputs are those of a network that was trained on bytes b, which stand for b/255.
  let takesBytes: Bool

  /// The signature of a network.
  ///
  /// - Parameters:
  ///   - name: What clients call the model.
  ///   - network: The network.
  ///   - split: Which part it is, when it is one.
  ///   - ranges: What its inputs range over, when that is known.
  ///   - takesBytes: Whether its inputs are those of a network that was trained on bytes.
  init(
    name: String, network: Network, split: SplitDescription? = nil, ranges: BoundaryRanges? = nil,
    takesBytes: Bool = false
  ) {
    self.takesBytes = takesBytes
    self.name = name
    self.split = split
    quantization = ranges.map { Quantization($0) }
    features = network.inputSize
    outputs = network.branches.map { Output(name: $0.name, size: $0.outputSize) }
  }
}

/// The protocol's description of a model.
struct ModelMetadata: Encodable {
  struct Tensor: Encodable {
    var name: String
    var datatype: String
    var shape: [Int]
  }

  var name: String
  var versions = [ModelSignature.version]
  var platform = "sparse-engine"
  var inputs: [Tensor]
  var outputs: [Tensor]
  var parameters: Parameters?

  /// What the edge part looks at before it sends anything; the protocol leaves it open.
  struct Parameters: Codable {
    var split: SplitDescription
  }

  init(_ signature: ModelSignature) {
    name = signature.name
    parameters = signature.split.map { Parameters(split: $0) }
    inputs = [
      Tensor(
        name: InferenceCall.TensorName.input, datatype: TensorDatatype.fp32.rawValue,
        shape: [-1, signature.features])
    ]
    outputs = signature.outputs.map {
      Tensor(name: $0.name, datatype: TensorDatatype.fp32.rawValue, shape: [-1, $0.size])
    }
  }
}
