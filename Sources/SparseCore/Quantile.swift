extension [Double] {
  /// The value that a share of sorted numbers stays below, interpolated between two of them.
  ///
  /// - Parameter share: From 0 to 1.
  /// - Returns: The value.
  /// - Precondition: The numbers are in increasing order, and there is at least one.
  package func sortedQuantile(_ share: Double) -> Double {
    precondition(!isEmpty, "no numbers have no quantile")
    let place = share * Double(count - 1)
    let lower = Int(place)
    let upper = Swift.min(lower + 1, count - 1)
    let weight = place - Double(lower)
    // 0 of an infinite neighbour is not a number.
    guard weight > 0 else { return self[lower] }
    return self[lower] * (1 - weight) + self[upper] * weight
  }

  /// The number in the middle when they are sorted, or the mean of both that are; nil without any.
  package var median: Double? { isEmpty ? nil : sorted().sortedQuantile(0.5) }
}
