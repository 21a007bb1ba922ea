/// An answer as the protocol's message.
struct InferenceResponse: Sendable {
  /// The JSON, and behind it the bytes of the outputs that were wanted so.
  var body: [UInt8]
  /// The bytes of the JSON; nil when it is all there is.
  var headerLength: Int?

  /// Writes an answer.
  ///
  /// - Parameters:
  ///   - call: What was asked.
  ///   - outputs: For each head wanted, `[samples × size]`, row-major.
  ///   - model: What the model gives.
  /// - Throws: `RequestError` when a number that is not finite was wanted as text.
  init(_ call: InferenceCall, outputs: [[Float]], model: ModelSignature) throws {
    var json = JSONWriter()
    json.raw("{\"model_name\":")
    json.string(model.name)
    json.raw(",\"model_version\":\"\(ModelSignature.version)\"")
    if let id = call.id {
      json.raw(",\"id\":")
      json.string(id)
    }
    json.raw(",\"outputs\":[")
    for (position, head) in call.heads.enumerated() {
      let values = outputs[position]
      json.raw(position > 0 ? ",{\"name\":" : "{\"name\":")
      json.string(model.outputs[head.index].name)
      json.raw(",\"datatype\":\"FP32\",\"shape\":")
      json.array([call.samples, model.outputs[head.index].size])
      if head.isBinary {
        json.raw(",\"parameters\":{\"binary_data_size\":\(4 * values.count)}}")
      } else {
        guard values.allSatisfy(\.isFinite) else {
          throw RequestError.invalid(
            """
            output '\(model.outputs[head.index].name)' is not finite for these inputs, which JSON \
            cannot say; send smaller values, or ask for it with binary_data
            """)
        }
        json.raw(",\"data\":")
        json.array(values)
        json.raw("}")
      }
    }
    json.raw("]}")
    body = json.bytes
    guard call.heads.contains(where: \.isBinary) else { return }
    headerLength = body.count
    for (head, values) in zip(call.heads, outputs) where head.isBinary {
      body += TensorDatatype.fp32.bytes(values)
    }
  }
}
