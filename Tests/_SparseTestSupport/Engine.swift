public import SparseCore

/// An engine under test: how it plans a pattern, and how wide it cuts batches.
///
/// Every engine that has a name on the command line is tested as it is, and once more in narrow
/// tiles, the last of them padded: a new backend takes part as soon as it is a case of `Backend`.
public struct Engine: Sendable, CustomStringConvertible {
  /// The implementation.
  public var backend: Backend
  /// The lanes of a tile; the engine's own choice when nil.
  public var tileWidth: Int?
  /// The instruction set of the native kernels; the best one when nil.
  public var kernels: String?

  /// Creates an engine.
  ///
  /// - Parameters:
  ///   - backend: The implementation.
  ///   - tileWidth: The lanes of a tile; the engine's own choice when nil.
  ///   - kernels: The instruction set of the native kernels; the best one when nil.
  public init(_ backend: Backend, tileWidth: Int? = nil, kernels: String? = nil) {
    self.backend = backend
    self.tileWidth = tileWidth
    self.kernels = kernels
  }

  /// The engines that are compared with the oracle.
  public static let underTest: [Engine] =
    [Backend.reference, .suiteSparse]
    .flatMap { backend in [nil, 1, 3, 16].map { Engine(backend, tileWidth: $0) } }
    + kernelSets.flatMap { kernels in
      [nil, 1, 3, 8, 33, 136].map { Engine(.native, tileWidth: $0, kernels: kernels) }
    }

  /// The instruction sets that this CPU can run, the source of the widest on narrower registers too.
  public static let kernelSets = ["avx512", "avx2", "avx2x16", "neon", "plain"]
    .filter { KernelSet.named($0) != nil }

  /// The batch sizes around which kernels change: none, one, a few, and both sides of a vector width.
  public static let batchSizes = [0, 1, 7, 64, 65]

  /// Plans the products of a pattern.
  ///
  /// - Parameters:
  ///   - pattern: The connections.
  ///   - threads: The most threads of one product.
  ///   - samples: The samples of the largest batch that the plan is made for.
  /// - Returns: The plan.
  /// - Throws: What the backend throws.
  public func plan(
    _ pattern: Pattern, threads: Int = 1, samples: Int = .max
  ) throws -> any JunctionPlan {
    let kernels = try kernels.flatMap { KernelSet.named($0) } ?? KernelSet.current.get()
    let plan = try backend.plan(
      pattern, threads: threads, samples: samples, kernels: kernels)
    return tileWidth.map { FixedWidthPlan(plan, tileWidth: $0) } ?? plan
  }

  /// The name of a failed case.
  public var description: String {
    "\(backend.rawValue)\(kernels.map { " \($0)" } ?? "")"
      + (tileWidth.map { " in tiles of \($0)" } ?? "")
  }
}

/// Another plan, told to cut batches into tiles of a given width.
private final class FixedWidthPlan: JunctionPlan {
  private let plan: any JunctionPlan
  private let width: Int

  init(_ plan: any JunctionPlan, tileWidth: Int) {
    self.plan = plan
    width = tileWidth
  }

  var pattern: Pattern { plan.pattern }
  var backend: Backend { plan.backend }
  var layout: ValueLayout { plan.layout }
  var weightGradientParts: [Range<Int>] { plan.weightGradientParts }
  func tileWidth(samples: Int) -> Int? { width }

  func forward(
    _ weights: JunctionWeights, bias: FloatBuffer, slope: Float?, input: Tile, output: Tile
  ) throws {
    try plan.forward(weights, bias: bias, slope: slope, input: input, output: output)
  }

  func inputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile, accumulating: Bool
  ) throws {
    try plan.inputGradient(
      weights, outputGradient: outputGradient, inputGradient: inputGradient,
      accumulating: accumulating)
  }

  func weightGradient(
    part: Int, outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws {
    try plan.weightGradient(
      part: part, outputGradient: outputGradient, input: input, shape: shape, gradient: gradient)
  }
}
