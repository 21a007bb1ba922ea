internal import CSparseKernels

/// The products by this package's own C kernels, on tiles that stay in registers and caches.
///
/// - Forward: a row of the output tile (or a group of four) stays in registers while its inputs
///   pass; the bias is where the sums begin.
/// - Input gradient: the forward kernel on the transposed pattern, whose values the optimiser keeps
///   up to date; or, where most outputs are in groups that share their inputs, a scatter with four
///   rows of dY in registers, which needs no transposed copy.
/// - Weight gradient: dot products with dY in registers, reduced four at a time.
///
/// A plan is immutable and may be used by several threads at once.
public final class NativePlan: JunctionPlan {
  /// The connections.
  public let pattern: Pattern
  /// The order of the values in memory.
  public let layout: ValueLayout
  /// The parts in which the weight gradient can be computed concurrently.
  public let weightGradientParts: [Range<Int>]
  /// The engine that executes the products.
  public var backend: Backend { .native }

  /// The kernels that execute the products.
  public let kernels: KernelSet

  private let forwardLayout: BlockLayout
  /// The transposed pattern's blocks; nil where the input gradient is a scatter.
  private let transposedLayout: BlockLayout?
  private let parts: [Range<Int>]
  private let noBias: FloatBuffer

  /// The number of parts of a weight gradient: enough for many threads, and the same for any number
  /// of them.
  private static let partCount = 8

  /// Plans the products of a pattern.
  ///
  /// - Parameters:
  ///   - pattern: The junction's connections.
  ///   - samples: The samples of the largest batch that the plan is made for. Larger ones work, but
  ///     the panels of inputs are cut to keep tiles of this batch in the cache.
  ///   - isTraining: Whether gradients will be computed. Without a transposed copy an input gradient
  ///     is a scatter, which is right, and slow where outputs are not in groups.
  ///   - kernels: The kernels that execute the products.
  public init(
    _ pattern: Pattern, samples: Int = .max, isTraining: Bool = true, kernels: KernelSet
  ) {
    self.pattern = pattern
    self.kernels = kernels
    let panel = kernels.panelInputs(tileWidth: kernels.tileWidth(samples: samples))
    let forward = BlockLayout(
      rowOffsets: pattern.rowOffsets, columns: pattern.columns, inputs: pattern.inputs,
      panelInputs: panel)
    forwardLayout = forward
    noBias = FloatBuffer(count: pattern.inputs)
    let isGrouped = 2 * forward.groupedEdges >= pattern.edgeCount
    let transpose = isTraining && !isGrouped ? pattern.transpose : nil
    let transposed = transpose.map {
      BlockLayout(
        rowOffsets: $0.rowOffsets, columns: $0.rows, inputs: pattern.outputs, panelInputs: panel)
    }
    transposedLayout = transposed
    layout = ValueLayout(
      csrPositions: forward.csrPositions,
      transposedPositions: transpose.map { transpose in
        Self.transposedPositions(forward, transpose, transposed?.csrPositions)
      })
    parts = forward.parts(Self.partCount)
    weightGradientParts = parts.map { forward.values(of: $0) }
  }

  /// For each stored value of the forward layout its position in the transposed layout.
  private static func transposedPositions(
    _ forward: BlockLayout, _ transpose: Pattern.Transpose, _ transposedOrder: [UInt32]?
  ) -> [UInt32] {
    // CSR position → position in the transposed layout.
    var byCSR = [UInt32](repeating: 0, count: transpose.positions.count)
    for stored in transpose.positions.indices {
      let transposedCSR = transposedOrder.map { Int($0[stored]) } ?? stored
      byCSR[Int(transpose.positions[transposedCSR])] = UInt32(stored)
    }
    return forward.csrPositions?.map { byCSR[Int($0)] } ?? byCSR
  }

  /// The bytes of the blocks of both layouts, and of the orders of their values.
  public var indexBytes: Int {
    // The order of the forward layout is that of 'layout'.
    let transposed = transposedLayout.map { $0.bytes + ($0.csrPositions?.heldBytes ?? 0) } ?? 0
    return forwardLayout.bytes + transposed + layout.bytes + 4 * noBias.count
  }

  /// The number of lanes in which this plan wants a batch cut.
  public func tileWidth(samples: Int) -> Int? { kernels.tileWidth(samples: samples) }

  /// Computes Y = b + W·X for one tile, and an activation of it.
  public func forward(
    _ weights: JunctionWeights, bias: FloatBuffer, slope: Float?, input: Tile, output: Tile
  ) throws {
    checkForward(weights, bias: bias, input: input, output: output)
    let slope = slope ?? 1
    unsafe run(forwardLayout) { blocks, count, columns in
      unsafe kernels.table.forward(
        blocks, count, columns, weights.values.base, bias.base, slope, input.base, output.base,
        output.width)
    }
  }

  /// Computes dX = Wᵀ·dY for one tile.
  public func inputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile, accumulating: Bool
  ) throws {
    checkInputGradient(weights, outputGradient: outputGradient, inputGradient: inputGradient)
    if !accumulating, transposedLayout == nil {
      inputGradient.buffer.fill(inputGradient.range, with: 0)
    }
    let width = outputGradient.width
    guard let transposedLayout else {
      return unsafe run(forwardLayout) { blocks, count, columns in
        unsafe kernels.table.input_gradient(
          blocks, count, columns, weights.values.base, outputGradient.base, inputGradient.base,
          width)
      }
    }
    unsafe run(transposedLayout) { blocks, count, columns in
      unsafe kernels.table.forward(
        blocks, count, columns, weights.transposedValues.base, accumulating ? nil : noBias.base,
        1, outputGradient.base, inputGradient.base, width)
    }
  }

  /// Computes one part of dW = P ⊙ (dY·Xᵀ) over all tiles of a batch.
  public func weightGradient(
    part: Int, outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws {
    checkWeightGradient(outputGradient: outputGradient, input: input, gradient: gradient)
    gradient.fill(weightGradientParts[part], with: 0)
    guard shape.count > 0 else { return }
    let blockRange = parts[part]
    let dy = outputGradient.tile(0, of: shape)
    let x = input.tile(0, of: shape)
    var batch = csk_batch(
      tiles: shape.count, width: shape.width, dy_stride: pattern.outputs * shape.width,
      x_stride: pattern.inputs * shape.width)
    unsafe run(forwardLayout) { blocks, _, columns in
      unsafe kernels.table.weight_gradient(
        blocks + blockRange.lowerBound, blockRange.count, columns, dy.base, x.base, gradient.base,
        &batch)
    }
  }

  /// Calls a kernel with a layout's blocks and columns.
  // SAFETY: the layout comes from a validated pattern and the callers have checked all sizes, so
  // every index that a kernel forms is inside; kernels keep no pointer.
  @inline(__always)
  private func run(
    _ layout: BlockLayout,
    _ kernel: (UnsafePointer<csk_block>, Int, UnsafePointer<UInt32>) -> Void
  ) {
    unsafe layout.blocks.withUnsafeBufferPointer { blocks in
      unsafe layout.columns.withUnsafeBufferPointer { columns in
        guard let start = blocks.baseAddress, let first = columns.baseAddress else { return }
        unsafe kernel(start, blocks.count, first)
      }
    }
  }
}
