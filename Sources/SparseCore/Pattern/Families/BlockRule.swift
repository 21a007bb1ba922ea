extension PatternFamily {
  /// Connections in whole blocks of neighbouring outputs and inputs.
  ///
  /// - Parameters:
  ///   - rows: The outputs of a block; must divide a junction's outputs.
  ///   - columns: The inputs of a block; must divide a junction's inputs.
  /// - Returns: The family.
  /// - Throws: `SparseError` for sizes below 1.
  public static func block(rows: Int, columns: Int) throws -> Self {
    Self(try BlockRule(rows: rows, columns: columns))
  }
}

/// A balanced pattern from blocks of inputs to blocks of outputs, every edge of it a full block.
struct BlockRule: PatternRule {
  static let name = "block"
  static let usage = "block:RxC"

  private let rows: Int
  private let columns: Int

  init(rows: Int, columns: Int) throws {
    let possible = 1...Pattern.maximumNeurons
    guard possible.contains(rows), possible.contains(columns) else {
      throw SparseError(
        .invalidArgument,
        "Blocks of \(rows) outputs and \(columns) inputs are not possible: both must be between 1 and "
          + "\(Pattern.maximumNeurons), and divide the outputs and the inputs.")
    }
    self.rows = rows
    self.columns = columns
  }

  init(argument: Substring?) throws {
    guard let argument, let (rows, columns) = sizes(argument) else {
      throw SparseError(
        .invalidArgument,
        "The family 'block' needs the outputs and inputs of a block, but \(found(argument)) is given. "
          + "Write block:4x4.")
    }
    try self.init(rows: rows, columns: columns)
  }

  var description: String { "\(Self.name):\(rows)x\(columns)" }

  /// The junction between blocks; nil when blocks are not whole.
  private func blocks(in shape: JunctionShape) -> JunctionShape? {
    guard shape.inputs % columns == 0, shape.outputs % rows == 0 else { return nil }
    return try? JunctionShape(inputs: shape.inputs / columns, outputs: shape.outputs / rows)
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? {
    guard let blocks = blocks(in: shape) else { return [] }
    guard blocks.cells < shape.cells else { return nil }
    // Too many to list where nobody could tell them apart.
    guard blocks.cells <= Self.listedDensities else { return nil }
    return (1...blocks.cells).map { Double($0) / Double(blocks.cells) }
  }

  private static let listedDensities = 1 << 16

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    // Without whole blocks no number of edges will do; 'check' says so.
    guard let blocks = blocks(in: shape) else { return (shape.cells, nil) }
    let kept = max(1, Int((density * Double(blocks.cells)).rounded()))
    let edges = kept * rows * columns
    let isAsked = abs(density * Double(shape.cells) - Double(edges)) < 1
    return (
      edges,
      isAsked
        ? nil
        : "\(description) patterns of \(shape) have densities k/\(blocks.cells), and "
          + "\(kept)/\(blocks.cells) is the nearest (\(kept) blocks)"
    )
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    guard blocks(in: shape) != nil else {
      throw SparseError(
        .invalidPattern,
        "\(shape) are not whole blocks of \(rows) outputs and \(columns) inputs, as \(description) "
          + "wants. Use layer sizes that are multiples, or other blocks.")
    }
    guard edges % (rows * columns) == 0 else {
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern of \(shape) cannot have \(edges) edges: they must be a multiple of "
          + "\(rows * columns), the connections of a block. Give a density instead, or other blocks."
      )
    }
  }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) throws -> PatternRows {
    let blocks = try JunctionShape(
      inputs: shape.inputs / columns, outputs: shape.outputs / rows)
    let drawn = BalancedRule().makeRows(
      edges: edges / (rows * columns), in: blocks, using: &random)
    var result = PatternRows(outputs: shape.outputs, edges: edges)
    for (start, end) in zip(drawn.offsets, drawn.offsets.dropFirst()) {
      for _ in 0..<rows {
        for column in drawn.columns[start..<end] {
          let first = column * UInt32(columns)
          result.columns.append(contentsOf: first..<first + UInt32(columns))
        }
        result.endRow()
      }
    }
    return result
  }
}
