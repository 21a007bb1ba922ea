import SparseCore

/// A pattern from the inputs of each output.
func pattern(inputs: Int, _ rows: [[UInt32]]) throws -> Pattern {
  var offsets = [0]
  for row in rows { offsets.append(offsets[offsets.count - 1] + row.count) }
  return try Pattern(
    inputs: inputs, outputs: rows.count, rowOffsets: offsets, columns: rows.flatMap { $0 })
}

/// A pattern whose connections are drawn one by one, so that rows, columns or all may be empty.
func drawnPattern(inputs: Int, outputs: Int, density: Double, seed: UInt64) throws -> Pattern {
  var random = RandomStream(seed: seed, purpose: "analysis tests")
  return try pattern(
    inputs: inputs,
    (0..<outputs).map { _ in
      (0..<UInt32(inputs)).filter { _ in Double(random.below(1 << 20)) < density * 0x1p20 }
    })
}

/// Dense matrices of whole numbers, multiplied as the definition says: an oracle.
struct IntegerMatrix {
  let rows: Int
  let columns: Int
  private(set) var elements: [Int]

  subscript(row: Int, column: Int) -> Int {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    elements = Array(repeating: 0, count: rows * columns)
  }

  /// The adjacency matrix of a pattern: outputs × inputs.
  init(_ pattern: Pattern) {
    self.init(rows: pattern.outputs, columns: pattern.inputs)
    for row in 0..<pattern.outputs {
      for edge in pattern.edges(ofRow: row) { self[row, Int(pattern.columns[edge])] = 1 }
    }
  }

  /// The product of a chain's adjacency matrices: the number of paths.
  init(pathsOf patterns: [Pattern]) {
    self = patterns.dropFirst().reduce(IntegerMatrix(patterns[0])) { IntegerMatrix($1) * $0 }
  }

  static func * (left: Self, right: Self) -> Self {
    var product = Self(rows: left.rows, columns: right.columns)
    for row in 0..<left.rows {
      for column in 0..<right.columns {
        for inner in 0..<left.columns {
          product[row, column] += left[row, inner] * right[inner, column]
        }
      }
    }
    return product
  }

  var transposed: Self {
    var result = Self(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }
}
