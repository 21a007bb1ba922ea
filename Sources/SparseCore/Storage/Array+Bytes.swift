extension Array where Element: BitwiseCopyable {
  /// The bytes that the array holds in memory, those that it keeps for more elements included.
  package var heldBytes: Int { capacity * MemoryLayout<Element>.stride }
}
