extension PatternFamily {
  /// A uniformly random bipartite graph with a given number of edges.
  public static var erdosRenyi: Self { Self(ErdosRenyiRule()) }
}

/// The Erdős–Rényi graph G(n, M): all sets of M edges are equally likely.
///
/// The masks of sparse evolutionary training (Decebal C. Mocanu et al.: *Scalable training of
/// artificial neural networks with adaptive sparse connectivity inspired by network science*, Nature
/// Communications 9, 2018, doi:10.1038/s41467-018-04316-3) and of RigL (Utku Evci et al.: *Rigging the
/// Lottery*, ICML 2020, arXiv:1911.11134), except that the number of edges is exactly the one asked
/// for, as in RigL, and not what independent draws come to. It is the nearest whole number, whereas
/// `random` rounds up as published; with equal edges both are one pattern. The densities that go with
/// such masks are a policy for the whole network, `erk`.
struct ErdosRenyiRule: PatternRule {
  static let name = "erdos-renyi"

  init() {}

  init(argument: Substring?) throws {
    try Self.refuse(argument)
  }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) -> PatternRows {
    RandomRule().makeRows(edges: edges, in: shape, using: &random)
  }
}
