/// An array read from an NPZ file.
package struct NPYArray: Sendable {
  /// The elements of an array, row-major.
  package enum Elements: Sendable {
    /// Elements of type u1.
    case bytes([UInt8])
    /// Elements of type bool.
    case booleans([Bool])
    /// Elements of any other integer type.
    case integers([Int64])
    /// Elements of type f4, or of type f8 rounded to single precision.
    case floats([Float])
    /// Elements of a string type, without the zeros that fill them up.
    case strings([String])
  }

  /// The size of each dimension; none for a single value.
  package let shape: [Int]

  /// The elements, row-major.
  package let elements: Elements

  /// The elements as floating-point numbers; `nil` for strings.
  package var floats: [Float]? {
    switch elements {
    case .bytes(let values): values.map { Float($0) }
    case .booleans(let values): values.map { $0 ? 1 : 0 }
    case .integers(let values): values.map { Float($0) }
    case .floats(let values): values
    case .strings: nil
    }
  }

  /// The elements as whole numbers; `nil` for floating-point numbers and strings.
  package var integers: [Int64]? {
    switch elements {
    case .bytes(let values): values.map { Int64($0) }
    case .booleans(let values): values.map { $0 ? 1 : 0 }
    case .integers(let values): values
    case .floats, .strings: nil
    }
  }

  /// The shape as Python writes it.
  var shapeText: String {
    "(" + shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? ",)" : ")")
  }
}
