/// How evenly a chain's connections are spread over its first and its last layer, from 0 to 1.
///
/// A figure of merit by which patterns are compared before any training: where it is low, parts of a
/// layer are hardly seen by some neurons of the other end.
///
/// Sourya Dey, Kuan-Wen Huang, Peter A. Beerel, Keith M. Chugg: *Characterizing Sparse Connectivity
/// Patterns in Neural Networks*, ITA 2018, arXiv:1711.02131.
public struct Scatter: Hashable, Sendable {
  /// The mean over windows of inputs and all outputs of min(1, paths / ideal).
  public let forward: Double

  /// The same from the other end: over windows of outputs and all inputs.
  public let backward: Double

  /// The lower of the two.
  public var minimum: Double { min(forward, backward) }
}

extension PatternChain {
  /// Measures how evenly connections are spread.
  ///
  /// For windows of neighbouring inputs *w* and outputs *i*, with *c* the number of paths from *w* to
  /// *i* (an element of the product of the adjacency matrices, summed over the window):
  ///
  ///     scatter = mean over w and i of min(1, c / ideal)
  ///     ideal   = neurons of a window · product of the in-degrees / inputs
  ///
  /// Where in-degrees differ, their mean is taken. Without any connection the scatter is 0.
  ///
  /// - Parameters:
  ///   - inputs: Windows of the first layer; without them the smallest with a whole ideal.
  ///   - outputs: The same for the last layer.
  /// - Returns: The scatter in both directions.
  /// - Throws: `SparseError.Code.shapeMismatch` when windows are laid over more neurons than there
  ///   are.
  /// - Complexity: For one junction O(*neurons* + *edges*) times the windows that a neuron is in;
  ///   otherwise that of multiplying the adjacency matrices.
  public func scatter(
    inputs: ScatterWindows? = nil, outputs: ScatterWindows? = nil
  ) throws -> Scatter {
    Scatter(
      forward: try forwardScatter(inputs), backward: try reversed().forwardScatter(outputs))
  }

  private func forwardScatter(_ given: ScatterWindows?) throws -> Double {
    let degree = patterns.reduce(1) { $0 * Double($1.edgeCount) / Double($1.outputs) }
    let windows = given ?? .smallest(neurons: inputs, degree: degree)
    guard windows.neurons <= inputs else {
      throw SparseError(
        .shapeMismatch,
        "Windows are laid over \(windows.neurons) neurons, but the layer has \(inputs). Choose a "
          + "smaller image.")
    }
    guard degree > 0 else { return 0 }
    let ideal = Double(windows.size) * degree / Double(inputs)
    var total = 0.0
    var rows = PathCounts(self)
    var counts = TouchedVector(count: windows.count)
    for first in stride(from: 0, to: outputs, by: PathCounts.lanes) {
      rows.load(outputs: first..<min(first + PathCounts.lanes, outputs))
      for input in rows.counts.touched {
        windows.forEachWindow(containing: input) { counts.add(rows.counts[input], at: $0) }
      }
      for window in counts.touched {
        total += pointwiseMin(counts[window] / ideal, .init(repeating: 1)).sum()
      }
      counts.clear()
    }
    return total / Double(windows.count) / Double(outputs)
  }
}

/// Rows of the product of a chain's adjacency matrices, a few at a time.
///
/// Element *j* of row *i* is the number of paths from input *j* to output *i*. Rows are carried from
/// the outputs to the inputs as sparse vectors (F. G. Gustavson: *Two Fast Algorithms for Sparse
/// Matrices*, ACM TOMS 4(3), 1978), one row in each lane.
private struct PathCounts {
  static let lanes = TouchedVector.Element.scalarCount

  /// The paths from each input.
  private(set) var counts: TouchedVector
  private var previous: TouchedVector
  private let patterns: [Pattern]

  init(_ chain: PatternChain) {
    patterns = chain.patterns.reversed()
    let neurons = (patterns.map(\.inputs) + [chain.outputs]).max() ?? 0
    counts = TouchedVector(count: neurons)
    previous = counts
  }

  /// Computes the rows of some outputs, the first in lane 0.
  mutating func load(outputs: Range<Int>) {
    counts.clear()
    for (lane, output) in outputs.enumerated() {
      var unit = TouchedVector.Element.zero
      unit[lane] = 1
      counts.add(unit, at: output)
    }
    for pattern in patterns {
      swap(&counts, &previous)
      counts.clear()
      let columns = pattern.columns
      for row in previous.touched {
        let paths = previous[row]
        for edge in pattern.edges(ofRow: row) { counts.add(paths, at: Int(columns[edge])) }
      }
    }
  }
}

/// A vector of zeros that remembers where it is none.
private struct TouchedVector {
  typealias Element = SIMD8<Double>

  private var elements: [Element]
  private var isTouched: [Bool]

  /// Where something was added, in the order in which that happened.
  private(set) var touched: [Int] = []

  init(count: Int) {
    elements = Array(repeating: .zero, count: count)
    isTouched = Array(repeating: false, count: count)
  }

  subscript(index: Int) -> Element { elements[index] }

  mutating func add(_ value: Element, at index: Int) {
    if !isTouched[index] {
      isTouched[index] = true
      touched.append(index)
    }
    elements[index] += value
  }

  mutating func clear() {
    for index in touched {
      elements[index] = .zero
      isTouched[index] = false
    }
    touched.removeAll(keepingCapacity: true)
  }
}
