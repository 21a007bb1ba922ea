extension PatternFamily {
  /// Connections anywhere, all sets of so many equally likely.
  public static var random: Self { Self(RandomRule()) }
}

/// ⌈ρ·inputs·outputs⌉ cells drawn uniformly without replacement; degrees are whatever falls out.
///
/// The chosen cells are the first *k* distinct ones of a stream of independent uniform cells: by
/// symmetry, every set of *k* is equally likely. Above half density the *absent* cells are drawn, so
/// that few draws are repeats. Memory O(*outputs* + *edges*).
struct RandomRule: PatternRule {
  static let name = "random"

  init() {}

  init(argument: Substring?) throws {
    try Self.refuse(argument)
  }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    let target = snappedProduct(density, shape.cells)
    return (min(Int(target.rounded(.up)), shape.cells), nil)
  }

  func makeRows(
    edges: Int,
    in shape: JunctionShape,
    using random: inout RandomStream
  ) -> PatternRows {
    // A bit per cell is then at most 4 bytes per edge, what the columns take.
    edges >= shape.cells / 32
      ? makeRowsByBitmap(edges: edges, in: shape, using: &random)
      : makeRowsBySorting(edges: edges, in: shape, using: &random)
  }

  /// The dense way: one bit per cell.
  func makeRowsByBitmap(
    edges: Int,
    in shape: JunctionShape,
    using random: inout RandomStream
  ) -> PatternRows {
    let cells = shape.cells
    let drawsAbsent = edges > cells / 2
    var bits = [UInt64](repeating: 0, count: (cells + 63) / 64)
    var missing = drawsAbsent ? cells - edges : edges
    while missing > 0 {
      let cell = random.below(cells)
      let bit = UInt64(1) << UInt64(cell & 63)
      if bits[cell >> 6] & bit == 0 {
        bits[cell >> 6] |= bit
        missing -= 1
      }
    }

    var rows = CellRows(shape: shape, edges: edges)
    for index in bits.indices {
      var word = drawsAbsent ? ~bits[index] : bits[index]
      if index == bits.count - 1, cells & 63 != 0 {
        word &= 1 << UInt64(cells & 63) - 1
      }
      while word != 0 {
        rows.append(cell: index << 6 | word.trailingZeroBitCount)
        word &= word - 1
      }
    }
    return rows.finish()
  }

  /// The sparse way: batches of draws, sorted, repeats dropped; the same cells as by bitmap.
  ///
  /// A batch is as large as the number still missing, so that it never overshoots: when the last
  /// one brings the count to *k*, all its cells were new, and the next draw was not needed.
  ///
  /// - Precondition: At most half of the cells are edges.
  func makeRowsBySorting(
    edges: Int,
    in shape: JunctionShape,
    using random: inout RandomStream
  ) -> PatternRows {
    precondition(edges <= shape.cells / 2, "\(edges) of \(shape.cells) cells are too many")
    var chosen: [Int] = []
    chosen.reserveCapacity(edges)
    while chosen.count < edges {
      for _ in chosen.count..<edges { chosen.append(random.below(shape.cells)) }
      chosen.sort()
      var kept = 1
      for position in 1..<chosen.count where chosen[position] != chosen[kept - 1] {
        chosen[kept] = chosen[position]
        kept += 1
      }
      chosen.removeLast(chosen.count - kept)
    }

    var rows = CellRows(shape: shape, edges: edges)
    for cell in chosen { rows.append(cell: cell) }
    return rows.finish()
  }
}

/// Rows made from cell numbers, `row * inputs + column`, in increasing order.
private struct CellRows {
  private let shape: JunctionShape
  private var rows: PatternRows
  private var rowStart = 0

  init(shape: JunctionShape, edges: Int) {
    self.shape = shape
    rows = PatternRows(outputs: shape.outputs, edges: edges)
  }

  mutating func append(cell: Int) {
    while cell - rowStart >= shape.inputs { endRow() }
    rows.columns.append(UInt32(cell - rowStart))
  }

  private mutating func endRow() {
    rows.endRow()
    rowStart += shape.inputs
  }

  consuming func finish() -> PatternRows {
    while rows.offsets.count <= shape.outputs { endRow() }
    return rows
  }
}
