import ArgumentParser
import SparseCore

/// Rows of a file, such as `0-9,42`.
struct RowSelection: ExpressibleByArgument, Equatable {
  let ranges: [ClosedRange<Int>]

  init?(argument: String) {
    var ranges: [ClosedRange<Int>] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        first >= 0, first <= last
      else { return nil }
      ranges.append(first...last)
    }
    self.ranges = ranges
  }

  /// The rows, in the order in which they were named.
  ///
  /// - Parameters:
  ///   - count: The rows that there are.
  ///   - place: Where they are, for errors.
  /// - Returns: Indices below `count`.
  /// - Throws: `SparseError` when a row is not there.
  func indices(of count: Int, in place: String) throws -> [Int] {
    if let range = ranges.first(where: { $0.upperBound >= count }) {
      throw SparseError(
        .invalidArgument,
        """
        \(place): '--rows' asks for row \(range.upperBound), but there are \(count), counted from \
        0. Ask for rows up to \(count - 1).
        """)
    }
    return ranges.flatMap { Array($0) }
  }
}
