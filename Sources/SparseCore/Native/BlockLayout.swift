internal import CSparseKernels

/// A pattern cut into the blocks that the C kernels run over, and the order of its values in them.
///
/// Consecutive outputs that share all their inputs form groups of 16, 8, 4 or 2: one load of an
/// activation then serves several outputs. Inputs are cut into panels that fit the L1 cache, and
/// blocks are ordered panel by panel, the short ones first; values follow the blocks,
/// `[block][input][row]`.
struct BlockLayout: Sendable {
  let blocks: [csk_block]
  /// The inputs of all blocks, block after block.
  let columns: [UInt32]
  /// For each stored value its position in CSR order; nil when the orders are the same.
  let csrPositions: [UInt32]?
  /// The edges that lie in groups of at least 4 outputs.
  let groupedEdges: Int

  /// Lays out a matrix in compressed rows.
  ///
  /// - Parameters:
  ///   - rowOffsets: Where each row starts in `columns`.
  ///   - columns: Strictly increasing within each row.
  ///   - inputs: The number of columns.
  ///   - panelInputs: The inputs of a panel; more where blocks would be too short.
  init(rowOffsets: [Int], columns: [UInt32], inputs: Int, panelInputs: Int) {
    let groups = Self.groups(rowOffsets: rowOffsets, columns: columns)
    let rows = rowOffsets.count - 1
    let perRow = columns.count / max(rows, 1)
    // A block that is too short costs more in loading and storing sums than its panel saves: at
    // density 0.1 of 1024×1024, panels of 13 edges a row gave 127 GF/s on Zen 5, those of 17 gave 133.
    // Groups load less for each multiply–add, so that near panels are worth less to them.
    let shortest = 16 * min(rows / max(groups.count, 1), 3)
    let panels = min((inputs + panelInputs - 1) / panelInputs, max(perRow / max(shortest, 1), 1))
    let width = (inputs + panels - 1) / panels

    var blocks: [csk_block] = []
    var order: [UInt32] = []
    var blockColumns: [UInt32] = []
    // No more than is needed: layouts live as long as their plans.
    blocks.reserveCapacity(groups.count * panels)
    order.reserveCapacity(columns.count)
    blockColumns.reserveCapacity(
      groups.reduce(1) { $0 + rowOffsets[$1.lowerBound + 1] - rowOffsets[$1.lowerBound] })
    var next = groups.map { rowOffsets[$0.lowerBound] }
    var groupedEdges = 0
    for panel in 0..<panels {
      let end = UInt32(clamping: (panel + 1) * width)
      var pieces: [(group: Range<Int>, positions: Range<Int>)] = []
      for (index, group) in groups.enumerated() {
        let start = next[index]
        let rowEnd = rowOffsets[group.lowerBound + 1]
        var stop = start
        while stop < rowEnd, columns[stop] < end { stop += 1 }
        next[index] = stop
        if stop > start || panel == 0 { pieces.append((group, start..<stop)) }
      }
      // A kernel's loop over a block ends after as many turns as over the block before, and that a
      // processor foresees: on Zen 5, 105 instead of 94 GF/s at density 0.1 of 1024×1024.
      if panels > 1 {
        pieces.sort {
          ($0.positions.count, $0.group.lowerBound) < ($1.positions.count, $1.group.lowerBound)
        }
      }
      for (group, positions) in pieces {
        blocks.append(
          csk_block(
            first_row: UInt32(group.lowerBound), rows: UInt32(group.count),
            count: UInt32(positions.count), columns: UInt32(blockColumns.count),
            values: UInt32(order.count), is_first: panel == 0 ? 1 : 0, is_last: 0))
        blockColumns += columns[positions]
        if group.count >= 4 { groupedEdges += positions.count * group.count }
        let first = rowOffsets[group.lowerBound]
        for position in positions {
          for row in group { order.append(UInt32(rowOffsets[row] + position - first)) }
        }
      }
    }
    var seen: Set<UInt32> = []
    for index in blocks.indices.reversed() where seen.insert(blocks[index].first_row).inserted {
      blocks[index].is_last = 1
    }
    self.blocks = blocks
    // One more, so that a pattern without edges has columns to point at too.
    blockColumns.append(0)
    self.columns = blockColumns
    self.groupedEdges = groupedEdges
    let isSameOrder = order.enumerated().allSatisfy { $0.offset == Int($0.element) }
    csrPositions = isSameOrder ? nil : order
  }

  /// The bytes of blocks and columns.
  var bytes: Int { blocks.heldBytes + columns.heldBytes }

  /// Cuts runs of rows with the same columns into groups of 16, 8, 4, 2 and 1.
  private static func groups(rowOffsets: [Int], columns: [UInt32]) -> [Range<Int>] {
    let rows = rowOffsets.count - 1
    var groups: [Range<Int>] = []
    var row = 0
    while row < rows {
      let first = columns[rowOffsets[row]..<rowOffsets[row + 1]]
      var end = row + 1
      while end < rows, columns[rowOffsets[end]..<rowOffsets[end + 1]] == first { end += 1 }
      while row < end {
        let size = [16, 8, 4, 2, 1].first { $0 <= end - row } ?? 1
        groups.append(row..<row + size)
        row += size
      }
    }
    return groups
  }

  /// Cuts the blocks into ranges of about the same number of weights, for concurrent work.
  ///
  /// - Parameter count: The number of ranges at most.
  /// - Returns: Ranges of blocks, none empty, together all blocks in order.
  func parts(_ count: Int) -> [Range<Int>] {
    var rest = blocks.reduce(0) { $0 + Int($1.count) * Int($1.rows) }
    // Rounded up: with parts of at least this many weights there are no more than 'count'.
    let target = max((rest + count - 1) / count, 1)
    var parts: [Range<Int>] = []
    var start = 0
    var edges = 0
    for (index, block) in blocks.enumerated() {
      edges += Int(block.count) * Int(block.rows)
      rest -= Int(block.count) * Int(block.rows)
      // Blocks without weights at the end go to the last part that has some.
      if index == blocks.count - 1 || (edges >= target && rest > 0) {
        parts.append(start..<index + 1)
        start = index + 1
        edges = 0
      }
    }
    return parts
  }

  /// The stored values of a range of blocks.
  func values(of part: Range<Int>) -> Range<Int> {
    guard let last = blocks[part].last else { return 0..<0 }
    return Int(blocks[part.lowerBound].values)..<Int(last.values) + Int(last.count * last.rows)
  }
}
