extension PatternFamily {
  /// Neighbours on a ring, of whose connections a fraction leads elsewhere.
  ///
  /// - Parameter rewiring: The probability that a connection is rewired, 0...1.
  /// - Returns: The family.
  /// - Throws: `SparseError` for another number.
  public static func smallWorld(rewiring: Double) throws -> Self {
    Self(try SmallWorldRule(rewiring: rewiring))
  }
}

/// The bipartite form of the Watts–Strogatz small world.
///
/// Inputs and outputs lie evenly on one ring, and each output begins with the inputs next to it. Then
/// each connection is, with the given probability, replaced by one to an input that the output did not
/// begin with, all such sets equally likely; no more are rewired than there are such inputs. In-degrees
/// differ by at most one and do not change; out-degrees do. Probability 0 is a band that closes to a
/// ring, 1 leads every output elsewhere.
///
/// After Duncan J. Watts, Steven H. Strogatz: *Collective dynamics of 'small-world' networks*, Nature
/// 393, 1998, doi:10.1038/30918.
struct SmallWorldRule: PatternRule {
  static let name = "small-world"
  static let usage = "small-world:P"

  private let rewiring: Double

  init(rewiring: Double) throws {
    guard rewiring >= 0, rewiring <= 1 else {
      throw SparseError(
        .invalidArgument,
        "A small-world pattern rewires with probability \(rewiring), but it must be in 0...1; write "
          + "small-world:0.1.")
    }
    // Not -0, whose text would differ from that of 0.
    self.rewiring = rewiring.magnitude
  }

  init(argument: Substring?) throws {
    guard let argument, let rewiring = Double(argument) else {
      throw SparseError(
        .invalidArgument,
        "The family 'small-world' needs the probability of rewiring, but \(found(argument)) is given. "
          + "Write small-world:0.1, or another number in 0...1.")
    }
    try self.init(rewiring: rewiring)
  }

  var description: String { "\(Self.name):\(rewiring)" }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) -> PatternRows {
    let inputs = shape.inputs
    var rows = PatternRows(outputs: shape.outputs, edges: edges)
    var elsewhere = DistinctDraws(limit: inputs)
    var sorter = RowSorter(inputs: inputs)
    var row: [UInt32] = []
    for output in 0..<shape.outputs {
      let degree = evenPart(output, of: edges, among: shape.outputs)
      let first = output * inputs / shape.outputs - degree / 2 + inputs
      row.removeAll(keepingCapacity: true)
      for neighbour in first..<first + degree
      where random.uniform() >= rewiring || neighbour - first - row.count >= inputs - degree {
        row.append(UInt32(neighbour % inputs))
      }
      elsewhere.draw(degree - row.count, below: inputs - degree, using: &random)
      for distance in elsewhere.drawn {
        row.append(UInt32((first + degree + distance) % inputs))
      }
      sorter.append(row[...], to: &rows.columns)
      rows.endRow()
    }
    return rows
  }
}
