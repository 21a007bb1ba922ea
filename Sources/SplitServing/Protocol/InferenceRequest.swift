/// A request as the protocol's message says it; not yet compared with a model.
///
/// The message is JSON, or, with the binary tensor extension, JSON followed by the bytes of those
/// tensors that have a `binary_data_size`, in their order.
///
/// Source: KServe, *Open Inference Protocol V2*, "HTTP/REST", and Triton's *Binary Tensor Data
/// Extension*.
struct InferenceRequest: Sendable {
  /// What the peer calls the request; its answer has the same name.
  var id: String?
  /// The tensors sent.
  var inputs: [InputTensor] = []
  /// The outputs asked for; nil for all of them.
  var outputs: [RequestedOutput]?
  /// Whether outputs that say nothing about it are wanted as bytes.
  var wantsBinaryOutputs = false
  /// Whether 8-bit inputs are steps of the ranges that the model file holds.
  var usesCalibratedRanges = false
  /// The beginning of the identity of the split network that the peer has the other part of.
  var splitIdentity: String?
  /// How long the peer waits, in microseconds; nil for as long as it takes.
  var timeoutMicroseconds: Int?
}

/// One tensor of a request.
struct InputTensor: Sendable {
  /// Where a tensor's elements are.
  enum Content: Sendable {
    /// They were written as text.
    case numbers([Float])
    /// These bytes of the message.
    case bytes(Range<Int>)
  }

  var name: String
  var shape: [Int]
  var datatype: String
  var content: Content
}

/// One output that a request asks for.
struct RequestedOutput: Sendable {
  var name: String
  /// Whether it is wanted as bytes; nil to do as the request says.
  var isBinary: Bool?
}

extension InferenceRequest {
  /// The most tensors, outputs or lengths of a shape in one request: far more than any model has, and
  /// few enough that a list of empty ones takes no more memory than the message itself.
  static let mostEntries = 1024

  fileprivate static func check(_ count: Int, of list: String) throws {
    guard count < mostEntries else {
      throw RequestError.invalid("more than \(mostEntries) entries in '\(list)'")
    }
  }

  /// Takes a message apart.
  ///
  /// - Parameters:
  ///   - body: The message.
  ///   - headerLength: The bytes of its JSON; nil when all of it is.
  /// - Throws: `RequestError` that names the tensor at fault.
  init(_ body: [UInt8], headerLength: Int?) throws {
    let count = headerLength ?? body.count
    guard count >= 0, count <= body.count else {
      throw RequestError.invalid(
        """
        Inference-Header-Content-Length is \(count), but the body has \(body.count) bytes; give the \
        length of its JSON
        """)
    }
    var reader = JSONReader(body, count: count)
    var tensors: [TensorDescription] = []
    try reader.object { reader, key in
      switch key {
      case "id": id = try reader.string()
      case "inputs":
        try reader.array { reader in
          try Self.check(tensors.count, of: key)
          tensors.append(try TensorDescription(&reader, position: tensors.count))
        }
      case "outputs":
        var requested: [RequestedOutput] = []
        try reader.array { reader in
          try Self.check(requested.count, of: key)
          requested.append(try RequestedOutput(&reader))
        }
        outputs = requested
      case "parameters": try readParameters(&reader)
      default: try reader.skip()
      }
    }
    try reader.finish()
    inputs = try TensorDescription.place(tensors, from: count, to: body.count)
  }

  private mutating func readParameters(_ reader: inout JSONReader) throws {
    try reader.object { reader, key in
      switch key {
      case "binary_data_output": wantsBinaryOutputs = try reader.boolean()
      case "split_identity": splitIdentity = try reader.string()
      case "calibrated_ranges": usesCalibratedRanges = try reader.boolean()
      case "timeout":
        let timeout = try reader.integer()
        guard timeout >= 0 else {
          throw RequestError.invalid(
            "parameter 'timeout' is \(timeout); it is a number of microseconds, 0 or more")
        }
        // As in Triton, 0 is no limit.
        timeoutMicroseconds = timeout > 0 ? timeout : nil
      default: try reader.skip()
      }
    }
  }
}

/// A tensor as the JSON has it: its bytes may still have to be found.
private struct TensorDescription {
  var name: String?
  var shape: [Int]?
  var datatype: String?
  var binarySize: Int?
  var numbers: [Float]?

  init(_ reader: inout JSONReader, position: Int) throws {
    do {
      try reader.object { reader, key in
        switch key {
        case "name": name = try reader.string()
        case "shape":
          var lengths: [Int] = []
          try reader.array { reader in
            try InferenceRequest.check(lengths.count, of: key)
            lengths.append(try reader.integer())
          }
          shape = lengths
        case "datatype": datatype = try reader.string()
        case "data": numbers = try reader.numbers()
        case "parameters":
          try reader.object { reader, key in
            switch key {
            case "binary_data_size": binarySize = try reader.integer()
            case "shared_memory_region":
              throw RequestError.invalid("this server has no shared memory; send the data")
            default: try reader.skip()
            }
          }
        default: try reader.skip()
        }
      }
    } catch let error as RequestError {
      throw error.naming(tensor: name ?? "number \(position + 1)")
    }
  }

  /// Gives each tensor without numbers its share of the bytes behind the JSON.
  static func place(_ tensors: [Self], from start: Int, to end: Int) throws -> [InputTensor] {
    var next = start
    let placed = try tensors.enumerated().map { position, tensor in
      guard let name = tensor.name else {
        throw RequestError.invalid("tensor number \(position + 1) has no name")
      }
      func failure(_ text: String) -> RequestError { .invalid(text).naming(tensor: name) }
      guard let shape = tensor.shape else { throw failure("it has no shape") }
      guard let datatype = tensor.datatype else { throw failure("it has no datatype") }
      let content: InputTensor.Content
      switch (tensor.numbers, tensor.binarySize) {
      case (let numbers?, nil): content = .numbers(numbers)
      case (nil, let size?):
        guard size >= 0, size <= end - next else {
          throw failure(
            """
            its binary_data_size is \(size), but \(end - next) bytes are left behind the request's \
            JSON
            """)
        }
        content = .bytes(next..<next + size)
        next += size
      case (nil, nil): throw failure("it has neither data nor a binary_data_size")
      case (_?, _?): throw failure("it has both data and a binary_data_size; give one of them")
      }
      return InputTensor(name: name, shape: shape, datatype: datatype, content: content)
    }
    guard next == end else {
      throw RequestError.invalid(
        "\(end - next) bytes follow those of the tensors \(names(tensors)); no tensor claims them")
    }
    return placed
  }

  private static func names(_ tensors: [Self]) -> String {
    tensors.prefix(8).map { "'\(($0.name ?? "").excerpt)'" }.joined(separator: ", ")
  }
}

extension RequestedOutput {
  fileprivate init(_ reader: inout JSONReader) throws {
    var (name, isBinary): (String?, Bool?) = (nil, nil)
    try reader.object { reader, key in
      switch key {
      case "name": name = try reader.string()
      case "parameters":
        try reader.object { reader, key in
          switch key {
          case "binary_data": isBinary = try reader.boolean()
          case "classification", "shared_memory_region":
            throw RequestError.invalid(
              "output '\((name ?? "").excerpt)': this server does not know '\(key)'; leave it out")
          default: try reader.skip()
          }
        }
      default: try reader.skip()
      }
    }
    guard let name else { throw RequestError.invalid("a requested output has no name") }
    self.init(name: name, isBinary: isBinary)
  }
}
