/// Which implementation computes the products of a junction.
public enum Backend: String, CaseIterable, Codable, Sendable {
  /// The native kernels where they agree with the engine of record on the pattern at hand, else
  /// the engine of record.
  case auto
  /// This package's own kernels.
  case native
  /// SuiteSparse:GraphBLAS, the engine of record.
  case suiteSparse = "suitesparse"
  /// Plain Swift loops: slow, short, and the oracle that the others are tested against.
  case reference
}

extension Backend {
  /// Plans the products of one junction.
  ///
  /// - Parameters:
  ///   - pattern: The junction's connections.
  ///   - threads: The most threads one product of SuiteSparse may use by itself; others use one.
  ///   - samples: The samples of the largest batch that the plan is made for; others work too.
  ///   - isTraining: Whether gradients will be computed. Without them a plan takes less time to make
  ///     and less memory to keep: it holds no transposed copy, and `auto` tries the forward product
  ///     only.
  /// - Returns: A plan whose `backend` says what was chosen, and whose `warning` says why it is not
  ///   the one to expect.
  /// - Throws: `SparseError.Code.backend` when the library cannot be started or has no memory,
  ///   `unsupported` when `SPARSE_KERNELS` names kernels that this CPU lacks.
  public func plan(
    _ pattern: Pattern, threads: Int = 1, samples: Int = .max, isTraining: Bool = true
  ) throws -> any JunctionPlan {
    try plan(
      pattern, threads: threads, samples: samples, isTraining: isTraining,
      kernels: KernelSet.current.get())
  }

  package func plan(
    _ pattern: Pattern, threads: Int = 1, samples: Int = .max, isTraining: Bool = true,
    kernels: KernelSet
  ) throws -> any JunctionPlan {
    switch self {
    case .auto:
      try AdmittedPlan.make(
        pattern, threads: threads, samples: samples, isTraining: isTraining, kernels: kernels)
    case .native:
      NativePlan(pattern, samples: samples, isTraining: isTraining, kernels: kernels)
    case .suiteSparse:
      try SuiteSparsePlan(pattern, threads: threads, isTraining: isTraining)
    case .reference: ReferencePlan(pattern)
    }
  }

  /// How many threads may divide a batch among them: threads within a product and threads over tiles
  /// would get in each other's way.
  ///
  /// - Parameter threads: The threads that there are, which plans are told of, too.
  /// - Returns: One for the engines that divide their products themselves, or not at all.
  package func threadsOverTiles(_ threads: Int) -> Int {
    self == .suiteSparse || self == .reference ? 1 : threads
  }
}
