internal import SparseCore

/// Numbers in -1..<1, the same for the same seed.
///
/// - Parameters:
///   - count: How many.
///   - seed: Decides the numbers.
///   - purpose: Numbers for different purposes differ.
/// - Returns: The numbers.
public func randomFloats(_ count: Int, seed: UInt64, _ purpose: String = "test") -> [Float] {
  var stream = RandomStream(seed: seed, purpose: purpose)
  return (0..<count).map { _ in 2 * stream.uniformFloat() - 1 }
}

/// Whole numbers from -8 to 8: sums of their products are exact in `Float`.
///
/// - Parameters:
///   - count: How many.
///   - seed: Decides the numbers.
///   - purpose: Numbers for different purposes differ.
/// - Returns: The numbers.
public func smallIntegers(_ count: Int, seed: UInt64, _ purpose: String = "test") -> [Float] {
  var stream = RandomStream(seed: seed, purpose: purpose)
  return (0..<count).map { _ in Float(stream.below(17) - 8) }
}

/// Says where two arrays differ by more than they may, and by how much; nil where they do not.
///
/// - Parameters:
///   - actual: What was computed.
///   - expected: What it should be.
///   - bound: The largest difference allowed at each position.
///   - seed: What the numbers were made from.
/// - Returns: The first offending position, both values, the errors and the number of offenders.
public func mismatch(
  _ actual: [Float], _ expected: [Double], within bound: (Int) -> Double, seed: UInt64
) -> String? {
  guard actual.count == expected.count else {
    return "\(actual.count) numbers instead of \(expected.count) (seed \(seed))"
  }
  // Not '> bound': a NaN must not pass.
  let wrong = actual.indices.filter { !(abs(Double(actual[$0]) - expected[$0]) <= bound($0)) }
  guard let first = wrong.first else { return nil }
  let error = abs(Double(actual[first]) - expected[first])
  return """
    at \(first): \(actual[first]) instead of \(expected[first]), absolute error \(error), relative \
    \(error / abs(expected[first])), allowed \(bound(first)); \(wrong.count) of \(actual.count) \
    are wrong (seed \(seed))
    """
}

/// A sum in `Double`, and the error that any order of adding it up in `Float` stays below.
public struct BoundedSum: Sendable {
  /// The sum.
  public private(set) var value = 0.0
  private var magnitude = 0.0
  private var terms = 0

  /// Creates a sum of no terms.
  public init() {}

  /// Adds a product.
  ///
  /// - Parameters:
  ///   - a: One factor.
  ///   - b: The other.
  public mutating func add(_ a: Float, _ b: Float = 1) {
    value += Double(a) * Double(b)
    magnitude += abs(Double(a) * Double(b))
    terms += 1
  }

  /// n·u·Σ|aᵢbᵢ|, with n one larger than the terms for the rounding of the products (Higham,
  /// Accuracy and Stability of Numerical Algorithms, 3.1).
  public var bound: Double { Double(terms + 1) * Double(Float.ulpOfOne / 2) * magnitude }
}
