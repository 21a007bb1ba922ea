import SparseCore

/// What the header of an `.npy` file says of its array (NumPy format versions 1.0, 2.0 and 3.0).
struct NPYHeader: Hashable {
  /// The size of each dimension; none for a single value.
  let shape: [Int]
  /// The type of the elements.
  let element: NPYElement
  /// The number of elements.
  let count: Int
  /// The number of bytes of all elements.
  let byteCount: Int

  /// The bytes before the length of the header: the magic string and the version.
  static let magicBytes = 8
  /// NumPy itself reads no longer header unless told to.
  private static let maximumBytes = 10_000
  private static let maximumRank = 64
  private static let keys = "'descr', 'fortran_order' and 'shape', once each and nothing else,"

  /// Reads the magic string and the version.
  ///
  /// - Parameter bytes: The first `magicBytes` bytes of the file.
  /// - Returns: How many bytes hold the length of the header.
  /// - Throws: `SparseError` when this is no `.npy` file, or one of a later version.
  static func lengthBytes(afterMagic bytes: [UInt8]) throws -> Int {
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes.count == magicBytes else {
      throw SparseError(.corruptFile, "is no .npy file. Save the array again with numpy.savez.")
    }
    switch (bytes[6], bytes[7]) {
    case (1, 0): return 2
    case (2, 0), (3, 0): return 4
    default:
      throw SparseError(
        .unsupported,
        "is an .npy file of version \(bytes[6]).\(bytes[7]); versions 1.0, 2.0 and 3.0 are read. "
          + "Save the array with a NumPy that writes one of them."
      )
    }
  }

  /// Reads the length of the header.
  ///
  /// - Parameter bytes: The little-endian bytes that hold it.
  /// - Returns: The number of bytes of the header's text.
  /// - Throws: `SparseError` when it is too long to be right.
  static func textBytes(_ bytes: [UInt8]) throws -> Int {
    let length = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= maximumBytes else {
      throw SparseError(
        .corruptFile,
        "has an .npy header of \(length) bytes; at most \(maximumBytes) are accepted. "
          + "Save the array again with numpy.savez."
      )
    }
    return length
  }

  /// Reads the text of a header, the literal of a dictionary with exactly three keys.
  ///
  /// - Parameter text: All bytes of the text.
  /// - Throws: `SparseError` with code `.corruptFile` when the text is not of that form,
  ///   `.unsupported` for element types or a memory order that this package does not read.
  init(text: [UInt8]) throws {
    guard text.last == UInt8(ascii: "\n") else {
      throw SparseError(
        .corruptFile,
        "has an .npy header that does not end its line. Save the array again with numpy.savez."
      )
    }
    var scanner = PythonLiteral(text.dropLast())
    var element: NPYElement?
    var columnsFirst: Bool?
    var shape: [Int]?
    try scanner.expect("{")
    while !scanner.take("}") {
      let key = try scanner.string()
      try scanner.expect(":")
      switch key {
      case "descr" where element == nil:
        guard scanner.peek() != UInt8(ascii: "[") else { throw NPYElement.unsupported("a record") }
        element = try NPYElement(description: scanner.string())
      case "fortran_order" where columnsFirst == nil: columnsFirst = try scanner.boolean()
      case "shape" where shape == nil: shape = try scanner.sizes()
      default:
        throw scanner.unexpected(Self.keys)
      }
      guard scanner.take(",") else {
        try scanner.expect("}")
        break
      }
    }
    guard scanner.peek() == nil else { throw scanner.unexpected("its end") }
    guard let element, let columnsFirst, let shape else {
      throw scanner.unexpected(Self.keys)
    }
    guard !columnsFirst || shape.count < 2 else {
      throw SparseError(
        .unsupported,
        "is stored column by column (fortran_order). Save numpy.ascontiguousarray(array) instead."
      )
    }
    guard shape.count <= Self.maximumRank,
      let count = Self.product(shape), let byteCount = Self.product([count, element.size])
    else {
      throw SparseError(
        .corruptFile,
        "promises the shape \(shape), which no array can have. Save it again with numpy.savez."
      )
    }
    self.shape = shape
    self.element = element
    self.count = count
    self.byteCount = byteCount
  }

  private static func product(_ sizes: [Int]) -> Int? {
    // A zero makes any product 0, also one whose other factors would overflow.
    if sizes.contains(0) { return 0 }
    var result = 1
    for size in sizes {
      let (next, overflow) = result.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      result = next
    }
    return result
  }
}

/// The element type of an `.npy` array, of those this package reads.
struct NPYElement: Hashable {
  enum Kind: Character {
    case boolean = "b"
    case signed = "i"
    case unsigned = "u"
    case float = "f"
    case byteString = "S"
    case string = "U"
  }
  let kind: Kind
  /// The number of bytes of an element.
  let size: Int
  /// Whether the most significant byte comes first.
  let isBigEndian: Bool

  private static let maximumStringBytes = 1 << 20

  /// Reads NumPy's description of a type, for example `<f4`.
  init(description: String) throws {
    let characters = Array(description)
    guard characters.count >= 3, let kind = Kind(rawValue: characters[1]),
      characters[2...].allSatisfy({ $0.isASCII && $0.isWholeNumber }),
      let length = Int(String(characters[2...])), length <= Self.maximumStringBytes
    else { throw Self.unsupported("'\(description)'") }
    let size = kind == .string ? 4 * length : length
    let sizes: [Int] =
      switch kind {
      case .boolean: [1]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .float: [4, 8]
      case .byteString, .string: [size]
      }
    let needsOrder = size > 1 && kind != .byteString
    // Elements of no bytes would let a short file promise any number of them.
    guard size > 0, sizes.contains(size), (needsOrder ? "<>" : "|<>").contains(characters[0]) else {
      throw Self.unsupported("'\(description)'")
    }
    self.kind = kind
    self.size = size
    isBigEndian = characters[0] == ">"
  }

  /// The error for a type that is not read.
  static func unsupported(_ type: String) -> SparseError {
    SparseError(
      .unsupported,
      "has the element type \(type); bool, integers (i1 to i8, u1 to u8), f4, f8 and strings are "
        + "read. Convert it, for example with array.astype('float32')."
    )
  }
}
