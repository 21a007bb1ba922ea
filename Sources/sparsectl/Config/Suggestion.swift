/// The name that was probably meant, where somebody wrote one that there is not.
enum Suggestion {
  /// Longer words are no misspelt names.
  private static let maximumLength = 64

  /// A sentence to put behind a message, with a space in front; empty where no name is near.
  static func sentence(for word: String, among names: [String]) -> String {
    nearest(to: word, among: names).map { " Did you mean '\($0)'?" } ?? ""
  }

  /// The name nearest to a word, if any is near.
  ///
  /// Near is a name that becomes the word by changing a third of its letters at most, or the only name
  /// that begins with the word. Capitals do not count.
  ///
  /// - Parameters:
  ///   - word: What was written.
  ///   - names: What could have been written.
  /// - Returns: The nearest name, the first of several; nil for none, and for a word that is a name.
  static func nearest(to word: String, among names: [String]) -> String? {
    guard (2...maximumLength).contains(word.utf8.count), !names.contains(word) else { return nil }
    let letters = Array(word.lowercased())
    let near =
      names
      .map { (name: $0, changes: changes(from: letters, to: Array($0.lowercased()))) }
      .filter { $0.changes <= max(min($0.name.count, letters.count) / 3, 1) }
      .min { $0.changes < $1.changes }
    if let near { return near.name }
    let begun = names.filter { letters.count > 2 && $0.lowercased().starts(with: letters) }
    return begun.count == 1 ? begun[0] : nil
  }

  /// The least number of letters to put in, take out, replace or swap with their neighbour.
  ///
  /// The optimal string alignment distance: the recurrence of R. A. Wagner, M. J. Fischer, *The
  /// String-to-String Correction Problem*, Journal of the ACM 21(1), 1974, with the transposition of
  /// neighbours that F. J. Damerau, Communications of the ACM 7(3), 1964, counts as one error.
  static func changes(from a: [Character], to b: [Character]) -> Int {
    // One row for each letter of `a`: the changes from so many of its letters to those of `b`.
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, beforeLast[j - 1] + 1)
        }
        row.append(least)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
