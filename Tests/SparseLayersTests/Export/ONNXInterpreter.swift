import Foundation
import Testing

/// Runs an ONNX file in `Double`: it knows the file's bytes and the operators' definitions, and
/// shares no code with what wrote it.
///
/// Field numbers are those of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
struct ONNXInterpreter {
  /// An array, row-major.
  struct Tensor {
    var shape: [Int]
    var values: [Double]
  }

  let model: WireMessage
  let graph: WireMessage
  /// The arrays of the file, by name.
  private(set) var arrays: [String: Tensor] = [:]

  init(_ bytes: [UInt8]) throws {
    model = try WireMessage(bytes)
    graph = try model.message(7)
    for initializer in try graph.messages(5) {
      arrays[initializer.text(8)] = try Self.tensor(initializer)
    }
  }

  /// The operators' types, in order.
  var operations: [String] {
    get throws { try graph.messages(1).map { $0.text(4) } }
  }

  /// Names and sizes of inputs (field 11) or outputs (12), whose first dimension must be `N`.
  func values(_ field: Int) throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for value in try graph.messages(field) {
      let tensor = try value.message(2).message(1)
      #expect(tensor.integers(1) == [1], "32-bit floats")
      let dimensions = try tensor.message(2).messages(1)
      try #require(dimensions.count == 2)
      #expect(dimensions[0].text(2) == "N")
      sizes[value.text(1)] = dimensions[1].integers(1).first
    }
    return sizes
  }

  /// The texts of the metadata, by key.
  var metadata: [String: String] {
    get throws {
      try model.messages(14).reduce(into: [:]) { $0[$1.text(1)] = $1.text(2) }
    }
  }

  /// Computes all outputs.
  ///
  /// - Parameter samples: `[samples][features]`.
  /// - Returns: `[samples][classes]` by the outputs' names.
  /// - Throws: What is wrong with the graph.
  func outputs(_ samples: [[Double]]) throws -> [String: [[Double]]] {
    var known = arrays
    let input = try #require(values(11).first)
    known[input.key] = Tensor(
      shape: [samples.count, input.value], values: samples.flatMap { $0 })
    for node in try graph.messages(1) {
      let inputs = try node.texts(1).map { try #require(known[$0], "no value '\($0)' yet") }
      let names = node.texts(2)
      try #require(names.count == 1 && known[names[0]] == nil, "\(names) are made twice")
      known[names[0]] = try run(node, inputs)
    }
    return try values(12).reduce(into: [:]) { outputs, output in
      let tensor = try #require(known[output.key])
      try #require(tensor.shape == [samples.count, output.value])
      outputs[output.key] = stride(from: 0, to: tensor.values.count, by: output.value).map {
        Array(tensor.values[$0..<$0 + output.value])
      }
    }
  }

  private func run(_ node: WireMessage, _ inputs: [Tensor]) throws -> Tensor {
    let attributes = try node.messages(5)
    func attribute(_ name: String, type: Int) throws -> WireMessage {
      let found = try #require(attributes.first { $0.text(1) == name }, "no attribute '\(name)'")
      #expect(found.integers(20) == [type])
      return found
    }
    func each(_ function: (Double) -> Double) -> Tensor {
      Tensor(shape: inputs[0].shape, values: inputs[0].values.map(function))
    }
    switch node.text(4) {
    case "Constant":
      return try Self.sparse(attribute("sparse_value", type: 11).message(22))
    case "Gemm":
      #expect(try attribute("transB", type: 2).integers(3) == [1])
      return try product(inputs[0], inputs[1], inputs[2])
    case "BatchNormalization":
      return normalized(inputs, epsilon: Double(try attribute("epsilon", type: 1).float(2)))
    case "LeakyRelu":
      let alpha = Double(try attribute("alpha", type: 1).float(2))
      return each { $0 < 0 ? alpha * $0 : $0 }
    case "Relu": return each { max($0, 0) }
    case "Tanh": return each { tanh($0) }
    case "Sigmoid": return each { 1 / (1 + exp(-$0)) }
    case "Identity": return inputs[0]
    default: throw WireError(text: "operator '\(node.text(4))'")
    }
  }

  /// x·Wᵀ + b.
  private func product(_ x: Tensor, _ w: Tensor, _ b: Tensor) throws -> Tensor {
    let (samples, features, outputs) = (x.shape[0], x.shape[1], w.shape[0])
    try #require(w.shape == [outputs, features] && b.shape == [outputs])
    var values: [Double] = []
    for sample in 0..<samples {
      for output in 0..<outputs {
        values.append(
          (0..<features).reduce(b.values[output]) {
            $0 + x.values[sample * features + $1] * w.values[output * features + $1]
          })
      }
    }
    return Tensor(shape: [samples, outputs], values: values)
  }

  /// scale · (x − mean) / √(variance + ε) + bias, feature by feature.
  private func normalized(_ inputs: [Tensor], epsilon: Double) -> Tensor {
    let count = inputs[0].shape[1]
    let (scale, bias) = (inputs[1].values, inputs[2].values)
    let (mean, variance) = (inputs[3].values, inputs[4].values)
    return Tensor(
      shape: inputs[0].shape,
      values: inputs[0].values.enumerated().map { index, x in
        let feature = index % count
        return scale[feature] * (x - mean[feature]) / sqrt(variance[feature] + epsilon)
          + bias[feature]
      })
  }

  // MARK: Arrays

  /// A `TensorProto` of 32-bit floats or 64-bit integers.
  private static func tensor(_ message: WireMessage) throws -> Tensor {
    let shape = message.integers(1)
    let raw = try #require(message.bytes(9).first)
    let isFloat = message.integers(2) == [1]
    #expect(isFloat || message.integers(2) == [7])
    let size = isFloat ? 4 : 8
    try #require(raw.count == shape.reduce(size, *), "\(raw.count) bytes of shape \(shape)")
    let values = stride(from: 0, to: raw.count, by: size).map { start in
      let bits = littleEndian(Array(raw[start..<start + size]))
      return isFloat ? Double(Float(bitPattern: UInt32(bits))) : Double(bits)
    }
    return Tensor(shape: shape, values: values)
  }

  /// The dense array of a `SparseTensorProto`, whose indices must rise.
  private static func sparse(_ message: WireMessage) throws -> Tensor {
    let (values, indices) = (try tensor(message.message(1)), try tensor(message.message(2)))
    let shape = message.integers(3)
    try #require(values.shape == indices.shape && values.shape.count == 1)
    #expect(zip(indices.values, indices.values.dropFirst()).allSatisfy { $0 < $1 })
    var dense = [Double](repeating: 0, count: shape.reduce(1, *))
    for (index, value) in zip(indices.values, values.values) { dense[Int(index)] = value }
    return Tensor(shape: shape, values: dense)
  }
}
