/// Deals a number out as evenly as whole numbers allow, the larger parts spread over the whole.
///
/// - Parameters:
///   - index: Which part, in `0..<count`.
///   - total: What is dealt out; below 2^31.
///   - count: The number of parts; at most 2^24.
/// - Returns: The size of the part.
func evenPart(_ index: Int, of total: Int, among count: Int) -> Int {
  total * (index + 1) / count - total * index / count
}

/// Places things at equal distances from one end of a room to the other.
///
/// - Parameters:
///   - index: Which thing, in `0..<count`.
///   - count: The number of things; at most 2^24.
///   - room: The last place, counted from 0; at most 2^24.
/// - Returns: The place, rounded to a whole number: 0 for the first, `room` for the last, and the middle
///   for a single one.
func evenPlace(_ index: Int, of count: Int, over room: Int) -> Int {
  guard count > 1 else { return room / 2 }
  return (2 * index * room + count - 1) / (2 * (count - 1))
}
