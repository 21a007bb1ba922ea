internal import SparseCore

extension ONNXModel {
  /// Writes the file; a previous one stays whole until the new one is complete.
  ///
  /// - Parameter path: Where to write.
  /// - Returns: The bytes of the file.
  /// - Throws: `SparseError.Code.fileSystem` when the file cannot be written, `unsupported` when it
  ///   would be too large.
  @discardableResult
  public func write(to path: String) throws -> Int {
    let bytes = try serialized()
    try AtomicFile.write(to: path, expectedBytes: bytes.count) { try $0.write(bytes) }
    return bytes.count
  }

  /// The bytes of the file, the same for the same model.
  ///
  /// - Returns: What ``write(to:)`` writes.
  /// - Throws: `SparseError.Code.unsupported` when they would be too many.
  public func serialized() throws -> [UInt8] {
    typealias Field = ONNXField.Model
    var model = ProtobufWriter()
    model.varint(Field.formatVersion, Int64(Self.formatVersion))
    model.string(Field.producerName, "sparse-engine")
    if !producerVersion.isEmpty { model.string(Field.producerVersion, producerVersion) }
    model.string(Field.documentation, Self.documentation)
    model.message(Field.graph) { write(to: &$0) }
    model.message(Field.operatorSet) { set in
      set.string(ONNXField.OperatorSet.domain, "")
      set.varint(ONNXField.OperatorSet.version, Int64(Self.operatorSetVersion))
    }
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
      model.message(Field.metadata) { entry in
        entry.string(ONNXField.Entry.key, key)
        entry.string(ONNXField.Entry.value, text)
      }
    }
    try Self.requireFit(model.bytes.count, graph.weights, "all parts of the file")
    return model.bytes
  }

  private func write(to writer: inout ProtobufWriter) {
    typealias Field = ONNXField.Graph
    for node in graph.nodes { writer.message(Field.node) { node.write(to: &$0) } }
    writer.string(Field.name, "network")
    for array in graph.initializers {
      writer.message(Field.initializer) { array.write(to: &$0) }
    }
    writer.message(Field.input) { input.write(to: &$0) }
    for output in outputs { writer.message(Field.output) { output.write(to: &$0) } }
  }
}

/// The numbers of the fields that are written, by their message, from
/// <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
private enum ONNXField {
  enum Model {
    static let (formatVersion, producerName, producerVersion) = (1, 2, 3)
    static let (documentation, graph, operatorSet, metadata) = (6, 7, 8, 14)
  }
  enum OperatorSet { static let (domain, version) = (1, 2) }
  enum Entry { static let (key, value) = (1, 2) }
  enum Graph { static let (node, name, initializer, input, output) = (1, 2, 5, 11, 12) }
  enum Node { static let (input, output, name, operation, attribute) = (1, 2, 3, 4, 5) }
  enum Attribute { static let (name, float, integer, type, sparse) = (1, 2, 3, 20, 22) }
  enum Tensor { static let (shape, elementType, name, bytes) = (1, 2, 8, 9) }
  enum SparseTensor { static let (values, indices, shape) = (1, 2, 3) }
  enum Value { static let (name, type) = (1, 2) }
  /// Of `TypeProto`, and of its `Tensor`.
  enum ValueType { static let (tensor, elementType, shape) = (1, 1, 2) }
  /// Of `TensorShapeProto`, and of its `Dimension`.
  enum Shape { static let (dimension, size, symbol) = (1, 1, 2) }
}

/// The numbers of `TensorProto.DataType`.
private enum ElementType: Int64 {
  case float = 1
  case int64 = 7
}

// MARK: - Messages

extension ONNXModel.Value {
  /// A `ValueInfoProto` of N samples.
  fileprivate func write(to writer: inout ProtobufWriter) {
    typealias Field = ONNXField.ValueType
    writer.string(ONNXField.Value.name, name)
    writer.message(ONNXField.Value.type) { type in
      type.message(Field.tensor) { tensor in
        tensor.varint(Field.elementType, ElementType.float.rawValue)
        tensor.message(Field.shape) { shape in
          shape.message(ONNXField.Shape.dimension) { $0.string(ONNXField.Shape.symbol, "N") }
          shape.message(ONNXField.Shape.dimension) {
            $0.varint(ONNXField.Shape.size, Int64(size))
          }
        }
      }
    }
  }
}

extension ONNXGraph.Node {
  fileprivate func write(to writer: inout ProtobufWriter) {
    typealias Field = ONNXField.Node
    for input in inputs { writer.string(Field.input, input) }
    writer.string(Field.output, output)
    writer.string(Field.name, name)
    writer.string(Field.operation, operation)
    if let attribute { writer.message(Field.attribute) { attribute.write(to: &$0) } }
  }
}

extension ONNXGraph.Attribute {
  fileprivate func write(to writer: inout ProtobufWriter) {
    typealias Field = ONNXField.Attribute
    // The numbers behind 'type' are those of 'AttributeProto.AttributeType'.
    switch self {
    case .float(let name, let value):
      writer.string(Field.name, name)
      writer.float(Field.float, value)
      writer.varint(Field.type, 1)
    case .integer(let name, let value):
      writer.string(Field.name, name)
      writer.varint(Field.integer, value)
      writer.varint(Field.type, 2)
    case .sparse(let name, let matrix):
      writer.string(Field.name, name)
      writer.message(Field.sparse) { $0.write(matrix) }
      writer.varint(Field.type, 11)
    }
  }
}

extension ONNXGraph.Initializer {
  fileprivate func write(to writer: inout ProtobufWriter) {
    switch content {
    case .vector(let values):
      writer.write(name, .float, [values.count], littleEndianBytes(of: values))
    case .matrix(let matrix):
      let shape = [matrix.pattern.outputs, matrix.pattern.inputs]
      writer.write(name, .float, shape, littleEndianBytes(of: matrix.dense))
    }
  }
}

extension ProtobufWriter {
  /// A `TensorProto`.
  fileprivate mutating func write(
    _ name: String?, _ type: ElementType, _ shape: [Int], _ contents: [UInt8]
  ) {
    typealias Field = ONNXField.Tensor
    for size in shape { varint(Field.shape, Int64(size)) }
    varint(Field.elementType, type.rawValue)
    if let name { string(Field.name, name) }
    bytes(Field.bytes, contents)
  }

  /// A `SparseTensorProto`: indices are positions in the dense matrix, which rise in CSR order.
  fileprivate mutating func write(_ matrix: SparseMatrix) {
    typealias Field = ONNXField.SparseTensor
    let pattern = matrix.pattern
    let count = [pattern.edgeCount]
    message(Field.values) { $0.write(nil, .float, count, littleEndianBytes(of: matrix.values)) }
    message(Field.indices) {
      $0.write(nil, .int64, count, littleEndianBytes(of: pattern.densePositions))
    }
    for size in [pattern.outputs, pattern.inputs] { varint(Field.shape, Int64(size)) }
  }
}

extension Pattern {
  /// Where each edge is in the dense matrix, row-major.
  fileprivate var densePositions: [Int64] {
    let columns = columns
    var positions: [Int64] = []
    positions.reserveCapacity(columns.count)
    for row in 0..<outputs {
      for edge in edges(ofRow: row) { positions.append(Int64(row * inputs) + Int64(columns[edge])) }
    }
    return positions
  }
}
