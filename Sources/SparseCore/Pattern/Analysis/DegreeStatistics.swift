/// How the degrees of a layer's neurons are distributed.
///
///     let statistics = pattern.inDegreeStatistics
///     statistics.minimum   // 160
///     statistics.histogram // [(degree: 160, neurons: 100)]
public struct DegreeStatistics: Hashable, Sendable {
  /// How many neurons have one degree.
  public struct Entry: Hashable, Sendable {
    /// The degree: connections of a neuron.
    public let degree: Int

    /// The neurons that have it, at least 1.
    public let neurons: Int
  }

  /// How many neurons have a degree in a range.
  public struct Bin: Hashable, Sendable {
    /// The degrees.
    public let degrees: ClosedRange<Int>

    /// The neurons that have one of them, perhaps none.
    public let neurons: Int
  }

  /// The degrees that occur, increasing.
  public let histogram: [Entry]

  /// The mean degree.
  public let mean: Double

  /// The smallest degree.
  public var minimum: Int { histogram.first?.degree ?? 0 }

  /// The largest degree.
  public var maximum: Int { histogram.last?.degree ?? 0 }

  /// The neurons without any connection.
  public var dead: Int { minimum == 0 ? histogram.first?.neurons ?? 0 : 0 }

  /// Counts degrees.
  ///
  /// - Parameter degrees: The degree of each neuron, none negative. Without any, all is 0.
  /// - Complexity: O(*degrees*), and sorting those that differ.
  public init(_ degrees: [Int]) {
    var neurons: [Int: Int] = [:]
    for degree in degrees { neurons[degree, default: 0] += 1 }
    histogram = neurons.sorted { $0.key < $1.key }.map { Entry(degree: $0.key, neurons: $0.value) }
    mean = degrees.isEmpty ? 0 : Double(degrees.reduce(0, +)) / Double(degrees.count)
  }

  /// Gathers the histogram into ranges of equal width that cover all degrees without a gap.
  ///
  /// - Parameter count: The most bins, at least 1.
  /// - Returns: At most `count` bins, increasing; one degree each where that is enough. The last may
  ///   reach beyond the largest degree.
  public func bins(atMost count: Int) -> [Bin] {
    precondition(count >= 1, "\(count) bins hold nothing")
    guard !histogram.isEmpty else { return [] }
    let span = maximum - minimum + 1
    let width = (span + count - 1) / count
    var neurons = [Int](repeating: 0, count: (span + width - 1) / width)
    for entry in histogram { neurons[(entry.degree - minimum) / width] += entry.neurons }
    return neurons.enumerated().map { index, neurons in
      let first = minimum + index * width
      return Bin(degrees: first...first + width - 1, neurons: neurons)
    }
  }
}

extension Pattern {
  /// How the in-degrees of the right neurons are distributed.
  ///
  /// - Complexity: O(*outputs*).
  public var inDegreeStatistics: DegreeStatistics { DegreeStatistics(inDegrees) }

  /// How the out-degrees of the left neurons are distributed.
  ///
  /// - Complexity: O(*inputs* + *edges*).
  public var outDegreeStatistics: DegreeStatistics { DegreeStatistics(outDegrees) }
}
