import SparseCore

extension Safetensors {
  /// A named array of numbers of one type, with a shape.
  public struct Tensor: Sendable, Equatable {
    /// The name in the file.
    public let name: String

    /// How the elements are stored.
    public let elementType: ElementType

    /// The length of each dimension, the slowest first; empty for a single number.
    public let shape: [Int]

    /// The elements in row-major order, each little-endian.
    public let bytes: [UInt8]

    /// Wraps elements that are already stored as the file wants them.
    ///
    /// - Parameters:
    ///   - name: The name in the file.
    ///   - elementType: How the elements are stored.
    ///   - shape: The length of each dimension.
    ///   - bytes: The elements in row-major order, each little-endian.
    /// - Precondition: There are as many bytes as the shape and the type ask for.
    public init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
      let needed = elementType.byteCount(ofShape: shape)
      precondition(
        needed == bytes.count,
        "tensor '\(name)' has \(bytes.count) bytes; \(elementType.rawValue) of shape \(shape) takes "
          + "\(needed.map(String.init) ?? "more than there can be")"
      )
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.bytes = bytes
    }

    /// Stores 32-bit floats.
    ///
    /// - Parameters:
    ///   - name: The name in the file.
    ///   - floats: The elements in row-major order.
    ///   - shape: The length of each dimension.
    /// - Precondition: There are as many elements as the shape asks for.
    public init(name: String, floats: [Float], shape: [Int]) {
      let bytes = littleEndianBytes(of: floats)
      self.init(name: name, elementType: .f32, shape: shape, bytes: bytes)
    }

    /// Stores 64-bit floats.
    ///
    /// - Parameters:
    ///   - name: The name in the file.
    ///   - doubles: The elements in row-major order.
    ///   - shape: The length of each dimension.
    /// - Precondition: There are as many elements as the shape asks for.
    public init(name: String, doubles: [Double], shape: [Int]) {
      let bytes = littleEndianBytes(of: doubles)
      self.init(name: name, elementType: .f64, shape: shape, bytes: bytes)
    }

    /// Stores integers with the type they have in memory.
    ///
    /// - Parameters:
    ///   - name: The name in the file.
    ///   - integers: The elements in row-major order.
    ///   - shape: The length of each dimension.
    /// - Precondition: There are as many elements as the shape asks for.
    public init<Element: SafetensorsInteger>(name: String, integers: [Element], shape: [Int]) {
      let bytes = littleEndianBytes(of: integers)
      self.init(name: name, elementType: Element.safetensorsType, shape: shape, bytes: bytes)
    }
  }
}

// MARK: - Reading elements

extension Safetensors.Tensor {
  /// How many elements there are.
  public var elementCount: Int { bytes.count / elementType.byteCount }

  /// The elements as 32-bit floats: F32 as it is, F16 and BF16 widened without loss.
  ///
  /// - Returns: `elementCount` numbers; NaN and infinities are passed on.
  /// - Throws: `SparseError` with code `.unsupported` for any other element type.
  public func floats() throws -> [Float] {
    switch elementType {
    case .f32: elements(of: Float.self)
    case .f16: elements(of: UInt16.self).map(Float.init(halfBits:))
    case .bf16: elements(of: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    default: throw unsuitable(for: "32-bit floats", remedy: "Store it as F32")
    }
  }

  /// The elements as 64-bit floats: F64 as it is, F32, F16 and BF16 widened without loss.
  ///
  /// - Returns: `elementCount` numbers; NaN and infinities are passed on.
  /// - Throws: `SparseError` with code `.unsupported` for any other element type.
  public func doubles() throws -> [Double] {
    switch elementType {
    case .f64: elements(of: Double.self)
    case .f32, .f16, .bf16: try floats().map(Double.init)
    default: throw unsuitable(for: "64-bit floats", remedy: "Store it as F64 or F32")
    }
  }

  /// The elements as integers of a type of the caller's, whichever integer type they are stored as.
  ///
  /// - Parameter type: The type to return.
  /// - Returns: `elementCount` numbers.
  /// - Throws: `SparseError` with code `.unsupported` when the elements are not integers, with code
  ///   `.corruptFile` when one does not fit into the type.
  public func integers<Result: FixedWidthInteger>(as type: Result.Type) throws -> [Result] {
    switch elementType {
    case .u8: try converted(from: UInt8.self)
    case .i8: try converted(from: Int8.self)
    case .u16: try converted(from: UInt16.self)
    case .i16: try converted(from: Int16.self)
    case .u32: try converted(from: UInt32.self)
    case .i32: try converted(from: Int32.self)
    case .u64: try converted(from: UInt64.self)
    case .i64: try converted(from: Int64.self)
    case .bool, .f16, .bf16, .f32, .f64:
      throw unsuitable(for: "integers", remedy: "Store it as U16 or U32")
    }
  }

  /// The elements as unsigned 32-bit integers, whichever integer type they are stored as.
  ///
  /// - Returns: `elementCount` numbers.
  /// - Throws: `SparseError` with code `.unsupported` when the elements are not integers, with code
  ///   `.corruptFile` when one is negative or too large.
  public func unsignedIntegers() throws -> [UInt32] {
    try integers(as: UInt32.self)
  }

  private func elements<Element: BitwiseCopyable>(of type: Element.Type) -> [Element] {
    littleEndianElements(of: type, in: bytes)
  }

  private func converted<Stored: SafetensorsInteger, Result: FixedWidthInteger>(
    from type: Stored.Type
  ) throws -> [Result] {
    let stored = elements(of: Stored.self)
    if let same = stored as? [Result] { return same }
    var results: [Result] = []
    results.reserveCapacity(stored.count)
    for (index, value) in stored.enumerated() {
      guard let result = Result(exactly: value) else {
        throw SparseError(
          .corruptFile,
          "tensor \(name.excerpt): element \(index) is \(value), outside "
            + "\(Result.min)...\(Result.max). Write the file again with values in that range."
        )
      }
      results.append(result)
    }
    return results
  }

  private func unsuitable(for need: String, remedy: String) -> SparseError {
    SparseError(
      .unsupported,
      "tensor \(name.excerpt) holds \(elementType.rawValue), but \(need) are needed. "
        + "\(remedy) in the program that wrote it."
    )
  }
}

// MARK: - Integer types

/// An integer type that safetensors files can hold.
public protocol SafetensorsInteger: FixedWidthInteger, BitwiseCopyable {
  /// The type's name in a file.
  static var safetensorsType: Safetensors.ElementType { get }
}

extension UInt8: SafetensorsInteger {
  /// `U8`.
  public static var safetensorsType: Safetensors.ElementType { .u8 }
}

extension Int8: SafetensorsInteger {
  /// `I8`.
  public static var safetensorsType: Safetensors.ElementType { .i8 }
}

extension UInt16: SafetensorsInteger {
  /// `U16`.
  public static var safetensorsType: Safetensors.ElementType { .u16 }
}

extension Int16: SafetensorsInteger {
  /// `I16`.
  public static var safetensorsType: Safetensors.ElementType { .i16 }
}

extension UInt32: SafetensorsInteger {
  /// `U32`.
  public static var safetensorsType: Safetensors.ElementType { .u32 }
}

extension Int32: SafetensorsInteger {
  /// `I32`.
  public static var safetensorsType: Safetensors.ElementType { .i32 }
}

extension UInt64: SafetensorsInteger {
  /// `U64`.
  public static var safetensorsType: Safetensors.ElementType { .u64 }
}

extension Int64: SafetensorsInteger {
  /// `I64`.
  public static var safetensorsType: Safetensors.ElementType { .i64 }
}
