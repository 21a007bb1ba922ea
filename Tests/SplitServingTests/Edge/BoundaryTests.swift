import EarlyExit
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@testable import SplitServing

@Suite("What crosses the cut") struct BoundaryTests {
  @Test("as 8-bit steps is off by at most half a step, and 0 stays 0")
  func quantization() throws {
    let features = 9
    var values = randomFloats(200 * features, seed: 4, "boundary")
    // A feature that is always 0, one that never is, one of tiny and one of huge numbers.
    for row in 0..<200 {
      values[row * features] = 0
      values[row * features + 1] = 3 + values[row * features + 1]
      values[row * features + 2] *= 1e-30
      values[row * features + 3] *= 1e30
      if row % 3 == 0 { values[row * features + 4] = 0 }
    }
    func column(_ feature: Int) -> [Float] { (0..<200).map { values[$0 * features + feature] } }
    let ranges = try BoundaryRanges(
      hiddenLayers: 1, low: (0..<features).map { column($0).min() ?? 0 },
      high: (0..<features).map { column($0).max() ?? 0 })
    let quantization = Quantization(ranges)
    var back = quantization.steps(values, features: features).map { Float($0) }
    quantization.dequantize(&back, features: features)
    for (index, (value, sent)) in zip(values, back).enumerated() {
      let step = quantization.scale[index % features]
      // Half a step by rounding, and as much where zero was moved to a step.
      #expect(abs(value - sent) <= step * 1.001, "\(index): \(value) became \(sent)")
      if value == 0 { #expect(sent == 0) }
    }
    // Outside of the ranges are their ends.
    var far = quantization.steps(
      Array(repeating: Float.greatestFiniteMagnitude, count: 9), features: 9
    )
    .map { Float($0) }
    quantization.dequantize(&far, features: 9)
    #expect(far[4] <= (column(4).max() ?? 0) + quantization.scale[4])
  }

  @Test("as 8-bit steps is off by at most a step, and finite, up to the largest numbers there are")
  func quantizationOfTheLargest() throws {
    let most = Float.greatestFiniteMagnitude
    let shares: [Float] = [0, 1e-6, 0.1, 1 / 3, 0.5, 0.9, 0.997, 0.998, 1]
    for low in shares {
      for high in shares where low + high > 0 {
        let ranges = try BoundaryRanges(hiddenLayers: 0, low: [-low * most], high: [high * most])
        let quantization = Quantization(ranges)
        var every = (-128...127).map { Float($0) }
        quantization.dequantize(&every, features: 1)
        #expect(every.allSatisfy { $0.isFinite }, "-\(low)...\(high)")
        #expect(every.contains(0))
        // From one end to the other, and both ends.
        let values = (0...1000).map { index -> Float in
          let part = Float(index) / 1000
          return (high * part - low * (1 - part)) * most
        }
        var back = quantization.steps(values, features: 1).map { Float($0) }
        quantization.dequantize(&back, features: 1)
        for (value, sent) in zip(values, back) {
          let error = abs(Double(value) - Double(sent)) / Double(quantization.scale[0])
          #expect(error <= 1.001, "-\(low)...\(high): \(value) became \(sent)")
        }
      }
    }
    #expect(throws: SparseError.self) {
      try BoundaryRanges(hiddenLayers: 0, low: [0], high: [.infinity])
    }
    #expect(throws: SparseError.self) {
      try BoundaryRanges(hiddenLayers: 0, low: [-.infinity], high: [0])
    }
  }

  @Test("as 16-bit floats is the nearest there is, for all of them and between")
  func halves() {
    for bits in UInt16.min...UInt16.max where bits & 0x7c00 != 0x7c00 {
      #expect(UInt16(halfBitsOf: Float(halfBits: bits)) == bits)
    }
    // In the middle between two, the even one; a little beside it, the nearer one.
    for bits in stride(from: UInt16(0), to: 0x7bff, by: 7) {
      let (low, high) = (Float(halfBits: bits), Float(halfBits: bits + 1))
      let middle = (low + high) / 2
      #expect(UInt16(halfBitsOf: middle) == (bits % 2 == 0 ? bits : bits + 1))
      #expect(UInt16(halfBitsOf: middle.nextUp) == bits + 1)
      #expect(UInt16(halfBitsOf: -middle.nextDown) == bits | 0x8000)
    }
    #expect(Float(halfBits: UInt16(halfBitsOf: 1e9)) == 65504)
  }

  @Test("comes through the protocol as it was sent", arguments: BoundaryPayload.allCases)
  func message(payload: BoundaryPayload) throws {
    let values = randomFloats(3 * 24, seed: 6, "message").map { max($0, 0) }
    let message = InferenceMessage(
      values, features: 24, payload: payload, quantization: nil, output: "output"
    ).written(timeout: .milliseconds(250))
    let request = try InferenceRequest(message.body, headerLength: message.headerLength)
    let model = try #require(signature)
    let call = try InferenceCall(request, body: message.body, model: model)
    #expect(call.samples == 3)
    #expect(call.timeout == .milliseconds(250))
    let heads = call.heads.map { model.outputs[$0.index].name }
    #expect(heads == ["output"] && call.heads[0].isBinary)
    let bound: Float =
      switch payload {
      case .fp32: 0
      case .fp16: 0x1p-11
      case .int8: (values.max() ?? 0) / 255
      }
    for (value, sent) in zip(values, call.values) { #expect(abs(value - sent) <= bound) }
  }

  @Test("a request may take all the time there is, and says a century")
  func endlessTimeout() throws {
    for timeout in [Duration.seconds(Int64.max), .seconds(4_000_000_000)] {
      let message = InferenceMessage(
        randomFloats(24, seed: 6, "message"), features: 24, payload: .fp32, quantization: nil,
        output: "output"
      ).written(timeout: timeout)
      let request = try InferenceRequest(message.body, headerLength: message.headerLength)
      let seconds = Double(try #require(request.timeoutMicroseconds)) / 1e6
      #expect(abs(seconds - 3_155_760_000) < 1)
    }
  }

  @Test("calibrated ranges are wanted for INT8 only, and only where the model has some")
  func calibratedRanges() throws {
    let network = try servedNetwork()
    let values = randomFloats(24, seed: 6, "message")
    let ranges = try BoundaryRanges(
      hiddenLayers: 1, low: values.map { $0 - 1 }, high: values.map { $0 + 1 })
    let quantization = Quantization(ranges)
    let message = InferenceMessage(
      values, features: 24, payload: .int8, quantization: quantization, output: "output"
    ).written(timeout: .seconds(1))
    let request = try InferenceRequest(message.body, headerLength: message.headerLength)
    let known = ModelSignature(name: "net", network: network, ranges: ranges)
    let call = try InferenceCall(request, body: message.body, model: known)
    for ((value, sent), step) in zip(zip(values, call.values), quantization.scale) {
      #expect(abs(value - sent) <= step)
    }
    #expect(throws: RequestError.self) {
      try InferenceCall(request, body: message.body, model: try #require(signature))
    }
    var floats = request
    floats.inputs[0].datatype = "UINT8"
    #expect(throws: RequestError.self) {
      try InferenceCall(floats, body: message.body, model: known)
    }
  }

  @Test("a request says whose other part it is for, and another model refuses it")
  func identity() throws {
    let network = try servedNetwork()
    func signature(_ identity: String?) -> ModelSignature {
      ModelSignature(
        name: "net", network: network,
        split: identity.map {
          SplitDescription(
            part: .remote, hiddenLayers: 1, boundaryFeatures: 24, identity: $0,
            output: .init(branch: "output", task: "label", size: 8, exit: 1))
        })
    }
    let (own, other) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
    let message = InferenceMessage(
      randomFloats(24, seed: 6, "message"), features: 24, payload: .fp32, quantization: nil,
      output: "output", identity: own
    ).written(timeout: .seconds(1))
    let request = try InferenceRequest(message.body, headerLength: message.headerLength)
    #expect(try InferenceCall(request, body: message.body, model: signature(own)).samples == 1)
    for wrong in [signature(other), signature(nil)] {
      #expect(throws: RequestError.self) {
        try InferenceCall(request, body: message.body, model: wrong)
      }
    }
  }

  @Test("ranges that fit no network are refused with the file")
  func damagedRanges() throws {
    let network = try NetworkRecipe(
      layerSizes: [24, 40, 32, 8], connectivity: .densities([0.4])
    ).makeNetwork()
    var file = ModelFile(network: network, data: DataDescription(untrained: network))
    func ranges(_ cut: Int, _ features: Int) throws -> BoundaryRanges {
      let low = [Float](repeating: 0, count: features)
      return try BoundaryRanges(hiddenLayers: cut, low: low, high: low.map { $0 + 1 })
    }
    file.boundaryRanges = try [ranges(0, 24), ranges(1, 40), ranges(2, 32)]
    #expect(try ModelFile(file.safetensors(), source: "f").boundaryRanges == file.boundaryRanges)
    for part in [
      try file.split(afterHiddenLayers: 1).edge, try file.split(afterHiddenLayers: 1).remote,
    ] {
      let read = try ModelFile(part.safetensors(), source: "part")
      #expect(read.boundaryRanges == [file.boundaryRanges[1]])
    }
    for wrong in try [ranges(1, 39), ranges(3, 8), ranges(9, 40)] {
      var damaged = file
      damaged.boundaryRanges = [wrong]
      #expect(throws: SparseError.self) {
        try ModelFile(damaged.safetensors(), source: "damaged")
      }
    }
    #expect(throws: SparseError.self) { try ranges(1, 0) }
    #expect(throws: SparseError.self) {
      try BoundaryRanges(hiddenLayers: 1, low: [.nan], high: [1])
    }
  }

  @Test("a description of the cut that fits no layers is refused with the file")
  func damagedSplit() throws {
    let network = try NetworkRecipe(
      layerSizes: [24, 40, 32, 8], connectivity: .densities([0.4])
    ).makeNetwork()
    let whole = ModelFile(network: network, data: DataDescription(untrained: network))
    let parts = try whole.split(afterHiddenLayers: 1)
    for part in [parts.edge, parts.remote] {
      let split = try #require(part.split)
      let output = split.output
      typealias Output = SplitDescription.Output
      let damaged: [(Int, Int, Output)] = [
        (-1, 40, output), (1, 39, output), (1, .max, output), (1, -1, output),
        (1, 40, Output(branch: output.branch, task: output.task, size: 0, exit: output.exit)),
        (1, 40, Output(branch: output.branch, task: output.task, size: .max, exit: output.exit)),
        (1, 40, Output(branch: output.branch, task: output.task, size: 8, exit: -1)),
      ]
      for (hiddenLayers, features, output) in damaged {
        var file = part
        file.split = SplitDescription(
          part: split.part, hiddenLayers: hiddenLayers, boundaryFeatures: features,
          identity: split.identity, output: output)
        let error = #expect(throws: SparseError.self) {
          try ModelFile(file.safetensors(), source: "damaged")
        }
        #expect(error?.message.contains("Split the whole model again") == true)
      }
    }
    // Neither part passes for the other.
    for (file, other) in [(parts.edge, parts.remote), (parts.remote, parts.edge)] {
      var damaged = file
      damaged.split = other.split
      #expect(throws: SparseError.self) {
        try ModelFile(damaged.safetensors(), source: "damaged")
      }
    }
  }

  @Test("answers are believed only as far as they fit the request")
  func answers() throws {
    let values: [Float] = [1, -2, 3.5, 4, 5, 6, 7, 8]
    let json = #"{"outputs":[{"name":"output","datatype":"FP32","shape":[1,8],"#
    let binary = Array((json + #""parameters":{"binary_data_size":32}}]}"#).utf8)
    let text = Array((json + #""data":[1,-2,3.5,4,5,6,7,8]}]}"#).utf8)
    func read(_ body: [UInt8], _ length: Int?) throws -> [Float] {
      try InferenceAnswer(body, headerLength: length, output: "output", shape: [1, 8]).values
    }
    let whole = binary + bytes(of: values)
    #expect(try read(whole, binary.count) == values)
    #expect(try read(text, nil) == values)
    #expect(throws: RequestError.self) { try read(whole, binary.count - 1) }
    #expect(throws: RequestError.self) { try read(whole, -1) }
    #expect(throws: RequestError.self) { try read(whole, whole.count + 1) }
    #expect(throws: RequestError.self) { try read(whole + [0], binary.count) }
    for end in 0..<whole.count {
      #expect(throws: RequestError.self) { try read(Array(whole[..<end]), min(end, binary.count)) }
    }
    let infinite = binary + bytes(of: values.dropLast() + [.infinity])
    #expect(throws: RequestError.self) { try read(infinite, binary.count) }
    // Damaged anywhere, it is refused or harmless, never a trap.
    var stream = RandomStream(seed: 2, purpose: "damage")
    for _ in 0..<20_000 {
      var damaged = whole
      for _ in 0...stream.below(4) {
        damaged[stream.below(damaged.count)] = UInt8(stream.below(256))
      }
      let read = try? read(damaged, binary.count)
      #expect(read.map { $0.count == 8 } ?? true)
    }
  }
}
