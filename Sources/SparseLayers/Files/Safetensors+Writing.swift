import SparseCore

extension Safetensors {
  /// Writes a file in one step: a reader sees the previous file or this one, never a part.
  ///
  /// - Parameter path: The file to create or replace.
  /// - Throws: `SparseError` with code `.fileSystem` when the disk is full or the place is not
  ///   writable; a previous file is unchanged then. `.invalidArgument` when names are not unique,
  ///   `.unsupported` when it would be larger than ``maximumFileBytes``.
  public func write(to path: String) throws {
    let tensors = Self.inFileOrder(self.tensors)
    let header = try headerBytes(tensors)
    let total = tensors.reduce(header.count) { $0 + $1.bytes.count }
    guard total <= Self.maximumFileBytes else {
      throw SparseError(
        .unsupported,
        """
        \(path): would have \(total) bytes; files of at most \(Self.maximumFileBytes) are written. Make \
        the network smaller or sparser.
        """)
    }
    try AtomicFile.write(to: path, expectedBytes: total) { sink in
      try sink.write(header)
      for tensor in tensors { try sink.write(tensor.bytes) }
    }
  }

  /// The bytes of the file.
  ///
  /// - Returns: What ``write(to:)`` would write.
  /// - Throws: `SparseError` with code `.invalidArgument` when names are not unique, or the header
  ///   would exceed the 100 MB that readers accept.
  public func serialized() throws -> [UInt8] {
    let tensors = Self.inFileOrder(self.tensors)
    return try tensors.reduce(into: headerBytes(tensors)) { $0 += $1.bytes }
  }

  /// The bytes of the file's two parts.
  ///
  /// - Returns: Those of the header, its length and padding included, and those of the tensors.
  /// - Throws: As ``serialized()``.
  public func byteCounts() throws -> (header: Int, tensors: Int) {
    (try headerBytes(Self.inFileOrder(tensors)).count, tensors.reduce(0) { $0 + $1.bytes.count })
  }

  /// The length and the JSON, padded with spaces so that the data begins at a multiple of 8.
  private func headerBytes(_ tensors: [Tensor]) throws -> [UInt8] {
    try Self.requireUsableNames(tensors)  // again: `tensors` can be changed
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key.jsonText):\($0.value.jsonText)" }
      members.append("\(Self.metadataKey.jsonText):{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + tensor.bytes.count
      members.append(
        #"\#(tensor.name.jsonText):{"dtype":"\#(tensor.elementType.rawValue)","#
          + #""shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#
      )
      offset = end
    }
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    guard json.count <= Self.maximumHeaderBytes else {
      throw SparseError(
        .invalidArgument,
        "a safetensors header of \(json.count) bytes; at most \(Self.maximumHeaderBytes) can be "
          + "read again. Store long texts as tensors, or use several files."
      )
    }
    return littleEndianBytes(of: [UInt64(json.count)]) + json
  }
}

extension String {
  /// The text as JSON, with the escapes of the reference implementation.
  fileprivate var jsonText: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += #"\""#
      case "\\": text += #"\\"#
      case "\u{08}": text += #"\b"#
      case "\u{0c}": text += #"\f"#
      case "\n": text += #"\n"#
      case "\r": text += #"\r"#
      case "\t": text += #"\t"#
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
