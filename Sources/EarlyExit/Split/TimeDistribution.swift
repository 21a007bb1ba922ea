/// A time that chance decides, as finitely many values with their probabilities.
public struct TimeDistribution: Hashable, Sendable {
  /// A value and how probable it is.
  public struct Point: Hashable, Sendable {
    /// The time in seconds.
    public var seconds: Double
    /// Its probability.
    public var probability: Double

    /// Puts both together.
    ///
    /// - Parameters:
    ///   - seconds: The time in seconds.
    ///   - probability: Its probability.
    public init(seconds: Double, probability: Double) {
      self.seconds = seconds
      self.probability = probability
    }
  }

  /// The values in increasing order; their probabilities add up to 1.
  public let points: [Point]

  /// Sorts values, and scales their probabilities so that they add up to 1.
  ///
  /// - Parameter points: Values in any order, at least one of them with a probability above 0.
  public init(_ points: [Point]) {
    let possible = points.filter { $0.probability > 0 }
    let total = possible.reduce(0) { $0 + $1.probability }
    precondition(total > 0, "nothing of \(points.count) values is possible")
    self.points = possible.sorted { $0.seconds < $1.seconds }.map {
      Point(seconds: $0.seconds, probability: $0.probability / total)
    }
  }

  /// A time without chance.
  ///
  /// - Parameter seconds: The time.
  public init(always seconds: Double) {
    points = [Point(seconds: seconds, probability: 1)]
  }

  /// One of several times, by lot.
  ///
  /// - Parameter parts: Each one's share, and the time itself.
  public init(mixing parts: [(share: Double, time: TimeDistribution)]) {
    self.init(
      parts.flatMap { part in
        part.time.points.map {
          Point(seconds: $0.seconds, probability: part.share * $0.probability)
        }
      })
  }

  /// The expected value in seconds.
  public var mean: Double { points.reduce(0) { $0 + $1.seconds * $1.probability } }

  /// The least value that a share of all times does not exceed.
  ///
  /// - Parameter share: From 0 to 1, such as 0.99.
  /// - Returns: The value in seconds.
  public func quantile(_ share: Double) -> Double {
    var sum = 0.0
    for point in points {
      sum += point.probability
      // Sums of shares such as 0.9 + 0.09 miss 0.99 by a rounding error.
      if sum >= share - 1e-12 { return point.seconds }
    }
    return points[points.count - 1].seconds
  }

  /// One time after the other, where chance decides them independently.
  public static func + (first: Self, second: Self) -> Self {
    Self(
      first.points.flatMap { one in
        second.points.map {
          Point(
            seconds: one.seconds + $0.seconds, probability: one.probability * $0.probability)
        }
      })
  }

  /// A time after which something of fixed length follows.
  public static func + (first: Self, seconds: Double) -> Self { first + Self(always: seconds) }
}
