import SparseCore

/// Named tensors and text metadata in the safetensors format, as Python's `safetensors` reads it.
///
/// A file is the length of its header (8 bytes, little-endian), the header as a JSON object, and
/// the tensors' bytes without gaps. Everything a file says is checked before any of it is used.
/// The same content always becomes the same bytes, those of the reference implementation.
///
///     let weights = Safetensors.Tensor(name: "w", floats: [1, 2, 3, 4], shape: [2, 2])
///     try Safetensors(metadata: ["format": "1"], tensors: [weights]).write(to: "w.safetensors")
///     let floats = try Safetensors(contentsOf: "w.safetensors")["w"]?.floats()
///
/// Two limits are ours: names and metadata keys that Unicode holds equivalent count as the same
/// (a `String` of Swift could not tell them apart), and the element types are those of
/// ``ElementType``.
///
/// Reference: https://github.com/huggingface/safetensors
public struct Safetensors: Sendable, Equatable {
  /// Free text by key, stored in the header under `__metadata__`.
  public var metadata: [String: String]

  /// The tensors in the order of the file: by element type, the largest first, then by name.
  public var tensors: [Tensor] { didSet { positions = nil } }

  /// Where each name is in `tensors`; `nil` once they were changed.
  private var positions: [String: Int]?

  /// Gathers tensors for a file.
  ///
  /// - Parameters:
  ///   - metadata: Free text by key.
  ///   - tensors: In any order; they are put into that of the file.
  /// - Throws: `SparseError` with code `.invalidArgument` when two tensors have the same name, or
  ///   one has the name `__metadata__`.
  public init(metadata: [String: String] = [:], tensors: [Tensor]) throws {
    try Self.requireUsableNames(tensors)
    self.init(metadata: metadata, ordered: Self.inFileOrder(tensors))
  }

  /// Takes tensors of different names in the order in which a file has them.
  init(metadata: [String: String], ordered tensors: [Tensor]) {
    self.metadata = metadata
    self.tensors = tensors
    positions = Dictionary(
      tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensor with a name, or `nil` when there is none.
  ///
  /// - Parameter name: The name, as in the file.
  /// - Complexity: O(1); O(*tensors*) after `tensors` was changed.
  public subscript(name: String) -> Tensor? {
    if let positions { return positions[name].map { tensors[$0] } }
    return tensors.first { $0.name == name }
  }

  /// Tells whether two files hold the same texts, and the same tensors in the same order.
  public static func == (left: Self, right: Self) -> Bool {
    left.metadata == right.metadata && left.tensors == right.tensors
  }

  static let metadataKey = "__metadata__"

  static func requireUsableNames(_ tensors: [Tensor]) throws {
    var names: Set<String> = []
    for tensor in tensors {
      guard tensor.name != metadataKey else {
        throw SparseError(
          .invalidArgument,
          "a tensor is called '\(metadataKey)', where the format keeps its text. Rename it."
        )
      }
      guard names.insert(tensor.name).inserted else {
        throw SparseError(
          .invalidArgument,
          "two tensors are called \(tensor.name.excerpt); a file holds each name once. "
            + "Rename one."
        )
      }
    }
  }

  /// The order of the reference implementation, which keeps every tensor aligned to its elements.
  static func inFileOrder(_ tensors: [Tensor]) -> [Tensor] {
    tensors.sorted { left, right in
      let (a, b) = (left.elementType.rank, right.elementType.rank)
      // By bytes, not by Swift's order of strings, which depends on its version of Unicode.
      return a == b ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : a > b
    }
  }
}

extension Safetensors {
  /// How the elements of a tensor are stored; the raw value is the name in the file.
  public enum ElementType: String, Sendable, CaseIterable {
    // In the order of the reference implementation: later cases come first in a file.

    /// One byte, 0 or 1.
    case bool = "BOOL"
    /// An unsigned 8-bit integer.
    case u8 = "U8"
    /// A signed 8-bit integer.
    case i8 = "I8"
    /// A signed 16-bit integer.
    case i16 = "I16"
    /// An unsigned 16-bit integer.
    case u16 = "U16"
    /// A 16-bit IEEE float with 5 exponent bits.
    case f16 = "F16"
    /// A 16-bit float with the 8 exponent bits of a `Float`.
    case bf16 = "BF16"
    /// A signed 32-bit integer.
    case i32 = "I32"
    /// An unsigned 32-bit integer.
    case u32 = "U32"
    /// A 32-bit IEEE float.
    case f32 = "F32"
    /// A 64-bit IEEE float.
    case f64 = "F64"
    /// A signed 64-bit integer.
    case i64 = "I64"
    /// An unsigned 64-bit integer.
    case u64 = "U64"

    /// The size of one element.
    public var byteCount: Int {
      switch self {
      case .bool, .u8, .i8: 1
      case .i16, .u16, .f16, .bf16: 2
      case .i32, .u32, .f32: 4
      case .f64, .i64, .u64: 8
      }
    }

    /// The place in the file's order.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }
}

extension String {
  /// The text in quotes for a message: control characters escaped, and not longer than a line.
  var excerpt: String {
    let start = unicodeScalars.prefix(60)
    let text = start.reduce(into: "") { text, scalar in
      text += scalar.escaped(asASCII: false)
    }
    return "'\(text)\(start.endIndex < unicodeScalars.endIndex ? "…" : "")'"
  }
}
