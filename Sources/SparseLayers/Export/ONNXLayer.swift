internal import SparseCore

/// A layer that ONNX has an operator for.
protocol ONNXLayer: Layer {
  /// Adds the operator that does what the layer does after training, and the arrays it reads.
  ///
  /// - Parameters:
  ///   - graph: Where to add them.
  ///   - name: The layer's name, with which those of its arrays begin.
  ///   - input: The value that the layer reads, `[N × inputSize]`.
  ///   - output: The value that it makes, `[N × outputSize]`.
  func add(
    to graph: inout ONNXGraph, named name: String, reading input: String, writing output: String)
}

extension SparseLinear: ONNXLayer {
  /// y = x·Wᵀ + b: with W as it is stored, a row per output.
  func add(
    to graph: inout ONNXGraph, named name: String, reading input: String, writing output: String
  ) {
    let matrix = graph.add(weights, named: "\(name).weights")
    let bias = graph.add(bias, named: "\(name).bias")
    graph.add(
      ONNXGraph.Node(
        name: name, operation: "Gemm", inputs: [input, matrix, bias], output: output,
        attribute: .integer("transB", 1)))
  }
}

extension Activation: ONNXLayer {
  func add(
    to graph: inout ONNXGraph, named name: String, reading input: String, writing output: String
  ) {
    var node = ONNXGraph.Node(name: name, operation: "", inputs: [input], output: output)
    switch function {
    case .relu: node.operation = "Relu"
    case .leakyReLU:
      node.operation = "LeakyRelu"
      node.attribute = .float("alpha", Function.leakySlope)
    case .tanh: node.operation = "Tanh"
    case .sigmoid: node.operation = "Sigmoid"
    }
    graph.add(node)
  }
}

extension BatchNormalization: ONNXLayer {
  /// The operator reads γ, β, the running mean and the running variance, in the layer's own order.
  func add(
    to graph: inout ONNXGraph, named name: String, reading input: String, writing output: String
  ) {
    var inputs = [input]
    for parameter in parameters {
      inputs.append(graph.add(parameter.values, named: "\(name).\(parameter.name)"))
    }
    graph.add(
      ONNXGraph.Node(
        name: name, operation: "BatchNormalization", inputs: inputs, output: output,
        attribute: .float("epsilon", Float(epsilon))))
  }
}
