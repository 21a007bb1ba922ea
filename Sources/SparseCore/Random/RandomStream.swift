/// A seeded stream of random numbers that is the same on every platform and Swift version.
///
/// A run has one seed, and each use of randomness has a stream of its own, named by a purpose and
/// an index: adding a layer, or drawing more numbers for one use, does not change the others.
///
///     var random = RandomStream(seed: 42, purpose: "weights", index: 3)
///     let weight = 0.05 * random.truncatedNormal()
///
/// The generator is xoshiro256** (David Blackman, Sebastiano Vigna: *Scrambled linear pseudorandom
/// number generators*, ACM TOMS 47(4), 2021, doi:10.1145/3460772). Floating-point numbers are
/// derived from its bits by exact operations here, not by the standard library's `random(in:using:)`
/// or the C library's logarithm, because either may change between versions. Not for cryptography.
///
/// A stream is a value: a copy continues with the same numbers, and the state can be saved.
public struct RandomStream: RandomNumberGenerator, Sendable, Hashable {
  /// The 256 bits of state, never all zero.
  var state: (UInt64, UInt64, UInt64, UInt64)

  /// Creates the stream of one use of randomness.
  ///
  /// For a fixed purpose and index, different seeds always give different streams, and so do
  /// different indices for a fixed seed and purpose: each step of the mixing is a bijection.
  ///
  /// - Parameters:
  ///   - seed: The seed of the whole run.
  ///   - purpose: What the numbers are for, such as `"pattern"` or `"dropout"`.
  ///   - index: Which of several equal uses this is, such as the number of the junction.
  public init(seed: UInt64, purpose: String, index: Int = 0) {
    var mixer = SplitMix64(state: seed)
    mixer = SplitMix64(state: mixer.next() ^ fnv1a64(purpose))
    mixer = SplitMix64(state: mixer.next() ^ UInt64(bitPattern: Int64(index)))
    // Four consecutive SplitMix64 outputs are distinct, so at most one of them is zero.
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// Creates a stream from a raw state.
  ///
  /// - Precondition: The state is not all zero.
  init(state: (UInt64, UInt64, UInt64, UInt64)) {
    precondition(state != (0, 0, 0, 0), "xoshiro256** never leaves the all-zero state")
    self.state = state
  }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    let result = rotated(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, by: 45)
    return result
  }

  private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
    (word &<< bits) | (word &>> (64 &- bits))
  }

  /// Tells whether two streams will give the same numbers from here on.
  public static func == (left: Self, right: Self) -> Bool {
    left.state == right.state
  }

  /// Feeds the state to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(state.0)
    hasher.combine(state.1)
    hasher.combine(state.2)
    hasher.combine(state.3)
  }
}
