internal import SparseLayers

/// A request that fits a model: its samples as numbers, and the heads it wants.
struct InferenceCall: Sendable {
  /// An output wanted.
  struct Head: Hashable, Sendable {
    /// The output's position in the model's signature.
    var index: Int
    /// Whether it is wanted as bytes.
    var isBinary: Bool
  }

  /// What the peer calls the request.
  var id: String?
  /// The number of samples.
  var samples: Int
  /// `[samples × features]`, row-major.
  var values: [Float]
  /// The outputs wanted, in the order of the answer.
  var heads: [Head]
  /// How long the peer waits; nil for as long as it takes.
  var timeout: Duration?
}

extension InferenceCall {
  /// The names of the input tensors.
  enum TensorName {
    static let input = "input"
    static let scale = "scale"
    static let zeroPoint = "zero_point"
  }

  /// Compares a request with a model.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - body: The message that it came in.
  ///   - model: What the model takes and gives.
  /// - Throws: `RequestError` that names the tensor at fault.
  init(_ request: InferenceRequest, body: [UInt8], model: ModelSignature) throws {
    if let identity = request.splitIdentity, model.split?.identity.hasPrefix(identity) != true {
      throw RequestError.invalid(
        """
        the request is for the other part of the network \(identity.excerpt)…, but model '\(model.name)' is \
        \(model.split.map { "of \($0.identity.prefix(16))…" } ?? "no part of a split network")
        """)
    }
    var tensors: [String: InputTensor] = [:]
    for tensor in request.inputs {
      guard [TensorName.input, TensorName.scale, TensorName.zeroPoint].contains(tensor.name) else {
        throw RequestError.invalid(
          """
          model '\(model.name)' has no input '\(tensor.name.excerpt)'; it takes \
          '\(TensorName.input)', and for INT8 and UINT8 also '\(TensorName.scale)' and '\(TensorName.zeroPoint)'
          """)
      }
      guard tensors.updateValue(tensor, forKey: tensor.name) == nil else {
        throw RequestError.invalid("it is sent twice").naming(tensor: tensor.name)
      }
    }
    guard let input = tensors[TensorName.input] else {
      throw RequestError.invalid("the request lacks the tensor '\(TensorName.input)'")
    }
    do {
      samples = try model.samples(ofShape: input.shape)
      let datatype = try input.datatype(among: TensorDatatype.allCases)
      values = try input.values(datatype, body)
      if request.usesCalibratedRanges {
        let quantization = try model.calibratedQuantization(datatype, isAlone: tensors.count == 1)
        quantization.dequantize(&values, features: model.features)
      } else if let scale = try tensors[TensorName.scale].map({ try model.quantization($0, body) })
      {
        guard datatype.isQuantized else { throw unquantized(datatype, TensorName.scale) }
        let zero = try tensors[TensorName.zeroPoint].map { try model.quantization($0, body) } ?? [0]
        Quantization(scale: scale, zeroPoint: zero)
          .dequantize(&values, features: model.features)
      } else if tensors[TensorName.zeroPoint] != nil {
        throw RequestError.invalid("it comes without '\(TensorName.scale)'; send both")
          .naming(tensor: TensorName.zeroPoint)
      } else if datatype == .uint8, model.takesBytes {
        // As in the data that the network has learnt; a scale of its own says something else.
        for index in values.indices { values[index] /= 255 }
      }
      guard let bad = values.firstIndex(where: { !$0.isFinite }) else {
        heads = try model.heads(request)
        id = request.id
        timeout = request.timeoutMicroseconds.map { .microseconds($0) }
        return
      }
      throw RequestError.invalid(
        "value \(bad) is \(values[bad]); all must be finite"
      ).naming(tensor: TensorName.input)
    }
  }
}

private func unquantized(_ datatype: TensorDatatype, _ name: String) -> RequestError {
  RequestError.invalid(
    "it belongs to INT8 and UINT8 inputs, but '\(InferenceCall.TensorName.input)' is "
      + datatype.rawValue
  ).naming(tensor: name)
}

extension [Int] {
  /// The beginning of a shape from outside, for a message.
  fileprivate var excerpt: String {
    "[" + prefix(8).map(String.init).joined(separator: ", ") + (count > 8 ? ", …]" : "]")
  }
}

