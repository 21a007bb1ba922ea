/// Draws connections row by row so that every row and every column gets exactly its degree.
///
/// The published procedure (Sourya Dey, Kuan-Wen Huang, Peter A. Beerel, Keith M. Chugg:
/// *Pre-Defined Sparse Neural Networks with Hardware Acceleration*, IEEE JETCAS 9(2), 2019,
/// arXiv:1812.01164): each right neuron draws its left neurons uniformly among those that are not
/// yet full, except that a left neuron whose remaining need equals the number of rows that remain
/// *lags* and must be taken.
///
/// **It never gets stuck** when the row degrees differ by at most one and the column degrees have the
/// same sum and are at most the number of rows. With R rows remaining, let S be the sum of the
/// remaining needs, each in 0...R, and of the remaining row degrees, each D or D+1. Row degree d can
/// be served when F ≤ d ≤ O, with F the columns that lag and O those that are not full.
/// Counting needs, F·R ≤ S ≤ O·R, thus F ≤ ⌊S/R⌋ and O ≥ ⌈S/R⌉. If all remaining rows have degree d,
/// then S/R = d. Otherwise D < S/R < D+1, so that F ≤ D ≤ d ≤ D+1 ≤ O. Once the row is drawn, no need
/// exceeds R-1, because those that were R have been taken: the assumption holds for the next row.
///
/// **Every pattern with these degrees can come up**: any such pattern takes the lagging columns too, so
/// each of its rows has a positive probability.
///
/// A column can lag only when R is at most the largest need; only these last rows look for laggards.
/// Time O(*inputs* + *edges*) beside sorting each row, memory O(*inputs* + *edges*).
struct RowByRowSampler {
  private let rowDegrees: [Int]
  private let largestNeed: Int
  private var needs: [Int]
  /// The columns that are not full, in no order.
  private var open: [UInt32]
  private var rowSorter: RowSorter

  /// Prepares to draw.
  ///
  /// - Precondition: The row degrees differ by at most one, the sums are equal, and no column degree
  ///   exceeds the number of rows.
  init(rowDegrees: [Int], columnDegrees: [Int]) {
    self.rowDegrees = rowDegrees
    needs = columnDegrees
    largestNeed = columnDegrees.max() ?? 0
    open = columnDegrees.indices.filter { columnDegrees[$0] > 0 }.map { UInt32($0) }
    rowSorter = RowSorter(inputs: columnDegrees.count)
    let edges = columnDegrees.reduce(0, +)
    precondition(
      rowDegrees.reduce(0, +) == edges && largestNeed <= rowDegrees.count
        && (rowDegrees.max() ?? 0) - (rowDegrees.min() ?? 0) <= 1,
      "degrees of \(rowDegrees.count) rows and \(columnDegrees.count) columns do not fit together")
  }

  /// Draws all rows.
  consuming func draw(using random: inout RandomStream) -> PatternRows {
    var rows = PatternRows(outputs: rowDegrees.count, edges: rowDegrees.reduce(0, +))
    for (row, degree) in rowDegrees.enumerated() {
      let laggards = moveLaggardsToFront(remainingRows: rowDegrees.count - row)
      for position in laggards..<max(laggards, degree) {
        open.swapAt(position, position + random.below(open.count - position))
      }
      rowSorter.append(open[..<degree], to: &rows.columns)
      rows.endRow()
      take(degree)
    }
    return rows
  }

  /// Swaps the columns that must be taken to the front of the open ones and counts them.
  private mutating func moveLaggardsToFront(remainingRows: Int) -> Int {
    guard remainingRows <= largestNeed else { return 0 }
    var laggards = 0
    for position in open.indices where needs[Int(open[position])] == remainingRows {
      open.swapAt(laggards, position)
      laggards += 1
    }
    return laggards
  }

  /// Serves the first open columns, and drops those that are full now.
  private mutating func take(_ count: Int) {
    for position in stride(from: count - 1, through: 0, by: -1) {
      let column = Int(open[position])
      needs[column] -= 1
      if needs[column] == 0 {
        open.swapAt(position, open.count - 1)
        open.removeLast()
      }
    }
  }
}

/// Appends distinct columns in increasing order, by a bitmap where rows are dense enough for it.
struct RowSorter {
  private var words: [UInt64]

  init(inputs: Int) {
    words = [UInt64](repeating: 0, count: (inputs + 63) / 64)
  }

  /// Appends one row's columns, sorted.
  mutating func append(_ row: ArraySlice<UInt32>, to columns: inout [UInt32]) {
    // Scanning the bitmap costs a step a word, sorting some ten steps a column.
    guard row.count * 8 >= words.count else {
      columns.append(contentsOf: row.sorted())
      return
    }
    for column in row {
      words[Int(column >> 6)] |= 1 << UInt64(column & 63)
    }
    for index in words.indices {
      var word = words[index]
      while word != 0 {
        columns.append(UInt32(index << 6 | word.trailingZeroBitCount))
        word &= word - 1
      }
      words[index] = 0
    }
  }
}
