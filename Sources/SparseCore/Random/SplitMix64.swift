/// The SplitMix64 generator, used only to turn a few words into a well-mixed seed.
///
/// Guy L. Steele Jr., Doug Lea, Christine H. Flood: *Fast splittable pseudorandom number generators*,
/// OOPSLA 2014, doi:10.1145/2660193.2660195; constants of Sebastiano Vigna's public-domain code.
struct SplitMix64 {
  var state: UInt64

  /// Advances the counter and returns its mixed value: a bijection of the state.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// The 64-bit FNV-1a hash of a text's UTF-8 bytes: stable, unlike `Hasher`, which is seeded per run.
func fnv1a64(_ text: String) -> UInt64 {
  text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
}
