import Foundation
import Testing

@testable import SparseCore

@Suite("RandomStream distributions") struct RandomStreamDistributionTests {
  @Test("uniform numbers lie in [0, 1), are exact multiples, and have the moments of U(0, 1)")
  func uniformMoments() {
    var random = RandomStream(seed: 1, purpose: "uniform")
    let count = 200_000
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<count {
      let value = random.uniform()
      #expect(value >= 0 && value < 1)
      sum += value
      squares += (value - 0.5) * (value - 0.5)
      let float = random.uniformFloat()
      #expect(float >= 0 && float < 1)
      #expect(float * 0x1p24 == (float * 0x1p24).rounded())
    }
    // Five standard errors: Var U = 1/12, Var (U - 1/2)^2 = 1/80 - 1/144 = 1/180.
    let n = Double(count)
    #expect(abs(sum / n - 0.5) < 5 * (1 / (12 * n)).squareRoot())
    #expect(abs(squares / n - 1 / 12.0) < 5 * (1 / (180 * n)).squareRoot())
  }

  @Test("uniform numbers come from the top bits")
  func uniformGolden() {
    var random = RandomStream(seed: 42, purpose: "weights", index: 3)
    #expect(random.uniform() == 0.006971920841425172)
    #expect(random.uniform() == 0.15560106473277768)
  }

  @Test("numbers below a bound are equally likely", arguments: [1, 2, 3, 7, 10, 64])
  func belowIsUniform(bound: Int) {
    var random = RandomStream(seed: 5, purpose: "below", index: bound)
    let expected = 4000.0
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<(4000 * bound) { counts[random.below(bound)] += 1 }
    #expect(isPlausible(counts: counts, expected: expected))
  }

  @Test("bounds that do not divide 2^64 are not biased")
  func belowIsUnbiased() {
    // Without rejection the result is ⌊3x/8⌋ for random x, whose residues mod 3 come up 3 : 3 : 2.
    let bound = 3 << 61
    var random = RandomStream(seed: 6, purpose: "below")
    var thirds = [0, 0, 0]
    for _ in 0..<30_000 { thirds[random.below(bound) % 3] += 1 }
    #expect(isPlausible(counts: thirds, expected: 10_000))
  }

  @Test("a shuffle keeps the elements and reaches every order equally often")
  func shuffleIsUniform() {
    var random = RandomStream(seed: 11, purpose: "shuffle")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 {
      var elements = [0, 1, 2, 3]
      random.shuffle(&elements)
      counts[elements, default: 0] += 1
    }
    #expect(counts.count == 24)
    #expect(counts.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
    #expect(isPlausible(counts: Array(counts.values), expected: 1000))
    var none: [Int] = []
    random.shuffle(&none)
    #expect(none.isEmpty)
  }

  @Test("the logarithm is within 2 units in the last place of the C library's")
  func logarithmAccuracy() {
    var random = RandomStream(seed: 3, purpose: "logarithm")
    var arguments: [Double] = [
      .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1, 2, 0.5,
      1.0.nextUp, 1.0.nextDown, 2.0.squareRoot(), 0.5.squareRoot(), 2.0.squareRoot().nextUp,
    ]
    for _ in 0..<20_000 {
      arguments.append(random.uniform() + 0x1p-54)
      arguments.append(Double(bitPattern: random.next() >> 2 | 1))
      arguments.append(1 + (random.uniform() - 0.5) * 0x1p-10)
    }
    for x in arguments where x.isFinite {
      let exact = log(x)
      #expect(abs(portableLogarithm(x) - exact) <= 2 * exact.ulp, "x = \(x)")
    }
    #expect(portableLogarithm(1) == 0)
  }

  @Test("normal numbers are the documented construction's")
  func normalGolden() {
    // Computed by an independent Python program; its logarithm may differ in the last bits.
    let expected = [
      -0.18418624951176277, 0.9290782031558645, -1.3217110781246788, 0.22275779417613897,
    ]
    var random = RandomStream(seed: 7, purpose: "normal")
    for value in expected {
      let drawn = random.normal()
      #expect(abs(drawn - value) <= 4 * value.ulp)
    }
  }

  @Test("normal numbers have the moments of N(0, 1) and its distribution function")
  func normalMoments() {
    var random = RandomStream(seed: 8, purpose: "normal")
    let count = 200_000
    let values = (0..<count).map { _ in random.normal() }
    let n = Double(count)
    let moment = { (power: Int) in
      values.reduce(0) { $0 + pow($1, Double(power)) } / n
    }
    // Five standard errors; E x^2k = (2k-1)!!.
    #expect(abs(moment(1)) < 5 * (1 / n).squareRoot())
    #expect(abs(moment(2) - 1) < 5 * (2 / n).squareRoot())
    #expect(abs(moment(3)) < 5 * (15 / n).squareRoot())
    #expect(abs(moment(4) - 3) < 5 * (96 / n).squareRoot())
    #expect(
      kolmogorovDistance(values) { 0.5 * erfc(-$0 / 2.0.squareRoot()) } < 2.2 / n.squareRoot()
    )
  }

  @Test("truncated normal numbers stay within two sigma and follow the truncated distribution")
  func truncatedNormal() {
    var random = RandomStream(seed: 8, purpose: "truncated")
    let count = 100_000
    let values = (0..<count).map { _ in random.truncatedNormal() }
    #expect(values.allSatisfy { abs($0) < 2 })
    let phi = { (x: Double) in 0.5 * erfc(-x / 2.0.squareRoot()) }
    let mass = phi(2) - phi(-2)
    let distance = kolmogorovDistance(values) { (phi($0) - phi(-2)) / mass }
    #expect(distance < 2.2 / Double(count).squareRoot())
    // Variance 1 - 2·2·density(2)/mass = 0.7737; standard error of the mean from it.
    let density = exp(-2.0) / (2 * Double.pi).squareRoot()
    let variance = 1 - 4 * density / mass
    let mean = values.reduce(0, +) / Double(count)
    #expect(abs(mean) < 5 * (variance / Double(count)).squareRoot())
    #expect(abs(variance.squareRoot() - 0.8796) < 1e-4)
    // Squares are at most 4, so the variance of a square is at most 4·variance - variance².
    let squares = values.reduce(0) { $0 + $1 * $1 } / Double(count)
    let error = ((4 * variance - variance * variance) / Double(count)).squareRoot()
    #expect(abs(squares - variance) < 5 * error)
  }

  /// The largest distance between the sample's and the given distribution function.
  ///
  /// Above 2.2/√n with a probability below 1.3e-4 for a correct sampler (2·exp(-2·2.2²)).
  private func kolmogorovDistance(_ values: [Double], _ cumulative: (Double) -> Double) -> Double {
    let n = Double(values.count)
    return values.sorted().enumerated().reduce(0) { worst, item in
      let probability = cumulative(item.element)
      return max(
        worst,
        probability - Double(item.offset) / n,
        Double(item.offset + 1) / n - probability
      )
    }
  }
}

/// Tells whether counts that should be equal pass a chi-square test.
///
/// The bound is mean plus five standard deviations of chi-square (k-1 degrees of freedom, variance
/// 2(k-1)) plus five for few degrees; a correct sampler fails with a probability below 1e-4.
func isPlausible(counts: [Int], expected: Double) -> Bool {
  let freedom = Double(counts.count - 1)
  let statistic = counts.reduce(0) {
    $0 + (Double($1) - expected) * (Double($1) - expected) / expected
  }
  return statistic <= freedom + 5 * (2 * freedom).squareRoot() + 5 + 1e-9
}
