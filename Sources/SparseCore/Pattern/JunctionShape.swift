/// The two sizes of a junction, checked once, so that arithmetic on them cannot overflow.
struct JunctionShape: Hashable, Sendable {
  /// Left neurons: columns of the pattern.
  let inputs: Int

  /// Right neurons: rows of the pattern.
  let outputs: Int

  /// Checks the sizes.
  ///
  /// - Throws: `SparseError` when one is below 1 or above `Pattern.maximumNeurons`.
  init(inputs: Int, outputs: Int) throws {
    for (name, size) in [("inputs", inputs), ("outputs", outputs)] {
      guard size >= 1, size <= Pattern.maximumNeurons else {
        throw SparseError(
          .invalidArgument,
          "A junction's number of \(name) is \(size), but must be between 1 and "
            + "\(Pattern.maximumNeurons). Check the layer sizes."
        )
      }
    }
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The number of weights of the full junction, at most 2^48.
  var cells: Int { inputs * outputs }

  /// The greatest common divisor of the two sizes.
  var commonDivisor: Int { greatestCommonDivisor(inputs, outputs) }

  /// Checks a number of edges.
  ///
  /// - Throws: `SparseError` when there is none, or more than cells or `Pattern.maximumEdges`.
  func check(edges: Int) throws {
    let limit = min(cells, Pattern.maximumEdges)
    guard edges >= 1, edges <= limit else {
      throw SparseError(
        .invalidPattern,
        "A pattern of \(inputs) inputs and \(outputs) outputs cannot have \(edges) edges: "
          + "between 1 and \(limit) are possible. Choose another density or smaller layers."
      )
    }
  }
}

extension JunctionShape: CustomStringConvertible {
  var description: String { "\(inputs) inputs and \(outputs) outputs" }
}

/// The greatest common divisor of two numbers that are not negative (Euclid's algorithm).
func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
  var (larger, smaller) = (first, second)
  while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
  return larger
}
