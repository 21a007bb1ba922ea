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
  /// Where in-degrees differ, their mean is taken. Without any connection the scatter is 0. Numbers of
  /// paths are exact up to 2²⁴, and rounded to single precision beyond.
  ///
  /// - Parameters:
  ///   - inputs: Windows of the first layer; without them the smallest with a whole ideal.
  ///   - outputs: The same for the last layer.
  /// - Returns: The scatter in both directions.
  /// - Throws: `SparseError.Code.shapeMismatch` when windows are laid over more neurons than there
  ///   are; for several junctions, what the engine that multiplies throws.
  /// - Complexity: For one junction O(*windows* · *outputs* + *edges*), where the smallest windows are
  ///   not more than a neuron has connections; each further one is a product of its pattern with the
  ///   paths from all windows.
  public func scatter(
    inputs: ScatterWindows? = nil, outputs: ScatterWindows? = nil
  ) throws -> Scatter {
    Scatter(
      forward: try forwardScatter(inputs), backward: try reversed().forwardScatter(outputs))
  }

  private func forwardScatter(_ given: ScatterWindows?) throws -> Double {
    let degree = patterns.reduce(1) { $0 * $1.meanInDegree }
    let windows = given ?? .smallest(neurons: inputs, degree: degree)
    guard windows.neurons <= inputs else {
      throw SparseError(
        .shapeMismatch,
        "Windows are laid over \(windows.neurons) neurons, but the layer has \(inputs). Choose a "
          + "smaller image.")
    }
    guard degree > 0 else { return 0 }
    let paths = try WindowPaths(self, windows)
    let ideal = Double(windows.size) * degree / Double(inputs)
    let share = 1 / (ideal * paths.unit)
    var total = 0.0
    for first in stride(from: 0, to: windows.count, by: paths.windowsAtOnce) {
      let last = min(first + paths.windowsAtOnce, windows.count)
      for count in try paths.counts(from: first..<last) {
        total += min(1, Double(count) * share)
      }
    }
    return total / Double(windows.count) / Double(outputs)
  }
}

extension Pattern {
  /// The mean number of connections of a right neuron.
  fileprivate var meanInDegree: Double { Double(edgeCount) / Double(outputs) }
}

/// How many paths lead from windows of a chain's first layer to its outputs.
private struct WindowPaths {
  /// How many windows to ask for at once, so that their counts take some 64 MiB.
  let windowsAtOnce: Int

  /// What one path counts: a power of two, so that the counts of long chains stay finite and exact.
  let unit: Double

  private let first: Pattern
  private let windows: ScatterWindows
  private let later: [SparseMatrix]

  /// Prepares to count.
  ///
  /// - Throws: Nothing for values that are finite.
  init(_ chain: PatternChain, _ windows: ScatterWindows) throws {
    first = chain.patterns[0]
    self.windows = windows
    var unit = 1.0
    later = try chain.patterns.dropFirst().map { pattern in
      let weight = Double(sign: .plus, exponent: -pattern.meanInDegree.exponent, significand: 1)
      unit *= weight
      return try SparseMatrix(
        pattern: pattern, values: Array(repeating: Float(weight), count: pattern.edgeCount))
    }
    self.unit = unit
    let widest = chain.patterns.map(\.outputs).max() ?? 1
    windowsAtOnce = max((1 << 24) / widest, 1)
  }

  /// Counts the paths from some windows.
  ///
  /// - Returns: `[range.count × outputs]`, row-major.
  func counts(from range: Range<Int>) throws -> [Float] {
    let neurons = first.outputs
    var counts = [Float](repeating: 0, count: range.count * neurons)
    let columns = first.columns
    for row in 0..<neurons {
      for edge in first.edges(ofRow: row) {
        windows.forEachWindow(containing: Int(columns[edge])) { window in
          if range.contains(window) { counts[(window - range.lowerBound) * neurons + row] += 1 }
        }
      }
    }
    for matrix in later { counts = try matrix.multiplied(by: counts, samples: range.count) }
    return counts
  }
}
