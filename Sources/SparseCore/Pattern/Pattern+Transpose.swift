internal import Synchronization

// MARK: - Transpose

extension Pattern {
  /// A pattern seen from its left neurons: the same edges, ordered by input and then by output.
  ///
  /// Transposed entry *t* is the edge at position `positions[t]` of the pattern, so transposing a
  /// value array is one gather: `transposed[t] = values[positions[t]]`.
  public struct Transpose: Sendable {
    /// Where each input's entries start, and where the last ones end; `inputs + 1` numbers.
    public let rowOffsets: [Int]

    /// The output of each entry, strictly increasing within an input.
    public let rows: [UInt32]

    /// The position of each entry's edge in the pattern's own order.
    public let positions: [UInt32]
  }

  /// The pattern seen from its left neurons, made at first use and kept.
  ///
  /// Tasks that ask at the same time wait for the one that makes it.
  ///
  /// - Complexity: O(*inputs* + *edges*) the first time, O(1) afterwards.
  public var transpose: Transpose {
    storage.transpose.withLock { cached in
      if let cached { return cached }
      let made = makeTranspose()
      cached = made
      return made
    }
  }

  /// The bytes of row offsets and columns in memory, and of the transpose once it was made.
  public var indexBytes: Int {
    rowOffsets.heldBytes + columns.heldBytes
      + storage.transpose.withLock { transpose in
        transpose.map {
          $0.rowOffsets.heldBytes + $0.rows.heldBytes + $0.positions.heldBytes
        } ?? 0
      }
  }

  /// Sorts the edges by column, keeping their order within a column (a counting sort).
  private func makeTranspose() -> Transpose {
    let columns = columns
    let rowOffsets = rowOffsets
    var next = [Int](repeating: 0, count: inputs + 1)
    for column in columns { next[Int(column) + 1] += 1 }
    for input in 0..<inputs { next[input + 1] += next[input] }
    let offsets = next

    var rows = [UInt32](repeating: 0, count: columns.count)
    var positions = [UInt32](repeating: 0, count: columns.count)
    for row in 0..<outputs {
      for position in rowOffsets[row]..<rowOffsets[row + 1] {
        let input = Int(columns[position])
        rows[next[input]] = UInt32(row)
        positions[next[input]] = UInt32(position)
        next[input] += 1
      }
    }
    return Transpose(rowOffsets: offsets, rows: rows, positions: positions)
  }
}
