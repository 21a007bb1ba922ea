import EarlyExit
import SparseCore

@testable import SparseLayers
@testable import SplitServing

// The first line of these inputs is the header Inference-Header-Content-Length, empty where it is
// missing; the body follows.

extension FuzzReader {
  static func request(_ bytes: [UInt8]) throws -> Bool {
    let signature = try exampleSignature.get()
    let (length, body) = message(bytes)
    let call = try outcome {
      try InferenceCall(
        InferenceRequest(body, headerLength: length), body: body, model: signature)
    }
    guard let call else { return false }
    try require(
      call.values.count == call.samples * signature.features && call.values.allSatisfy(\.isFinite),
      "\(call.values.count) values for \(call.samples) samples, or not all finite")
    try must("sending the values as the edge device does") {
      let sent = InferenceMessage(
        call.values, features: signature.features, payload: .fp32, quantization: nil,
        output: "output", identity: signature.split?.identity
      ).written(timeout: .seconds(1))
      let again = try InferenceCall(
        InferenceRequest(sent.body, headerLength: sent.headerLength), body: sent.body,
        model: signature)
      try require(
        again.values.map(\.bitPattern) == call.values.map(\.bitPattern), "other values")
    }
    let outputs = call.heads.map { head in
      (0..<call.samples * signature.outputs[head.index].size).map { Float($0) / 3 }
    }
    try checkAnswered(call, outputs, signature)
    return true
  }

  static func answer(_ bytes: [UInt8]) throws -> Bool {
    let signature = try exampleSignature.get()
    let output = signature.outputs[1]
    let samples = 2
    let (length, body) = message(bytes)
    let answer = try outcome {
      try InferenceAnswer(
        body, headerLength: length, output: output.name, shape: [samples, output.size])
    }
    guard let answer else { return false }
    try require(
      answer.values.count == samples * output.size && answer.values.allSatisfy(\.isFinite),
      "\(answer.values.count) values, or not all finite")
    for isBinary in [false, true] {
      let call = InferenceCall(
        id: nil, samples: samples, values: [], heads: [.init(index: 1, isBinary: isBinary)],
        timeout: nil)
      try checkAnswered(call, [answer.values], signature)
    }
    return true
  }

  /// Writes an answer as the server does, and reads it as the edge device does.
  private static func checkAnswered(
    _ call: InferenceCall, _ outputs: [[Float]], _ signature: ModelSignature
  ) throws {
    try must("answering") {
      let response = try InferenceResponse(call, outputs: outputs, model: signature)
      // The edge device asks for one output.
      guard call.heads.count == 1 else { return }
      let output = signature.outputs[call.heads[0].index]
      let answer = try InferenceAnswer(
        response.body, headerLength: response.headerLength, output: output.name,
        shape: [call.samples, output.size])
      try require(
        answer.values.map(\.bitPattern) == outputs[0].map(\.bitPattern), "other outputs")
    }
  }

  private static func message(_ bytes: [UInt8]) -> (headerLength: Int?, body: [UInt8]) {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return (nil, bytes) }
    return (Int(String(decoding: bytes[..<end], as: UTF8.self)), Array(bytes[(end + 1)...]))
  }

  /// The remote part of a network with an exit, four features at the cut, and their ranges.
  private static let exampleSignature = Result {
    func junction(_ inputs: Int, _ outputs: Int) throws -> SparseLinear {
      let pattern = try PatternRecipe.nearest(
        family: .full, inputs: inputs, outputs: outputs, density: 1, seed: 0, junction: 0
      ).recipe.makePattern()
      return try SparseLinear(
        weights: SparseMatrix(zerosAt: pattern), bias: [Float](repeating: 0, count: outputs))
    }
    let network = try Network(
      inputSize: 4, backbone: [junction(4, 4)],
      branches: [
        Branch(name: "exit1", position: 0, layers: [junction(4, 2)]),
        Branch(name: "output", position: 1, layers: [junction(4, 3)]),
      ])
    return ModelSignature(
      name: "net", network: network,
      split: SplitDescription(
        part: .remote, hiddenLayers: 1, boundaryFeatures: 4,
        identity: String(repeating: "0123456789abcdef", count: 4),
        output: .init(branch: "output", task: "label", size: 3, exit: 1)),
      ranges: try BoundaryRanges(
        hiddenLayers: 1, low: [-1, 0, 0, -0.5], high: [1, 2, 0, 0.5]))
  }
}
