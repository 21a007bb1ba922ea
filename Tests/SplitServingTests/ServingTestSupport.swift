import Foundation
import SparseCore
import SparseLayers
import _SparseTestSupport

@testable import SplitServing

/// A network of 24 features with an early exit of 8 values, another task's head of 3, and an output.
func servedNetwork(seed: UInt64 = 1) throws -> Network {
  func relu(_ size: Int) -> Activation { Activation(.relu, size: size) }
  return try Network(
    inputSize: 24,
    backbone: [
      junction(24, 40, seed: seed), relu(40), junction(40, 32, seed: seed + 1), relu(32),
      junction(32, 16, seed: seed + 2), relu(16),
    ],
    branches: [
      Branch(
        name: "exit1", position: 2, layers: [try junction(40, 8, family: .full, seed: seed + 3)]),
      Branch(
        name: "other", position: 4, layers: [try junction(32, 3, family: .full, seed: seed + 4)],
        task: "other"),
      Branch(
        name: "output", position: 6, layers: [try junction(16, 8, family: .full, seed: seed + 5)]),
    ])
}

/// What that network's clients see.
let signature = (try? servedNetwork()).map { ModelSignature(name: "net", network: $0) }

/// The outputs of the plain reference engine, for comparison within rounding.
func referenceOutputs(_ network: Network, _ values: [Float]) throws -> [[Float]] {
  let samples = values.count / network.inputSize
  let executor = try NetworkExecutor(network, backend: .reference, batchCapacity: max(samples, 1))
  let shape = executor.shape(samples: samples)
  executor.input.values.load(values, shape: shape)
  try executor.forward(Pass(shape: shape, mode: .inference))
  return executor.outputs.map { $0.values.values(shape: shape) }
}

/// Whether two arrays agree up to the rounding of sums of a few hundred products.
func isClose(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) }
}

/// A message in the protocol's form.
struct TestMessage {
  /// A tensor to send.
  struct Tensor {
    var name = "input"
    var shape: [Int]
    var datatype = "FP32"
    /// Sent as text when there are no bytes.
    var numbers: [Float] = []
    var bytes: [UInt8]?
  }

  var id: String?
  var tensors: [Tensor]
  /// The text of `outputs` and `parameters`.
  var rest = ""

  /// The message, and the length of its JSON when bytes follow it.
  var encoded: (body: [UInt8], headerLength: Int?) {
    let inputs = tensors.map { tensor in
      let content =
        tensor.bytes.map { "\"parameters\":{\"binary_data_size\":\($0.count)}" }
        ?? "\"data\":[\(tensor.numbers.map(\.description).joined(separator: ","))]"
      return """
        {"name":"\(tensor.name)","shape":\(tensor.shape),"datatype":"\(tensor.datatype)",\(content)}
        """
    }
    let id = id.map { "\"id\":\"\($0)\"," } ?? ""
    let json = "{\(id)\"inputs\":[\(inputs.joined(separator: ","))]\(rest)}"
    let binary = tensors.compactMap(\.bytes).flatMap(\.self)
    return (Array(json.utf8) + binary, binary.isEmpty ? nil : json.utf8.count)
  }
}

/// The little-endian bytes of floats.
func bytes(of values: [Float]) -> [UInt8] {
  values.flatMap { value in
    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
  }
}

/// The floats of little-endian bytes.
func floats(of bytes: ArraySlice<UInt8>) -> [Float] {
  stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
    Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) })
  }
}
