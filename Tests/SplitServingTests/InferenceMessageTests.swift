import SparseCore
import Testing
import _SparseTestSupport

@testable import SplitServing

/// What a message asks of the test network.
func call(_ body: [UInt8], _ headerLength: Int?) throws -> InferenceCall {
  try InferenceCall(
    InferenceRequest(body, headerLength: headerLength), body: body, model: #require(signature))
}

@Suite("Messages") struct InferenceMessageTests {
  private func call(_ message: TestMessage) throws -> InferenceCall {
    let (body, headerLength) = message.encoded
    return try SplitServingTests.call(body, headerLength)
  }

  private let values = randomFloats(48, seed: 3, "message")

  @Test("carry the same numbers as text and as bytes")
  func textAndBytes() throws {
    let text = try call(TestMessage(tensors: [.init(shape: [2, 24], numbers: values)]))
    let binary = try call(TestMessage(tensors: [.init(shape: [2, 24], bytes: bytes(of: values))]))
    #expect(text.values == values && binary.values == values)
    #expect(text.samples == 2 && text.id == nil && text.timeout == nil)
    #expect(text.heads == (0..<3).map { .init(index: $0, isBinary: false) })
  }

  @Test("carry half floats, signed and unsigned bytes")
  func datatypes() throws {
    // 1, -2, the largest, the smallest, a subnormal: bits and values from IEEE 754.
    let halves: [(UInt16, Float)] = [
      (0x3c00, 1), (0xc000, -2), (0x7bff, 65504), (0x0400, 0x1p-14), (0x0001, 0x1p-24), (0, 0),
    ]
    let bits = halves + halves + halves + halves
    let half = try call(
      TestMessage(tensors: [
        .init(
          shape: [1, 24], datatype: "FP16",
          bytes: bits.flatMap { [UInt8($0.0 & 0xff), UInt8($0.0 >> 8)] })
      ]))
    #expect(half.values == bits.map(\.1))
    let all = (0..<24).map { UInt8(truncatingIfNeeded: 120 + $0) }
    let signed = try call(
      TestMessage(tensors: [.init(shape: [1, 24], datatype: "INT8", bytes: all)]))
    #expect(signed.values == all.map { Float(Int8(bitPattern: $0)) })
    let unsigned = try call(
      TestMessage(tensors: [
        .init(shape: [1, 24], datatype: "UINT8", numbers: all.map { Float($0) })
      ]))
    #expect(unsigned.values == all.map { Float($0) })
  }

  @Test("bytes without a scale mean what they meant in training")
  func bytesOfTraining() throws {
    let steps = (0..<24).map { UInt8($0 * 11) }
    var message = TestMessage(tensors: [.init(shape: [1, 24], datatype: "UINT8", bytes: steps)])
    let images = ModelSignature(name: "net", network: try servedNetwork(), takesBytes: true)
    func values() throws -> [Float] {
      let (body, length) = message.encoded
      return try InferenceCall(
        InferenceRequest(body, headerLength: length), body: body, model: images
      ).values
    }
    #expect(try values() == steps.map { Float($0) / 255 })
    message.tensors.append(.init(name: "scale", shape: [1], numbers: [2]))
    #expect(try values() == steps.map { 2 * Float($0) })
    message.tensors = [
      .init(shape: [1, 24], datatype: "INT8", bytes: steps.map { $0 / 2 })
    ]
    #expect(try values() == steps.map { Float($0 / 2) })
  }

  @Test("scale bytes by one factor, or by one for each feature", arguments: [true, false])
  func quantization(perFeature: Bool) throws {
    let steps = (0..<48).map { UInt8($0 * 5) }
    let scale = perFeature ? (0..<24).map { Float($0 + 1) / 8 } : [0.25]
    let zero = perFeature ? (0..<24).map { Float($0) } : [128]
    let call = try call(
      TestMessage(tensors: [
        .init(shape: [2, 24], datatype: "UINT8", bytes: steps),
        .init(name: "zero_point", shape: [zero.count], numbers: zero),
        .init(name: "scale", shape: [scale.count], bytes: bytes(of: scale)),
      ]))
    let expected = steps.enumerated().map { index, step in
      scale[perFeature ? index % 24 : 0] * (Float(step) - zero[perFeature ? index % 24 : 0])
    }
    #expect(call.values == expected)
  }

  @Test("choose outputs, their form, a name and a deadline")
  func choices() throws {
    var message = TestMessage(id: "x\\\"1", tensors: [.init(shape: [2, 24], numbers: values)])
    message.rest = """
      ,"outputs":[{"name":"output","parameters":{"binary_data":false}},{"name":"exit1"}],\
      "parameters":{"binary_data_output":true,"timeout":1500,"priority":3}
      """
    let call = try call(message)
    #expect(call.id == "x\"1" && call.timeout == .microseconds(1500))
    #expect(call.heads == [.init(index: 2, isBinary: false), .init(index: 0, isBinary: true)])
    message.rest = ",\"parameters\":{\"timeout\":0},\"outputs\":[]"
    let plain = try self.call(message)
    #expect(plain.timeout == nil && plain.heads.count == 3)
  }

  @Test("may have no samples")
  func empty() throws {
    let call = try call(TestMessage(tensors: [.init(shape: [0, 24], bytes: [])]))
    #expect(call.samples == 0 && call.values.isEmpty)
  }

  @Test("are answered by name, in the order asked for, as text and as bytes")
  func answers() throws {
    var message = TestMessage(id: "é\"", tensors: [.init(shape: [2, 24], numbers: values)])
    message.id = "é\\\""
    message.rest = """
      ,"outputs":[{"name":"other"},{"name":"exit1","parameters":{"binary_data":true}},\
      {"name":"output","parameters":{"binary_data":true}}]
      """
    let call = try call(message)
    let outputs: [[Float]] = [
      [1, 2.5, -1e-7, 4, 5, 6], values.prefix(16) + [], values.suffix(16) + [],
    ]
    let answer = try InferenceResponse(call, outputs: outputs, model: #require(signature))
    let length = try #require(answer.headerLength)
    #expect(
      String(decoding: answer.body[..<length], as: UTF8.self) == """
        {"model_name":"net","model_version":"1","id":"é\\"","outputs":[\
        {"name":"other","datatype":"FP32","shape":[2,3],"data":[1.0,2.5,-1e-07,4.0,5.0,6.0]},\
        {"name":"exit1","datatype":"FP32","shape":[2,8],"parameters":{"binary_data_size":64}},\
        {"name":"output","datatype":"FP32","shape":[2,8],"parameters":{"binary_data_size":64}}]}
        """)
    #expect(floats(of: answer.body[length...]) == outputs[1] + outputs[2])
  }

  @Test("say so when a number cannot be written as text")
  func notFinite() throws {
    let call = try call(
      TestMessage(tensors: [.init(shape: [1, 24], numbers: Array(values[..<24]))]))
    let outputs: [[Float]] = [
      [Float](repeating: .infinity, count: 8), [0, 0, 0], [Float](repeating: 0, count: 8),
    ]
    let error = #expect(throws: RequestError.self) {
      try InferenceResponse(call, outputs: outputs, model: #require(signature))
    }
    #expect(error?.message.contains("exit1") == true)
  }
}
