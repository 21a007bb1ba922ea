public import SparseCore

/// A network in the Open Neural Network Exchange format, for onnxruntime and other programs.
///
///     let model = try ONNXModel(ModelFile(contentsOf: "model.safetensors"))
///     try model.write(to: "model.onnx")
///
/// The graph takes what the network takes: `input`, `[N, features]` in 32-bit floats, for any number
/// N of samples. Samples are prepared by the caller as `sparsectl predict` prepares them: bytes are
/// divided by 255, other numbers are used as they are, and zeros are put behind samples that have
/// fewer features than the network. Each branch is an output of its name, `[N, classes]`, with the
/// numbers that the server answers: before softmax and temperature. The first part of a network that
/// was cut has the output ``boundaryName`` too, which is the `input` of the other part.
///
/// | layer | operators (version 17 of the operator set) |
/// |---|---|
/// | linear | `Gemm`, with W as `[outputs, inputs]` and `transB` |
/// | activation | `Relu`, `LeakyRelu`, `Tanh`, `Sigmoid` |
/// | batch normalisation | `BatchNormalization`, with the running statistics |
/// | dropout | none |
///
/// The file's metadata hold JSON texts, with which a program can decide where samples leave:
///
/// | key | content |
/// |---|---|
/// | `outputs` | name, branch, task and exit (its position among those of its task, from 0) of each output |
/// | `data` | the data set, the features of a sample, and the class names of each task |
/// | `loss` | what was trained: of `cross-entropy` probabilities are the softmax of outputs |
/// | `exit_settings` | the calibrated rule, temperatures and thresholds, where there are some |
/// | `split` | which part of which network it is, where it is one |
///
/// Source: the ONNX specification, <https://onnx.ai/onnx/repo-docs/IR.html>.
public struct ONNXModel: Sendable {
  /// The version of the operator set that the graph uses.
  public static let operatorSetVersion = 17
  /// The version of the format, the one that came with the operator set.
  public static let formatVersion = 8
  /// The name of the only input.
  public static let inputName = "input"
  /// The name of the output that crosses a cut.
  public static let boundaryName = "boundary"

  /// An input or an output.
  public struct Value: Hashable, Sendable {
    /// Its name in the graph.
    public let name: String
    /// The numbers for each sample.
    public let size: Int
  }

  /// What the graph takes.
  public let input: Value
  /// What it gives: one value per branch, in the network's order, and then the boundary, if any.
  public let outputs: [Value]
  /// The version of the program that writes the file.
  public var producerVersion = ""

  let graph: ONNXGraph
  let metadata: [String: String]

  /// Maps a model to a graph.
  ///
  /// - Parameters:
  ///   - model: A whole model, or one part of a model that was cut.
  ///   - weights: How to store the weights.
  /// - Throws: `SparseError.Code.unsupported` for a layer that has no operators here, or when the
  ///   arrays would not fit into a file.
  public init(_ model: ModelFile, weights: Weights = .dense) throws {
    let network = model.network
    let boundary = network.handsOver ? Self.boundaryName : nil
    let names = Self.outputNames(network.branches.map(\.name), boundary)
    input = Value(name: Self.inputName, size: network.inputSize)
    outputs =
      zip(names, network.branches).map { Value(name: $0, size: $1.outputSize) }
      + (boundary.map {
        [Value(name: $0, size: network.backboneSize(at: network.backbone.count))]
      } ?? [])
    graph = try ONNXGraph(
      network, weights: weights, input: Self.inputName, boundary: boundary, outputs: names)
    metadata = try Self.metadata(of: model, outputs: names)
  }

  /// The names of the branches' outputs: their own, unless the input or the boundary is called so,
  /// since ONNX tells inputs and outputs apart by nothing else.
  private static func outputNames(_ branches: [String], _ boundary: String?) -> [String] {
    var taken = Set([inputName] + (boundary.map { [$0] } ?? []))
    return branches.map { branch in
      var name = branch
      while !taken.insert(name).inserted { name += "-2" }
      return name
    }
  }
}

// MARK: - Sizes

extension ONNXModel {
  /// How a file stores the weights of junctions; their biases are dense.
  ///
  /// | form | a junction's weights take |
  /// |---|---|
  /// | `dense` | 4 bytes for each pair of an input and an output, connected or not |
  /// | `sparse` | 12 bytes an edge (4 for the value, 8 for the index) below a density of 1/3, else as `dense` |
  ///
  /// `dense` is the default, since every program reads it. `sparse` weights are `Constant` operators
  /// with a `sparse_value`: a `sparse_initializer` would be as small, but the checker of ONNX refuses
  /// one as an operand of `Gemm`. onnxruntime makes them dense when it loads the file; other programs
  /// may not know them.
  public enum Weights: String, CaseIterable, Codable, Sendable {
    /// Every junction as a dense matrix.
    case dense
    /// Junctions as values and their indices, where that is smaller.
    case sparse

    /// The bytes of a junction's weights.
    ///
    /// - Parameter pattern: The junction's connections.
    /// - Returns: The bytes of values and indices, without the bias.
    public func bytes(of pattern: Pattern) -> Int {
      let (dense, sparse) = (4 * pattern.inputs * pattern.outputs, 12 * pattern.edgeCount)
      return self == .sparse ? min(dense, sparse) : dense
    }

    /// Whether a junction is written as values and indices.
    func isSparse(_ pattern: Pattern) -> Bool { bytes(of: pattern) < Self.dense.bytes(of: pattern) }
  }

  /// Refuses what would be too large for readers of Protocol Buffers, before it is made.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of it.
  ///   - weights: How the weights are stored.
  ///   - what: What errors call it.
  /// - Throws: `SparseError.Code.unsupported` with the remedy.
  static func requireFit(_ bytes: Int, _ weights: Weights, _ what: String) throws {
    guard bytes > Int(Int32.max) else { return }
    let remedy = weights == .dense ? "Use sparse weights, or split" : "Split"
    throw SparseError(
      .unsupported,
      """
      As ONNX with \(weights.rawValue) weights \(what) take \(bytes) bytes, but such a file has at \
      most \(Int32.max). \(remedy) the model and export its parts.
      """)
  }
}
