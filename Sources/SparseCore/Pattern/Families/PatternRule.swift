/// What a family of patterns has to know.
///
/// One conforming type per file, registered in `PatternFamily.registered`. Unless a rule says otherwise
/// it makes any number of edges, and the whole one that is nearest to a density.
protocol PatternRule: Sendable {
  /// The name before the colon.
  static var name: String { get }

  /// How the family is written in help texts: the name, and its argument where it takes one.
  static var usage: String { get }

  /// Whether the argument is itself a list with commas.
  static var takesList: Bool { get }

  /// Creates the rule from the text after the colon, `nil` when there is no colon.
  ///
  /// - Throws: `SparseError` when the argument does not fit.
  init(argument: Substring?) throws

  /// The text that makes this rule again: the name, with the argument where it takes one.
  var description: String { get }

  /// Lists the densities that can be made exactly, increasing; `nil` when any can.
  func admissibleDensities(in shape: JunctionShape) -> [Double]?

  /// Chooses the number of edges for a density in (0, 1].
  ///
  /// - Returns: The edges, and a sentence for printing when the density is not admissible.
  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?)

  /// Checks that there is a pattern with so many edges; `JunctionShape.check(edges:)` held already.
  ///
  /// - Throws: `SparseError` naming the nearest choices.
  func check(edges: Int, in shape: JunctionShape) throws

  /// Makes the connections; `check(edges:in:)` held already.
  func makeRows(
    edges: Int,
    in shape: JunctionShape,
    using random: inout RandomStream
  ) throws -> PatternRows
}

extension PatternRule {
  static var usage: String { name }

  static var takesList: Bool { false }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? { nil }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    let edges = Int((density * Double(shape.cells)).rounded())
    guard edges >= 1 else {
      return (1, "a pattern of \(shape) needs at least one edge")
    }
    return (edges, nil)
  }

  func check(edges: Int, in shape: JunctionShape) {}

  var description: String { Self.name }

  /// Refuses an argument: for families that take none.
  static func refuse(_ argument: Substring?) throws {
    guard let argument else { return }
    throw SparseError(
      .invalidArgument,
      "The pattern family '\(name)' takes no argument, but ':\(argument.prefix(80))' is given. "
        + "Write just '\(name)'."
    )
  }
}

/// The argument of a family as an error shows it.
func found(_ argument: Substring?) -> String {
  argument.map { "':\($0.prefix(80))'" } ?? "nothing"
}

/// The multiples of a step next to a number, as an error names them: `8 or 12`.
func multiples(of step: Int, around number: Int, _ word: String) -> String {
  let below = number / step * step
  return [below, below + step].filter { $0 > 0 }.map { "\($0)" }.joined(separator: " \(word) ")
}

/// Reads two sizes, written `4x8`.
func sizes(_ text: Substring) -> (Int, Int)? {
  let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
  guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else { return nil }
  return (first, second)
}

/// Compressed sparse rows that are being made.
struct PatternRows {
  var offsets: [Int] = [0]
  var columns: [UInt32] = []

  /// Makes room, so that nothing is copied while rows are added.
  init(outputs: Int, edges: Int) {
    offsets.reserveCapacity(outputs + 1)
    columns.reserveCapacity(edges)
  }

  /// Ends the current row.
  mutating func endRow() {
    offsets.append(columns.count)
  }
}
