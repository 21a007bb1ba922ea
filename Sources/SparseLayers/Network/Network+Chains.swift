public import SparseCore

extension Network {
  /// The junctions that a sample passes on its way to a branch's output.
  public struct JunctionChain: Sendable {
    /// The branch's name.
    public let branch: String

    /// The junctions' names, in the order in which they run.
    public let names: [String]

    /// Their patterns.
    public let patterns: PatternChain
  }

  /// For each branch, the junctions from the network's input to the branch's output.
  ///
  /// Layers between them change no connections: they go from each neuron to itself. A branch without
  /// any junction on its way is left out.
  ///
  /// - Throws: Nothing for a network that was checked when it was made.
  public var junctionChains: [JunctionChain] {
    get throws {
      try branches.enumerated().compactMap { number, branch in
        let way = places.filter { place in
          switch place {
          case .backbone(let index): index < branch.position
          case .branch(let other, _): other == number
          }
        }
        let junctions = way.compactMap { place in
          (self[place] as? SparseLinear).map { (name(of: place), $0.pattern) }
        }
        guard !junctions.isEmpty else { return nil }
        return JunctionChain(
          branch: branch.name, names: junctions.map(\.0),
          patterns: try PatternChain(junctions.map(\.1)))
      }
    }
  }
}
