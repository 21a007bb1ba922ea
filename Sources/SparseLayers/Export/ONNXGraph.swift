internal import SparseCore

/// The operators of a network, in the order in which they run, and the arrays that they read.
///
/// Values are told apart by names: those of layers, such as `backbone.0`, have a point in them, so
/// that no branch and thus no output is ever called like one.
struct ONNXGraph {
  /// An operator that makes one value of others.
  struct Node {
    var name: String
    var operation: String
    var inputs: [String]
    var output: String
    var attribute: Attribute?
  }

  /// A constant of an operator.
  enum Attribute {
    case float(String, Float)
    case integer(String, Int64)
    case sparse(String, SparseMatrix)
  }

  /// An array of the file.
  struct Initializer {
    enum Content {
      case vector([Float])
      /// `[outputs × inputs]`, made dense only while it is written.
      case matrix(SparseMatrix)
    }

    var name: String
    var content: Content
  }

  private(set) var nodes: [Node] = []
  private(set) var initializers: [Initializer] = []
  /// The bytes of all arrays so far.
  private(set) var arrayBytes = 0
  let weights: ONNXModel.Weights

  /// Maps a network to operators.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - weights: How to store its weights.
  ///   - input: What the graph's input is called.
  ///   - boundary: What the end of the backbone is called, where it is an output.
  ///   - outputs: What the branches' outputs are called.
  /// - Throws: `SparseError.Code.unsupported` for a layer without operators here, or when the arrays
  ///   do not fit into a file.
  init(
    _ network: Network, weights: ONNXModel.Weights, input: String, boundary: String?,
    outputs: [String]
  ) throws {
    self.weights = weights
    let backbone = try addChain(network.backbone, named: "backbone", from: input, to: boundary)
    for (branch, output) in zip(network.branches, outputs) {
      _ = try addChain(
        branch.layers, named: branch.name, from: backbone[branch.position], to: output)
    }
  }

  /// Adds layers that follow each other.
  ///
  /// - Parameters:
  ///   - layers: The layers.
  ///   - prefix: The beginning of their names.
  ///   - start: The value that the first one reads.
  ///   - end: What the last value is to be called, where that matters.
  /// - Returns: The value before the first layer, and that behind each of them.
  /// - Throws: As `init`.
  private mutating func addChain(
    _ layers: [any Layer], named prefix: String, from start: String, to end: String?
  ) throws -> [String] {
    var values = [start]
    var value = start
    // Dropout passes everything on, except in training.
    let last = layers.lastIndex { !($0 is Dropout) }
    for (index, layer) in layers.enumerated() {
      if !(layer is Dropout) {
        let name = "\(prefix).\(index)"
        let output = index == last ? end ?? name : name
        guard let layer = layer as? any ONNXLayer else {
          throw SparseError(
            .unsupported,
            """
            Layer '\(name)' is of kind '\(type(of: layer).kind)', for which no ONNX operator is \
            known. Only linear, activation, dropout and batch-normalization layers can be exported.
            """)
        }
        layer.add(to: &self, named: name, reading: value, writing: output)
        try ONNXModel.requireFit(arrayBytes, weights, "the arrays up to layer '\(name)'")
        value = output
      }
      values.append(value)
    }
    if let end, last == nil {
      add(Node(name: end, operation: "Identity", inputs: [start], output: end))
    }
    return values
  }
}

// MARK: - What layers add

extension ONNXGraph {
  /// Adds an operator.
  mutating func add(_ node: Node) { nodes.append(node) }

  /// Adds an array, and returns its name.
  mutating func add(_ values: [Float], named name: String) -> String {
    initializers.append(Initializer(name: name, content: .vector(values)))
    arrayBytes += 4 * values.count
    return name
  }

  /// Adds the weights of a junction, and returns the name of the dense array that operators see.
  mutating func add(_ matrix: SparseMatrix, named name: String) -> String {
    if weights.isSparse(matrix.pattern) {
      add(
        Node(
          name: name, operation: "Constant", inputs: [], output: name,
          attribute: .sparse("sparse_value", matrix)))
    } else {
      initializers.append(Initializer(name: name, content: .matrix(matrix)))
    }
    arrayBytes += weights.bytes(of: matrix.pattern)
    return name
  }
}
