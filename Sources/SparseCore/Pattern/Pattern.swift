internal import Synchronization

/// The connections of one junction, chosen before training and never changed.
///
/// A pattern is a Boolean matrix of shape `[outputs, inputs]` in compressed sparse rows: row *r*
/// lists the left neurons (inputs) that right neuron (output) *r* is connected to. An *edge* is one
/// connection; its position in `columns` is the position of its weight in every value array.
///
///     let (recipe, rounding) = try PatternRecipe.nearest(
///       family: .structured, inputs: 800, outputs: 100, density: 0.2, seed: 0, junction: 0)
///     let pattern = try recipe.makePattern()
///     pattern.edgeCount          // 16000
///     pattern.constantInDegree   // 160
///
/// Checked once, when it is made; afterwards every part of the engine relies on it. A pattern is a
/// value that shares its storage: copying is cheap and it can be used from any task.
public struct Pattern: Sendable {
  /// The most neurons a layer can have.
  public static let maximumNeurons = 1 << 24

  /// The most edges a pattern can have: positions then fit 32-bit signed numbers everywhere.
  public static let maximumEdges = Int(Int32.max)

  let storage: Storage

  /// How the pattern was made, or `nil` for one given by the user.
  public let recipe: PatternRecipe?

  /// Creates a pattern from compressed sparse rows.
  ///
  /// - Parameters:
  ///   - inputs: Number of left neurons, at least 1.
  ///   - outputs: Number of right neurons, at least 1.
  ///   - rowOffsets: Where each row starts in `columns`, and its end; `outputs + 1` numbers.
  ///   - columns: The input of each edge, strictly increasing within each row. Rows may be empty.
  /// - Throws: `SparseError` naming the row, position and value that break a rule.
  /// - Complexity: O(*outputs* + *edges*).
  public init(inputs: Int, outputs: Int, rowOffsets: [Int], columns: [UInt32]) throws {
    try self.init(
      inputs: inputs,
      outputs: outputs,
      rowOffsets: rowOffsets,
      columns: columns,
      recipe: nil
    )
  }

  /// Creates a pattern that remembers its recipe, with the same checks.
  package init(
    inputs: Int,
    outputs: Int,
    rowOffsets: [Int],
    columns: [UInt32],
    recipe: PatternRecipe?
  ) throws {
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    try Self.validate(shape, rowOffsets: rowOffsets, columns: columns)
    storage = Storage(shape: shape, rowOffsets: rowOffsets, columns: columns)
    self.recipe = recipe
  }

  /// What copies of a pattern share: constants, and two results that are made when first wanted.
  final class Storage: Sendable {
    let shape: JunctionShape
    let rowOffsets: [Int]
    let columns: [UInt32]
    let transpose = Mutex<Transpose?>(nil)
    let sha256 = Mutex<String?>(nil)

    init(shape: JunctionShape, rowOffsets: [Int], columns: [UInt32]) {
      self.shape = shape
      self.rowOffsets = rowOffsets
      self.columns = columns
    }
  }
}

// MARK: - Sizes and connections

extension Pattern {
  /// The number of right neurons: rows.
  public var outputs: Int { storage.shape.outputs }

  /// The number of left neurons: columns.
  public var inputs: Int { storage.shape.inputs }

  /// The number of connections, and so of weights.
  public var edgeCount: Int { storage.columns.count }

  /// The kept fraction: edges over `inputs * outputs`.
  public var density: Double { Double(edgeCount) / Double(storage.shape.cells) }

  /// Where each row starts in `columns`, and where the last one ends; `outputs + 1` numbers.
  public var rowOffsets: [Int] { storage.rowOffsets }

  /// The input of each edge, row after row, strictly increasing within a row.
  public var columns: [UInt32] { storage.columns }
}

// MARK: - Hashable

extension Pattern: Hashable {
  /// Tells whether two patterns have the same sizes and connections, however they were made.
  public static func == (left: Self, right: Self) -> Bool {
    left.storage === right.storage
      || (left.storage.shape == right.storage.shape
        && left.storage.rowOffsets == right.storage.rowOffsets
        && left.storage.columns == right.storage.columns)
  }

  /// Feeds the sizes and a few connections to a hasher.
  ///
  /// Only a few: different patterns of the same sizes differ in nearly every row.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(storage.shape)
    hasher.combine(edgeCount)
    hasher.combine(columns.prefix(32))
    hasher.combine(columns.suffix(32))
  }
}

// MARK: - Description

extension Pattern: CustomStringConvertible {
  /// One line with sizes, edges and density.
  public var description: String {
    let origin = recipe.map { "\($0.family)" } ?? "own"
    return "\(origin) pattern of \(storage.shape) with \(edgeCount) edges, density \(density)"
  }
}
