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
    var columns: [UInt32] = []
    rows.reserveCapacity(reader.plausibleEdges)
    columns.reserveCapacity(reader.plausibleEdges)
    while let edge = try reader.nextEdge() {
      rows.append(UInt32(edge.output))
      columns.append(UInt32(edge.input))
    }
    try self.init(inputs: shape.inputs, outputs: shape.outputs, rows: rows, columns: columns) {
      try Self.repetition(of: Edge(output: $0, input: $1), open)
    }
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