extension InputTensor {
  /// The datatype, if it is one of those that are possible here.
  fileprivate func datatype(among possible: [TensorDatatype]) throws -> TensorDatatype {
    guard let type = TensorDatatype(rawValue: datatype), possible.contains(type) else {
      let names = possible.map(\.rawValue).joined(separator: ", ")
      throw RequestError.invalid("its datatype is '\(datatype.excerpt)'; possible: \(names)")
        .naming(tensor: name)
    }
    return type
  }

  /// The elements, as many as the shape says.
  fileprivate func values(_ datatype: TensorDatatype, _ body: [UInt8]) throws -> [Float] {
    func failure(_ text: String) -> RequestError { .invalid(text).naming(tensor: name) }
    var count = 1
    for length in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflows, product <= Int.max / 8 else {
        throw failure(
          "its shape is \(shape.excerpt); lengths must be 0 or more, and their product no giant")
      }
      count = product
    }
    switch content {
    case .bytes(let range):
      guard range.count == count * datatype.byteCount else {
        throw failure(
          """
          it has \(range.count) bytes, but \(datatype.rawValue) of shape \(shape.excerpt) takes \
          \(count * datatype.byteCount)
          """)
      }
      return datatype.values(body, range)
    case .numbers(let numbers):
      guard numbers.count == count else {
        throw failure(
          "it has \(numbers.count) numbers, but its shape \(shape.excerpt) takes \(count)")
      }
      if let bad = numbers.firstIndex(where: { !datatype.admits($0) }) {
        throw failure("number \(bad) is \(numbers[bad]), which is no \(datatype.rawValue)")
      }
      return numbers
    }
  }
}

extension ModelSignature {
  /// The samples of an input tensor.
  fileprivate func samples(ofShape shape: [Int]) throws -> Int {
    guard shape.count == 2, shape[0] >= 0, shape[1] == features else {
      let remedy =
        shape.contains { $0 < 0 }
        ? "lengths must be 0 or more"
        : "model '\(name)' takes [-1, \(features)], where -1 is any number of samples"
      throw RequestError.invalid("its shape is \(shape.excerpt); \(remedy)")
        .naming(tensor: InferenceCall.TensorName.input)
    }
    return shape[0]
  }

  /// The values of `scale` or `zero_point`: one for all features, or one each.
  fileprivate func quantization(_ tensor: InputTensor, _ body: [UInt8]) throws -> [Float] {
    let datatype = try tensor.datatype(among: [.fp32])
    let values = try tensor.values(datatype, body)
    guard values.count == 1 || values.count == features else {
      throw RequestError.invalid("it has \(values.count) values; give 1, or \(features), one each")
        .naming(tensor: tensor.name)
    }
    return values
  }

  /// The scale of the ranges in the model file, for a request that says to use it.
  fileprivate func calibratedQuantization(
    _ datatype: TensorDatatype, isAlone: Bool
  ) throws -> Quantization {
    guard let quantization, datatype == .int8, isAlone else {
      let reason =
        quantization == nil
        ? "model '\(name)' has no ranges; send '\(InferenceCall.TensorName.scale)' instead"
        : "it is for INT8 without '\(InferenceCall.TensorName.scale)', but the tensor is \(datatype.rawValue)"
      throw RequestError.invalid("parameter 'calibrated_ranges': \(reason)")
        .naming(tensor: InferenceCall.TensorName.input)
    }
    return quantization
  }

  /// The outputs that a request asks for.
  fileprivate func heads(_ request: InferenceRequest) throws -> [InferenceCall.Head] {
    guard let requested = request.outputs, !requested.isEmpty else {
      return outputs.indices.map { .init(index: $0, isBinary: request.wantsBinaryOutputs) }
    }
    var heads: [InferenceCall.Head] = []
    for output in requested {
      guard let index = outputs.firstIndex(where: { $0.name == output.name }) else {
        let known = outputs.map(\.name).joined(separator: ", ")
        throw RequestError.invalid(
          "model '\(name)' has no output '\(output.name.excerpt)'; it has \(known)")
      }
      guard !heads.contains(where: { $0.index == index }) else {
        throw RequestError.invalid("output '\(output.name)' is requested twice")
      }
      heads.append(.init(index: index, isBinary: output.isBinary ?? request.wantsBinaryOutputs))
    }
    return heads
  }
}
