extension Array where Element: BitwiseCopyable {
  /// The bytes of the array's elements.
  var heldBytes: Int { count * MemoryLayout<Element>.stride }
}
