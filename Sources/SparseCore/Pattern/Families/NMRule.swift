extension PatternFamily {
  /// Each output keeps exactly so many of every block of neighbouring inputs, as in 2:4 sparsity.
  ///
  /// - Parameters:
  ///   - kept: The connections in each block, N.
  ///   - block: The inputs of a block, M; must divide a junction's inputs.
  /// - Returns: The family.
  /// - Throws: `SparseError` unless 1 ≤ N ≤ M.
  public static func nm(_ kept: Int, of block: Int) throws -> Self {
    Self(try NMRule(kept: kept, block: block))
  }
}

/// N of every M inputs, aligned: the form that sparse tensor cores take (2:4).
///
/// Each block of each output draws its inputs by itself, all choices equally likely. The density is N/M
/// and nothing else.
struct NMRule: PatternRule {
  static let name = "nm"
  static let usage = "nm:N:M"

  private let kept: Int
  private let block: Int

  init(kept: Int, block: Int) throws {
    guard kept >= 1, kept <= block, block <= Pattern.maximumNeurons else {
      throw SparseError(
        .invalidArgument,
        "An N:M pattern cannot keep \(kept) of every \(block) inputs; N must be at least 1 and at most "
          + "M, as in nm:2:4.")
    }
    self.kept = kept
    self.block = block
  }

  init(argument: Substring?) throws {
    let numbers = (argument ?? "").split(separator: ":", omittingEmptySubsequences: false)
      .map { Int($0) }
    guard numbers.count == 2, let kept = numbers[0], let block = numbers[1] else {
      throw SparseError(
        .invalidArgument,
        "The family 'nm' needs N and M, but \(found(argument)) is given. Write nm:2:4, or 2:4 for "
          + "short, to keep 2 of every 4 inputs.")
    }
    try self.init(kept: kept, block: block)
  }

  var description: String { "\(Self.name):\(kept):\(block)" }

  private func edges(in shape: JunctionShape) -> Int? {
    shape.inputs % block == 0 ? shape.cells / block * kept : nil
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? {
    edges(in: shape) == nil ? [] : [Double(kept) / Double(block)]
  }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    // Without whole blocks no number of edges will do; 'check' says so.
    guard let edges = edges(in: shape) else { return (shape.cells, nil) }
    let isAsked = snappedProduct(density, shape.cells) == Double(edges)
    return (edges, isAsked ? nil : "\(description) patterns keep \(kept) of every \(block) inputs")
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    guard let possible = self.edges(in: shape) else {
      throw SparseError(
        .invalidPattern,
        "\(shape.inputs) inputs are not whole blocks of \(block), as \(description) wants. Use "
          + "\(multiples(of: block, around: shape.inputs, "or")) inputs, or another M.")
    }
    guard edges == possible else {
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern of \(shape) has \(possible) edges, \(possible / shape.outputs) for "
          + "each output, not \(edges). Leave the degrees out, or use another family.")
    }
  }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) -> PatternRows {
    var rows = PatternRows(outputs: shape.outputs, edges: edges)
    var draws = DistinctDraws(limit: block)
    var sorter = RowSorter(inputs: shape.inputs)
    var row: [UInt32] = []
    for _ in 0..<shape.outputs {
      row.removeAll(keepingCapacity: true)
      for start in stride(from: 0, to: shape.inputs, by: block) {
        draws.draw(kept, below: block, using: &random)
        for number in draws.drawn { row.append(UInt32(start + number)) }
      }
      sorter.append(row[...], to: &rows.columns)
      rows.endRow()
    }
    return rows
  }
}
