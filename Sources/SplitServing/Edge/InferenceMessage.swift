internal import EarlyExit

extension BoundaryPayload {
  /// The name that the protocol gives the elements.
  var datatype: TensorDatatype {
    switch self {
    case .fp32: .fp32
    case .fp16: .fp16
    case .int8: .int8
    }
  }
}

/// A request for the outputs of some samples, as the protocol's message.
struct InferenceMessage: Sendable {
  private struct Tensor: Sendable {
    var name: String
    var shape: [Int]
    var type: TensorDatatype
    var bytes: [UInt8]
  }

  /// A message as it is sent.
  struct Written: Sendable {
    /// The JSON, and behind it the bytes of the tensors.
    var body: [UInt8]
    /// The bytes of the JSON.
    var headerLength: Int
  }

  private var tensors: [Tensor] = []
  private let output: String
  private let identity: String?
  private let usesCalibratedRanges: Bool

  /// Makes a request.
  ///
  /// - Parameters:
  ///   - values: `[samples × features]`, row-major, all finite.
  ///   - features: The features of a sample.
  ///   - payload: How to write the values.
  ///   - quantization: How 8-bit steps are meant on both sides; nil to send that along.
  ///   - output: The output wanted.
  ///   - identity: The split network that the server must have the other part of; nil for any.
  init(
    _ values: [Float], features: Int, payload: BoundaryPayload, quantization: Quantization?,
    output: String, identity: String? = nil
  ) {
    self.output = output
    self.identity = identity
    usesCalibratedRanges = payload == .int8 && quantization != nil
    let shape = [values.count / features, features]
    let name = InferenceCall.TensorName.self
    switch payload {
    case .fp32, .fp16: add(name.input, shape, payload.datatype, payload.datatype.bytes(values))
    case .int8:
      let used = quantization ?? Quantization(covering: values)
      let steps = used.steps(values, features: features).map { UInt8(bitPattern: $0) }
      add(name.input, shape, .int8, steps)
      if quantization == nil {
        add(name.scale, [1], .fp32, TensorDatatype.fp32.bytes(used.scale))
        add(name.zeroPoint, [1], .fp32, TensorDatatype.fp32.bytes(used.zeroPoint))
      }
    }
  }

  private mutating func add(
    _ name: String, _ shape: [Int], _ type: TensorDatatype, _ bytes: [UInt8]
  ) {
    tensors.append(Tensor(name: name, shape: shape, type: type, bytes: bytes))
  }

  /// Writes the request for one try.
  ///
  /// - Parameter timeout: How long the answer is of use.
  /// - Returns: The bytes to send.
  func written(timeout: Duration) -> Written {
    var json = JSONWriter()
    json.raw("{\"inputs\":[")
    for (position, tensor) in tensors.enumerated() {
      json.raw(position > 0 ? ",{\"name\":" : "{\"name\":")
      json.string(tensor.name)
      json.raw(",\"datatype\":\"\(tensor.type.rawValue)\",\"shape\":")
      json.array(tensor.shape)
      json.raw(",\"parameters\":{\"binary_data_size\":\(tensor.bytes.count)}}")
    }
    json.raw("],\"outputs\":[{\"name\":")
    json.string(output)
    json.raw(",\"parameters\":{\"binary_data\":true}}],\"parameters\":{\"timeout\":")
    json.raw("\(max(1, Int(timeout.bounded / .microseconds(1))))")
    if let identity {
      json.raw(",\"split_identity\":")
      json.string(String(identity.prefix(16)))
    }
    if usesCalibratedRanges { json.raw(",\"calibrated_ranges\":true") }
    json.raw("}}")
    var message = Written(body: json.bytes, headerLength: json.bytes.count)
    for tensor in tensors { message.body += tensor.bytes }
    return message
  }
}

/// The answer to such a request.
struct InferenceAnswer: Sendable {
  /// `[samples × size]`, row-major.
  let values: [Float]

  /// Takes an answer apart, and believes nothing of it.
  ///
  /// - Parameters:
  ///   - body: The message.
  ///   - headerLength: The bytes of its JSON; nil when all of it is.
  ///   - output: The output that was asked for.
  ///   - shape: The samples, and the output's values for each.
  /// - Throws: `RequestError` that says what is wrong.
  init(_ body: [UInt8], headerLength: Int?, output: String, shape: [Int]) throws {
    let count = headerLength ?? body.count
    guard count >= 0, count <= body.count else {
      throw RequestError.invalid("a header of \(count) bytes in a body of \(body.count)")
    }
    var reader = JSONReader(body, count: count)
    var found: (name: String?, shape: [Int], size: Int?, numbers: [Float]?) = (nil, [], nil, nil)
    try reader.object { reader, key in
      guard key == "outputs" else { return try reader.skip() }
      try reader.array { reader in
        try reader.object { reader, key in
          switch key {
          case "name": found.name = try reader.string()
          case "shape": try reader.array { found.shape.append(try $0.integer()) }
          case "data": found.numbers = try reader.numbers()
          case "parameters":
            try reader.object { reader, key in
              guard key == "binary_data_size" else { return try reader.skip() }
              found.size = try reader.integer()
            }
          default: try reader.skip()
          }
        }
      }
    }
    try reader.finish()
    guard found.name == output, found.shape == shape else {
      throw RequestError.invalid(
        "'\((found.name ?? "").excerpt)' of shape \(found.shape.prefix(4)) instead of '\(output)' of \(shape)"
      )
    }
    let expected = shape.reduce(1, *)
    if let numbers = found.numbers, numbers.count == expected {
      values = numbers
    } else if found.size == 4 * expected, body.count - count == 4 * expected {
      values = TensorDatatype.fp32.values(body, count..<body.count)
    } else {
      throw RequestError.invalid("\(body.count - count) bytes of values instead of \(4 * expected)")
    }
    guard values.allSatisfy(\.isFinite) else {
      throw RequestError.invalid("values that are not finite")
    }
  }
}
