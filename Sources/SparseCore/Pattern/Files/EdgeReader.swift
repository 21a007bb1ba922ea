/// Reads a file of edges one by one, in whatever order it has them.
protocol EdgeReader {
  /// The sizes of the pattern.
  var shape: JunctionShape { get }

  /// How many edges to make room for: what the file promises, unless it is too short for it.
  var plausibleEdges: Int { get }

  /// The line read last, from 1.
  var line: Int { get }

  /// Whether the end of the file was reached.
  var isAtEnd: Bool { get }

  /// Reads the next edge, both its ends counted from 0; `nil` after the last.
  ///
  /// After an error it can be called again: it goes on with the next line.
  ///
  /// - Throws: `SparseError` when an edge is malformed or out of range, or their number is wrong.
  mutating func nextEdge() throws -> Edge?

  /// Describes an edge that the file has twice, in the file's own terms.
  func repeated(_ edge: Edge, line: Int, firstLine: Int) -> SparseError
}

/// A connection.
struct Edge: Hashable {
  /// The right neuron, from 0.
  let output: Int

  /// The left neuron, from 0.
  let input: Int
}

extension Pattern {
  /// Creates a pattern from the edges of a file.
  ///
  /// - Parameter open: Starts reading the file from its beginning; called again to find a fault.
  /// - Throws: `SparseError` naming the line that breaks the format.
  init(readingEdges open: () throws -> some EdgeReader) throws {
    var reader = try open()
    let shape = reader.shape
    var rows: [UInt32] = []
    var unsorted: [UInt32] = []
    rows.reserveCapacity(reader.plausibleEdges)
    unsorted.reserveCapacity(reader.plausibleEdges)
    var offsets = [Int](repeating: 0, count: shape.outputs + 1)
    while let edge = try reader.nextEdge() {
      rows.append(UInt32(edge.output))
      unsorted.append(UInt32(edge.input))
      offsets[edge.output + 1] += 1
    }
    for row in 0..<shape.outputs { offsets[row + 1] += offsets[row] }

    // A counting sort by row; within a row the order of the file remains.
    var next = offsets
    var columns = [UInt32](repeating: 0, count: unsorted.count)
    for (row, column) in zip(rows, unsorted) {
      columns[next[Int(row)]] = column
      next[Int(row)] += 1
    }
    for row in 0..<shape.outputs {
      let range = offsets[row]..<offsets[row + 1]
      guard let twice = Self.sort(range, of: &columns) else { continue }
      throw try Self.repetition(of: Edge(output: row, input: Int(twice)), open)
    }
    try self.init(
      outputs: shape.outputs, inputs: shape.inputs, rowOffsets: offsets, columns: columns)
  }

  /// Sorts a range where it is not sorted yet, and returns a number that it holds twice, if any.
  private static func sort(_ range: Range<Int>, of columns: inout [UInt32]) -> UInt32? {
    let isIncreasing = { (columns: [UInt32]) in
      range.dropFirst().first { columns[$0 - 1] >= columns[$0] } == nil
    }
    if isIncreasing(columns) { return nil }
    columns[range].sort()
    return range.dropFirst().first { columns[$0 - 1] == columns[$0] }.map { columns[$0] }
  }

  /// Reads the file again to name both lines of an edge that it holds twice.
  private static func repetition(
    of edge: Edge, _ open: () throws -> some EdgeReader
  ) throws -> SparseError {
    var reader = try open()
    var lines: [Int] = []
    while lines.count < 2, let found = try reader.nextEdge() {
      if found == edge { lines.append(reader.line) }
    }
    return reader.repeated(edge, line: reader.line, firstLine: lines.first ?? 0)
  }
}
