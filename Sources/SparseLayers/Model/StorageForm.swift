public import SparseCore

/// How a model file stores where its weights are.
///
/// The values, 4 bytes each, and the biases are the same in all forms.
///
/// | form | columns | row offsets |
/// |---|---|---|
/// | `csr` | 4 bytes an edge | 4 bytes a row, and one more |
/// | `columns` | 2 bytes an edge; 4 above 65,536 inputs | as `csr` where rows differ in length, else none |
/// | `recipe` | none where a recipe makes the pattern again, else as `columns` | likewise |
public enum StorageForm: String, CaseIterable, Codable, Sendable {
  /// Explicit compressed sparse rows, as other libraries take them.
  case csr
  /// Columns in as few bytes as hold them, and no row offsets where all rows have one length.
  case columns
  /// No indices: the recipe in the file's metadata makes them again.
  case recipe

  /// The type of the columns; nil where they are left out.
  func columnType(of pattern: Pattern) -> Safetensors.ElementType? {
    switch self {
    case .csr: .u32
    case .recipe where pattern.recipe != nil: nil
    case .columns, .recipe: pattern.inputs <= 1 << 16 ? .u16 : .u32
    }
  }

  func storesRowOffsets(of pattern: Pattern) -> Bool {
    switch self {
    case .csr: true
    case .recipe where pattern.recipe != nil: false
    case .columns, .recipe: pattern.constantInDegree == nil
    }
  }
}

extension StorageForm {
  /// The form in which a file is stored.
  ///
  /// - Parameter file: A model file.
  init(of file: Safetensors) {
    let columns = file.tensors.filter { $0.name.hasSuffix(".columns") }
    let names = Set(file.tensors.map(\.name))
    func has(_ ending: String, besides tensor: Safetensors.Tensor, _ own: String) -> Bool {
      names.contains(tensor.name.dropLast(own.count) + ending)
    }
    let junctions = file.tensors.filter { $0.name.hasSuffix(".values") }
    if junctions.contains(where: { !has(".columns", besides: $0, ".values") }) {
      self = .recipe
    } else if columns.allSatisfy({
      $0.elementType == .u32 && has(".row_offsets", besides: $0, ".columns")
    }) {
      self = .csr
    } else {
      self = .columns
    }
  }

  /// The bytes of a pattern's indices in a file of this form.
  ///
  /// - Parameter pattern: The pattern.
  /// - Returns: The bytes of columns and row offsets.
  public func indexBytes(of pattern: Pattern) -> Int {
    pattern.edgeCount * (columnType(of: pattern)?.byteCount ?? 0)
      + (storesRowOffsets(of: pattern) ? 4 * (pattern.outputs + 1) : 0)
  }
}
