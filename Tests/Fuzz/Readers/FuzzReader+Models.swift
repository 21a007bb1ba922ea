import SparseCore

@testable import SparseLayers

extension FuzzReader {
  static func safetensors(_ bytes: [UInt8]) throws -> Bool {
    guard let file = try outcome(of: { try Safetensors(bytes: bytes, source: "input") }) else {
      return false
    }
    for tensor in file.tensors {
      _ = try outcome { try tensor.floats() }
      _ = try outcome { try tensor.doubles() }
      _ = try outcome { try tensor.integers(as: Int.self) }
      _ = try outcome { try tensor.unsignedIntegers() }
    }
    try must("writing and reading it again") {
      let written = try file.serialized()
      let again = try Safetensors(bytes: written, source: "written")
      // Files of other programs may have their tensors in another order.
      let ordered = try Safetensors(metadata: file.metadata, tensors: file.tensors)
      try require(again == ordered, "another file")
      try require(try again.serialized() == written, "other bytes")
    }
    return true
  }

  static func model(_ bytes: [UInt8]) throws -> Bool {
    let model = try outcome {
      try ModelFile(Safetensors(bytes: bytes, source: "input"), source: "input")
    }
    guard let model else { return false }
    try checkWritten(model)
    return true
  }

  static func checkpoint(_ bytes: [UInt8]) throws -> Bool {
    try withFile(bytes) { path in
      guard let checkpoint = try outcome(of: { try Checkpoint(contentsOf: path) }) else {
        return false
      }
      try checkWritten(checkpoint.model)
      guard isWritten(checkpoint.model) else { return true }
      try must("writing and reading it again") {
        let written = try bytesWritten(checkpoint)
        let again = try withFile(written) { try Checkpoint(contentsOf: $0) }
        try require(try bytesWritten(again) == written, "another checkpoint")
      }
      return true
    }
  }

  private static func bytesWritten(_ checkpoint: Checkpoint) throws -> [UInt8] {
    try withFile([]) { path in
      try checkpoint.write(to: path)
      return try BoundedFile.read(path: path, maximumBytes: 1 << 30)
    }
  }

  private static func isWritten(_ model: ModelFile) -> Bool {
    let neurons = model.network.places.reduce(0) { $0 + model.network[$1].outputSize }
    return neurons + model.network.inputSize <= writtenNeurons
  }

  private static func checkWritten(_ model: ModelFile) throws {
    // Commands take these numbers as they are.
    try must("the training recipe") { try model.training?.validate() }
    guard isWritten(model) else { return }
    let content = try must("writing it") { try model.safetensors(form: .columns).serialized() }
    for form in StorageForm.allCases {
      // Where a recipe makes another pattern than the one in the file, it cannot stand for it.
      guard let file = try outcome(of: { try model.safetensors(form: form) }) else { continue }
      try must("reading it again, written as \(form.rawValue)") {
        let again = try ModelFile(
          Safetensors(bytes: file.serialized(), source: "written"), source: "written")
        try require(
          try again.safetensors(form: .columns).serialized() == content, "another model")
      }
    }
  }
}
