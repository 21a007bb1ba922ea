import SparseCore

@testable import SparseLayers

// MARK: - IDX and gzip

extension FuzzReader {
  static func idx(_ bytes: [UInt8]) throws -> Bool {
    try withFile(bytes) { path in
      _ = try outcome { try Dataset.unlabeled(path: path) }
      var isAccepted = false
      for rank in 1...3 {
        guard
          let file = try outcome(of: { try IDXFile(path: path, rank: rank, maximumBytes: limit) })
        else { continue }
        isAccepted = true
        let sizes = file.dimensions.flatMap { size in
          stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> $0) }
        }
        let written = [0, 0, 8, UInt8(rank)] + sizes + file.bytes
        if !bytes.starts(with: [0x1f, 0x8b]) {
          try require(written == bytes, "the file is not what was read from it")
        }
        let again = try must("reading it again") {
          try withFile(written) { try IDXFile(path: $0, rank: rank) }
        }
        try require(
          again.dimensions == file.dimensions && again.bytes == file.bytes, "another file")
      }
      return isAccepted
    }
  }

  static func gzip(_ bytes: [UInt8]) throws -> Bool {
    try withFile(bytes) { path in
      let contents = try outcome { try GzipReader.contents(ofFile: path, maximumBytes: limit) }
      if let contents, contents.count <= 1 << 12 {
        let pieces = try must("reading it in pieces") { try piecewise(path) }
        try require(pieces == contents, "other contents in pieces")
      }
      var isAccepted = bytes.starts(with: [0x1f, 0x8b]) && contents != nil
      for format in [Inflater.Format.gzip, .zlib] {
        let whole = try outcome {
          try Inflater.decompress(bytes, format, maximumBytes: limit)
        }
        guard let whole else { continue }
        isAccepted = true
        try require(whole.count <= limit, "\(whole.count) bytes, above the limit")
        try require(format == .zlib || whole == contents, "other contents in memory")
        let again = try must("decompressing it again") {
          try Inflater.decompress(
            Deflate.compress(whole) ?? [], .zlib, maximumBytes: whole.count)
        }
        try require(again == whole, "other contents after compression")
      }
      return isAccepted
    }
  }

  private static func piecewise(_ path: String) throws -> [UInt8] {
    var reader = try GzipReader(path: path, maximumFileBytes: limit)
    var contents: [UInt8] = []
    while try reader.append(to: &contents, atMost: 7) > 0 {}
    return contents
  }
}

// MARK: - NPY and NPZ

extension FuzzReader {
  static func npy(_ bytes: [UInt8]) throws -> Bool {
    try withFile(bytes) { path in
      _ = try outcome { try Dataset.unlabeled(path: path) }
      guard let array = try outcome(of: { try NPYArray(path: path) }) else { return false }
      try checkWritten(array)
      return true
    }
  }

  static func npz(_ bytes: [UInt8]) throws -> Bool {
    try withFile(bytes) { path in
      _ = try outcome { try Dataset.unlabeled(path: path) }
      var isAccepted = false
      _ = try outcome {
        let file = try NPZFile(path: path)
        for name in file.names.prefix(16) {
          let array = try outcome { try file.array(named: name, maximumBytes: limit) }
          guard let array else { continue }
          isAccepted = true
          try checkWritten(array)
        }
      }
      if let parts = try outcome(of: { try DatasetSource.npz.load(path: path) }) {
        isAccepted = true
        try checkWritten(parts)
      }
      if bytes.starts(with: "PK".utf8),
        let pattern = try outcome(of: { try Pattern(contentsOf: path) })
      {
        isAccepted = true
        try checkWritten(pattern)
      }
      return isAccepted
    }
  }

  private static func checkWritten(_ array: NPYArray) throws {
    let written = array.file
    let again = try must("reading an array again") {
      try withFile(written) { try NPYArray(path: $0) }
    }
    try require(again.shape == array.shape && again.file == written, "another array")
  }

  private static func checkWritten(_ parts: DatasetParts) throws {
    let again = try must("reading the data again") {
      try withFile([]) { path in
        try parts.writeNPZ(to: path)
        return try DatasetSource.npz.load(path: path)
      }
    }
    // Class names are numbers, and those above all labels are not kept.
    try require(again.training.values == parts.training.values, "another training part")
    try require(again.validation?.values == parts.validation?.values, "another validation part")
    try require(again.test.values == parts.test.values, "another test part")
    try require(
      again.training.targets.map(\.name) == parts.training.targets.map(\.name), "other tasks")
  }
}

extension NPYArray {
  /// The array as a file, in one type for each kind of elements.
  fileprivate var file: [UInt8] {
    switch elements {
    case .bytes(let values): NPYEncoder.file(type: "|u1", shape: shape, elements: values)
    case .booleans(let values):
      NPYEncoder.file(type: "|b1", shape: shape, elements: values.map { $0 ? 1 : 0 })
    case .integers(let values):
      NPYEncoder.file(type: "<i8", shape: shape, elements: littleEndianBytes(of: values))
    case .floats(let values):
      NPYEncoder.file(type: "<f4", shape: shape, elements: littleEndianBytes(of: values))
    case .strings(let values):
      Self.file(values.map { Array($0.utf8) }, shape: shape)
    }
  }

  private static func file(_ texts: [[UInt8]], shape: [Int]) -> [UInt8] {
    let size = max(texts.map(\.count).max() ?? 0, 1)
    return NPYEncoder.file(
      type: "|S\(size)", shape: shape,
      elements: texts.flatMap { $0 + [UInt8](repeating: 0, count: size - $0.count) })
  }
}

extension Dataset {
  /// The bits of all features, and the labels.
  fileprivate var values: [[UInt32]] {
    let bits: [UInt32] =
      switch features {
      case .bytes(let values): values.map { UInt32($0) }
      case .floats(let values): values.map(\.bitPattern)
      }
    return [[UInt32(featureCount)], bits] + targets.map { $0.labels.map { UInt32($0) } }
  }
}

// MARK: - CSV

extension FuzzReader {
  /// There is no writer; but a file must not mean something else where it is cut for reading.
  static func csv(_ bytes: [UInt8]) throws -> Bool {
    try withFile(bytes) { path in
      _ = try outcome { try Dataset.unlabeled(path: path) }
      _ = try outcome { try DatasetSource.csv.load(path: path) }
      let table = try outcome { try CSVTable(path: path, labelColumns: []) }
      let pieces = try outcome { try CSVTable(path: path, labelColumns: [], chunkBytes: 16) }
      try require(
        (table == nil) == (pieces == nil), "read \(table == nil ? "only" : "not") in pieces")
      guard let table, let pieces else { return false }
      try require(
        table.layout == pieces.layout
          && table.features.map(\.bitPattern) == pieces.features.map(\.bitPattern)
          && table.labels.map(\.values) == pieces.labels.map(\.values)
          && table.labels.map(\.indices) == pieces.labels.map(\.indices)
          && table.labels.map(\.firstLines) == pieces.labels.map(\.firstLines),
        "another table in pieces")
      return true
    }
  }
}
