// MARK: - Uniform numbers

extension RandomStream {
  /// Returns a number drawn uniformly from the multiples of 2^-53 in [0, 1).
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns a number drawn uniformly from the multiples of 2^-24 in [0, 1).
  public mutating func uniformFloat() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// Returns a whole number drawn uniformly from `0..<bound`, without bias.
  ///
  /// Daniel Lemire: *Fast random integer generation in an interval*, ACM TOMACS 29(1), 2019,
  /// doi:10.1145/3230636.
  ///
  /// - Parameter bound: The number of possible results.
  /// - Returns: One of `0..<bound`, each with the same probability.
  /// - Precondition: `bound` is positive.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "'bound' must be positive, but is \(bound)")
    let range = UInt64(bound)
    var product = range.multipliedFullWidth(by: next())
    if product.low < range {
      // The 2^64 mod range smallest low words belong to results that would come up once too often.
      let threshold = (0 &- range) % range
      while product.low < threshold {
        product = range.multipliedFullWidth(by: next())
      }
    }
    return Int(product.high)
  }

  /// Brings an array into a random order, each order with the same probability (Fisher–Yates).
  ///
  /// - Parameter elements: The array to reorder in place.
  /// - Complexity: O(*count*), one draw per element.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    shuffle(&elements, in: elements.indices)
  }

  /// Brings a part of an array into a random order; `shuffle(_:)` of that part alone.
  mutating func shuffle<Element>(_ elements: inout [Element], in range: Range<Int>) {
    for last in stride(from: range.count - 1, to: 0, by: -1) {
      elements.swapAt(range.lowerBound + last, range.lowerBound + below(last + 1))
    }
  }
}

// MARK: - Normal numbers

extension RandomStream {
  /// Returns a number drawn from the normal distribution with mean 0 and standard deviation 1.
  ///
  /// Marsaglia's polar method with only exactly rounded operations, so that every platform gets the
  /// same bits. The second number that the method yields is dropped: the state of the stream is
  /// then its 256 bits and nothing else.
  public mutating func normal() -> Double {
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      // x and y are multiples of 2^-52, hence square is 0 or at least 2^-104.
      if square < 1, square > 0 {
        return x * (-2 * portableLogarithm(square) / square).squareRoot()
      }
    }
  }

  /// Returns a number drawn from the standard normal distribution cut off beyond two sigma.
  ///
  /// Numbers of magnitude 2 or more are drawn again, as Keras' `TruncatedNormal` does; the standard
  /// deviation of the result is therefore not 1 but about 0.8796.
  public mutating func truncatedNormal() -> Double {
    while true {
      let candidate = normal()
      if candidate.magnitude < 2 { return candidate }
    }
  }
}

/// Returns the natural logarithm, the same bits on every platform.
///
/// x = 2^e · m with m in [√½, √2); ln m = 2·artanh(s) = 2·(s + s³/3 + s⁵/5 + …), s = (m−1)/(m+1),
/// where |s| < 0.1716. The first term dropped is below 2^-59 of the sum. Only IEEE 754 basic
/// operations in a fixed order, which Swift neither reassociates nor fuses: the result depends on
/// nothing else. Within 2 units in the last place of the exact value, like most C libraries'.
///
/// - Parameter x: A positive finite number.
/// - Returns: ln x.
func portableLogarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite, "'x' must be positive and finite, but is \(x)")
  var exponent = Double(x.exponent)
  var mantissa = x.significand
  if mantissa > 1.414_213_562_373_095_1 {
    mantissa /= 2
    exponent += 1
  }
  let s = (mantissa - 1) / (mantissa + 1)
  let square = s * s
  var series = 0.0
  for divisor in stride(from: 21.0, through: 3, by: -2) {
    series = (series + 1 / divisor) * square
  }
  // ln 2 in two parts: the first has 32 bits, so that its product with any exponent is exact.
  let high = 0x1.62e42feep-1
  let low = 0x1.a39ef35793c76p-33
  return exponent * high + (exponent * low + (2 * s * series + 2 * s))
}
