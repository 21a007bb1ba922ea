internal import SparseCore

/// How one density is dealt out to the junctions of a network.
public enum DensityPolicy: String, Codable, CaseIterable, Hashable, Sendable {
  /// Every hidden junction has the density, and the output junction is full.
  case uniform

  /// The Erdős–Rényi densities of fully connected layers, over the whole network.
  ///
  /// A junction of *p* inputs and *n* outputs gets a density in proportion to (p + n)/(p·n), at most 1,
  /// so that all junctions together, the output's included, keep the density's share of all weights:
  /// few connections in large junctions, many in small ones.
  ///
  /// Utku Evci, Trevor Gale, Jacob Menick, Pablo Samuel Castro, Erich Elsen: *Rigging the Lottery:
  /// Making All Tickets Winners*, ICML 2020, arXiv:1911.11134 (ERK, for layers without kernels), after
  /// Decebal C. Mocanu et al., Nature Communications 9, 2018, doi:10.1038/s41467-018-04316-3.
  case erk

  /// As many weights as `uniform`, but more of them in later junctions.
  ///
  /// The output junction is full. The hidden junctions *k* = 1, 2, … get densities in proportion to *k*,
  /// at most 1, and together keep the density's share of their weights. That later junctions want to
  /// be denser was found by Sourya Dey, Kuan-Wen Huang, Peter A. Beerel, Keith M. Chugg:
  /// *Pre-Defined Sparse Neural Networks with Hardware Acceleration*, IEEE JETCAS 9(2), 2019,
  /// arXiv:1812.01164; the proportion is ours.
  case laterDenser = "later-denser"

  /// Deals a density out.
  ///
  /// - Parameters:
  ///   - density: The kept fraction, above 0 and at most 1: of the hidden junctions' weights, and with
  ///     `erk` of all weights. A single junction gets just that.
  ///   - layerSizes: Input, hidden and output sizes, each 1 or more; at least two.
  /// - Returns: A density for each junction, from which the pattern families may still have to move.
  /// - Throws: `SparseError.Code.invalidArgument` for a density out of range.
  public func densities(_ density: Double, layerSizes: [Int]) throws -> [Double] {
    guard density > 0, density <= 1 else {
      throw SparseError(
        .invalidArgument,
        "A density is \(density), but must be above 0 and at most 1: it is the fraction of "
          + "connections to keep.")
    }
    let junctions = zip(layerSizes, layerSizes.dropFirst()).map { (Double($0), Double($1)) }
    guard junctions.count > 1 else { return [density] }
    let cells = junctions.map { $0 * $1 }
    let hiddenCells = Array(cells.dropLast())
    switch self {
    case .uniform:
      return hiddenCells.map { _ in density } + [1]
    case .erk:
      return Self.densities(
        inProportionTo: junctions.map { ($0 + $1) / ($0 * $1) }, cells: cells, keeping: density)
    case .laterDenser:
      return Self.densities(
        inProportionTo: hiddenCells.indices.map { Double($0 + 1) }, cells: hiddenCells,
        keeping: density) + [1]
    }
  }

  /// Densities in proportion to `weights`, but at most 1, that together keep a share of the cells.
  ///
  /// What a junction cannot take is dealt out to the others, in the same proportion.
  private static func densities(
    inProportionTo weights: [Double], cells: [Double], keeping share: Double
  ) -> [Double] {
    var densities = [Double](repeating: 1, count: cells.count)
    var budget = share * cells.reduce(0, +)
    var open = Array(cells.indices)
    while !open.isEmpty {
      let scale = budget / open.reduce(0) { $0 + weights[$1] * cells[$1] }
      // Not exactly 1: rounding errors must not keep a junction that is full from being called so.
      let full = open.filter { scale * weights[$0] > 1 - 1e-12 }
      guard !full.isEmpty else {
        for junction in open { densities[junction] = scale * weights[junction] }
        break
      }
      budget -= full.reduce(0) { $0 + cells[$1] }
      open.removeAll { full.contains($0) }
    }
    return densities
  }
}
