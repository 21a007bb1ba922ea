import SparseCore

/// What the header of a safetensors file says, checked against the size of the data behind it.
struct SafetensorsHeader {
  /// One tensor: the bytes in `range`, counted from the start of the data, hold exactly its shape.
  struct Entry {
    let name: String
    let elementType: Safetensors.ElementType
    let shape: [Int]
    let range: Range<Int>
  }

  private(set) var metadata: [String: String] = [:]

  /// In the order of the data, which they cover without gaps or overlaps.
  private(set) var entries: [Entry] = []

  /// Reads and checks a header.
  ///
  /// Refused are, beyond what the reference implementation refuses, keys that it would ignore: they
  /// may change what a tensor means.
  ///
  /// - Parameters:
  ///   - bytes: The header, with any space that pads it.
  ///   - dataBytes: How many bytes follow it.
  ///   - source: The file's name, for errors.
  /// - Throws: `SparseError` with code `.corruptFile`, or `.unsupported` for an element type that
  ///   this library does not know.
  init(_ bytes: [UInt8], dataBytes: Int, source: String) throws {
    var scanner = try HeaderScanner(bytes, source: source)
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    try scanner.object { scanner, name in
      if name == Safetensors.metadataKey {
        try scanner.object { scanner, key in metadata[key] = try scanner.string() }
      } else {
        entries.append(try Self.entry(name, &scanner, source: source))
      }
    }
    try scanner.end()
    self.metadata = metadata
    self.entries = Self.inOrder(entries)
    try requireCoverage(of: dataBytes, source: source)
  }

  private static func entry(
    _ name: String,
    _ scanner: inout HeaderScanner,
    source: String
  ) throws -> Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key in
      switch key {
      case "dtype": type = try scanner.string()
      case "shape": shape = try scanner.integers()
      case "data_offsets": offsets = try scanner.integers()
      default: throw scanner.failure("has an unknown key \(key.excerpt) in \(name.excerpt)")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw scanner.failure(
        "lacks 'dtype', 'shape' or the two numbers of 'data_offsets' in \(name.excerpt)"
      )
    }
    guard let elementType = Safetensors.ElementType(rawValue: type) else {
      let known = Safetensors.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw SparseError(
        .unsupported,
        "\(source): tensor \(name.excerpt) has the element type \(type.excerpt); known are "
          + "\(known). Convert it before saving."
      )
    }
    let (begin, end) = (offsets[0], offsets[1])
    let needed = elementType.byteCount(ofShape: shape)
    guard begin <= end, needed == end - begin else {
      throw mismatch(
        source,
        "tensor \(name.excerpt)",
        "has the data_offsets [\(begin), \(end)], but its shape \(describe(shape)) of \(type) takes "
          + (needed.map { "\($0) bytes" } ?? "more bytes than any file has")
      )
    }
    return Entry(name: name, elementType: elementType, shape: shape, range: begin..<end)
  }

  /// Sorts by place in the data; empty tensors at one place keep the order of the header.
  private static func inOrder(_ entries: [Entry]) -> [Entry] {
    entries.enumerated().sorted { left, right in
      let (a, b) = (left.element.range, right.element.range)
      return (a.lowerBound, a.upperBound, left.offset) < (b.lowerBound, b.upperBound, right.offset)
    }.map(\.element)
  }

  private func requireCoverage(of dataBytes: Int, source: String) throws {
    var end = 0
    for entry in entries {
      guard entry.range.lowerBound == end else {
        let relation = entry.range.lowerBound < end ? "overlaps" : "leaves a gap behind"
        throw Self.mismatch(
          source,
          "tensor \(entry.name.excerpt)",
          "begins at byte \(entry.range.lowerBound) of the data and \(relation) the one before it, "
            + "which ends at byte \(end)"
        )
      }
      end = entry.range.upperBound
    }
    guard end == dataBytes else {
      throw Self.mismatch(
        source,
        "the header",
        "describes \(end) bytes of data, but \(dataBytes) follow it"
      )
    }
  }

  private static func mismatch(_ source: String, _ what: String, _ text: String) -> SparseError {
    SparseError(
      .corruptFile,
      "\(source): \(what) \(text). The file is damaged or incomplete; copy or write it again."
    )
  }

  /// A shape for a message; a hostile one may have millions of dimensions.
  private static func describe(_ shape: [Int]) -> String {
    shape.count <= 8 ? "\(shape)" : "of \(shape.count) dimensions"
  }
}
