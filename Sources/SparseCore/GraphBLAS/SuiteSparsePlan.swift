internal import CGraphBLAS
internal import CGraphBLASMemory
internal import Synchronization

/// The products by SuiteSparse:GraphBLAS, on the paths that are fast in version 7.
///
/// - Forward and input gradient accumulate into a full matrix (`C += A·B` with A sparse and B, C
///   full by row), which is GraphBLAS's "saxpy5" method; without the accumulator it would build a
///   sparse result entry by entry. C is pre-filled with the bias or with zeros.
/// - The input gradient multiplies by a transposed copy of the weights: the descriptor's transpose
///   would be carried out at every call.
/// - The weight gradient is a product under the structural mask W ("dot3").
///
/// Buffers are packed into GraphBLAS matrices and unpacked again without copying. A plan executes
/// one product at a time; concurrent callers wait for each other.
public final class SuiteSparsePlan: JunctionPlan {
  /// The connections.
  public let pattern: Pattern
  /// The order of the values in memory.
  public let layout: ValueLayout
  /// Why this plan is not the one to expect, if so.
  public let warning: String?
  /// The engine that executes the products.
  public var backend: Backend { .suiteSparse }

  private let forwardIndices: CSRIndices
  /// Nil where no input gradient is wanted.
  private let transposedIndices: CSRIndices?
  private let descriptors: Mutex<Descriptors>

  /// Plans the products of a pattern.
  ///
  /// - Parameters:
  ///   - pattern: The junction's connections.
  ///   - threads: The most threads of one product, among which GraphBLAS divides the samples.
  ///   - isTraining: Whether input gradients will be computed, which takes a transposed copy.
  ///   - warning: What to tell people about this plan.
  /// - Throws: `SparseError.Code.backend` when GraphBLAS cannot be started or has no memory.
  public init(
    _ pattern: Pattern, threads: Int = 1, isTraining: Bool = true, warning: String? = nil
  ) throws {
    try GraphBLAS.started.get()
    self.warning = warning
    self.pattern = pattern
    layout = isTraining ? .csrAndTranspose(of: pattern) : .csr
    forwardIndices = CSRIndices(
      rowOffsets: pattern.rowOffsets.map { UInt64($0) }, columns: pattern.columns)
    transposedIndices =
      isTraining
      ? CSRIndices(
        rowOffsets: pattern.transpose.rowOffsets.map { UInt64($0) },
        columns: pattern.transpose.rows) : nil
    descriptors = Mutex(try Descriptors.make(threads: threads))
  }

  /// The bytes of both sets of 64-bit indices, and of the order of the transposed values.
  public var indexBytes: Int {
    forwardIndices.bytes + (transposedIndices?.bytes ?? 0) + layout.bytes
  }

  /// Narrow tiles.
  ///
  /// The method saxpy5 walks X row by row for sixteen lanes at a time, and in a wide tile those
  /// rows lie a multiple of 1 KiB apart, where they evict each other from the first two caches.
  /// At 1024×1024, density 0.25, batch 256: 10.2 ms in one piece, 6.7 ms in tiles of 32 lanes.
  public func tileWidth(samples: Int) -> Int? { max(min(samples, 32), 1) }

  /// Computes Y = b + W·X for one tile, and an activation of it.
  public func forward(
    _ weights: JunctionWeights, bias: FloatBuffer, slope: Float?, input: Tile, output: Tile
  ) throws {
    checkForward(weights, bias: bias, input: input, output: output)
    for row in 0..<pattern.outputs {
      let start = output.offset + row * output.width
      output.buffer.fill(start..<(start + output.width), with: bias[row])
    }
    try multiplyAdd(
      forwardIndices, weights.values, input, into: output, rows: pattern.outputs,
      columns: pattern.inputs)
    output.activate(slope: slope)
  }

  /// Computes dX = Wᵀ·dY for one tile.
  ///
  /// - Precondition: The plan was made for training.
  public func inputGradient(
    _ weights: JunctionWeights, outputGradient: Tile, inputGradient: Tile, accumulating: Bool
  ) throws {
    guard let transposedIndices else {
      preconditionFailure("an input gradient from a plan that was made for inference")
    }
    checkInputGradient(weights, outputGradient: outputGradient, inputGradient: inputGradient)
    if !accumulating { inputGradient.buffer.fill(inputGradient.range, with: 0) }
    try multiplyAdd(
      transposedIndices, weights.transposedValues, outputGradient, into: inputGradient,
      rows: pattern.inputs, columns: pattern.outputs)
  }

  /// Computes one part of dW = P ⊙ (dY·Xᵀ) over all tiles of a batch.
  public func weightGradient(
    part: Int, outputGradient: Tiles, input: Tiles, shape: Tiles.Shape, gradient: FloatBuffer
  ) throws {
    checkWeightGradient(outputGradient: outputGradient, input: input, gradient: gradient)
    gradient.fill(with: 0)
    guard pattern.edgeCount > 0 else { return }
    for index in 0..<shape.count {
      try addMaskedProduct(
        outputGradient.tile(index, of: shape), input.tile(index, of: shape), to: gradient)
    }
  }
}

// MARK: - Calls

extension SuiteSparsePlan {
  /// C += A·B, where A is sparse with the given indices and values, and B and C are full.
  private func multiplyAdd(
    _ indices: CSRIndices, _ values: FloatBuffer, _ b: Tile, into c: Tile, rows: Int, columns: Int
  ) throws {
    guard pattern.edgeCount > 0, b.width > 0 else { return }
    try descriptors.withLock { descriptors in
      try lending { () throws(SparseError) in
        let a = try MatrixHandle.makeSparse(rows: rows, columns: columns)
        let bMatrix = try MatrixHandle.make(rows: columns, columns: b.width)
        let cMatrix = try MatrixHandle.make(rows: rows, columns: c.width)
        try a.pack(indices, values)
        try bMatrix.pack(b)
        try cMatrix.pack(c)
        let info = unsafe GrB_mxm(
          cMatrix.raw, nil, csg_plus_fp32(), csg_plus_times_fp32(), a.raw, bMatrix.raw,
          descriptors.plain.raw)
        try GraphBLAS.check("GrB_mxm", info, "C += A·B, \(rows)×\(columns)×\(b.width)")
        try cMatrix.finish()
        try cMatrix.unpack(c)
      }
    }
  }

  /// Adds the entries of dY·Xᵀ at the pattern's positions to `gradient`.
  private func addMaskedProduct(_ dy: Tile, _ x: Tile, to gradient: FloatBuffer) throws {
    try descriptors.withLock { descriptors in
      try lending { () throws(SparseError) in
        // The mask's values are never read: GraphBLAS uses its structure, so any floats will do.
        let mask = try MatrixHandle.makeSparse(rows: dy.features, columns: x.features)
        let dyMatrix = try MatrixHandle.make(rows: dy.features, columns: dy.width)
        let xMatrix = try MatrixHandle.make(rows: x.features, columns: x.width)
        let product = try MatrixHandle.makeSparse(rows: dy.features, columns: x.features)
        try mask.pack(forwardIndices, gradient)
        try dyMatrix.pack(dy)
        try xMatrix.pack(x)
        let info = unsafe GrB_mxm(
          product.raw, mask.raw, nil, csg_plus_times_fp32(), dyMatrix.raw, xMatrix.raw,
          descriptors.maskedTranspose.raw)
        try GraphBLAS.check("GrB_mxm", info, "dW<W> = dY·Xᵀ, \(pattern.edgeCount) entries")
        try product.finish()
        try product.addValues(to: gradient)
      }
    }
  }
}

/// The indices of a CSR matrix as GraphBLAS wants them: 64-bit.
// SAFETY: written once in 'init'; GraphBLAS only reads what is lent to it for an operation.
@safe
private final class CSRIndices: @unchecked Sendable {
  let rowOffsets: UnsafeMutableBufferPointer<UInt64>
  let columns: UnsafeMutableBufferPointer<UInt64>

  var bytes: Int { unsafe 8 * (rowOffsets.count + columns.count) }

  init(rowOffsets: [UInt64], columns: [UInt32]) {
    unsafe self.rowOffsets = .allocate(capacity: rowOffsets.count)
    _ = unsafe self.rowOffsets.initialize(from: rowOffsets)
    unsafe self.columns = .allocate(capacity: max(columns.count, 1))
    _ = unsafe self.columns.initialize(from: columns.lazy.map { UInt64($0) })
  }

  deinit {
    unsafe rowOffsets.deallocate()
    unsafe columns.deallocate()
  }
}

private struct Descriptors: ~Copyable {
  let plain: DescriptorHandle
  let maskedTranspose: DescriptorHandle

  static func make(threads: Int) throws(SparseError) -> Descriptors {
    let plain = try DescriptorHandle.make(threads: threads)
    let masked = try DescriptorHandle.make(threads: threads)
    try masked.set(GrB_OUTP, GrB_REPLACE)
    try masked.set(GrB_MASK, GrB_STRUCTURE)
    try masked.set(GrB_INP1, GrB_TRAN)
    return Descriptors(plain: plain, maskedTranspose: masked)
  }
}

/// Runs an operation that lends buffers to GraphBLAS.
///
/// The matrices are local to `operation`, so they are freed, leaving lent blocks alone, before the
/// loans end; that holds for the way out through an error too.
private func lending(_ operation: () throws(SparseError) -> Void) throws(SparseError) {
  defer { csm_take_back() }
  try operation()
}

extension MatrixHandle {
  /// Lends a block to GraphBLAS for the operation at hand.
  private func lend(_ block: UnsafeRawPointer?) throws(SparseError) {
    guard unsafe csm_lend(block) == 1 else {
      throw SparseError(.backend, "GraphBLAS: too many buffers are lent to one operation.")
    }
  }

  fileprivate func pack(_ indices: CSRIndices, _ values: FloatBuffer) throws(SparseError) {
    // SAFETY: the indices come from a validated pattern with 'values.count' edges; the blocks are
    // lent, not given, and outlive the operation.
    var offsets = unsafe indices.rowOffsets.baseAddress
    var columns = unsafe indices.columns.baseAddress
    var start: UnsafeMutableRawPointer? = unsafe UnsafeMutableRawPointer(values.base)
    try unsafe lend(UnsafeRawPointer(offsets))
    try unsafe lend(UnsafeRawPointer(columns))
    try unsafe lend(UnsafeRawPointer(start))
    let info = unsafe GxB_Matrix_pack_CSR(
      raw, &offsets, &columns, &start, UInt64(indices.rowOffsets.count * 8),
      UInt64(indices.columns.count * 8), UInt64(values.count * 4), false, false, nil)
    try GraphBLAS.check("GxB_Matrix_pack_CSR", info)
  }

  fileprivate func pack(_ tile: Tile) throws(SparseError) {
    // SAFETY: the tile lies inside its buffer, which outlives the operation; the block is lent.
    let start = unsafe UnsafeMutableRawPointer(tile.base)
    try unsafe lend(UnsafeRawPointer(start))
    var block: UnsafeMutableRawPointer? = unsafe start
    let info = unsafe GxB_Matrix_pack_FullR(raw, &block, UInt64(tile.range.count * 4), false, nil)
    try GraphBLAS.check("GxB_Matrix_pack_FullR", info)
  }

  /// Completes what GraphBLAS may have put off.
  fileprivate func finish() throws(SparseError) {
    try GraphBLAS.check("GrB_Matrix_wait", unsafe GrB_Matrix_wait(raw, GrB_MATERIALIZE))
  }

  /// Takes a full matrix's floats back, which must still be where the tile has them.
  fileprivate func unpack(_ tile: Tile) throws(SparseError) {
    var block: UnsafeMutableRawPointer?
    var bytes: UInt64 = 0
    var isUniform = false
    let info = unsafe GxB_Matrix_unpack_FullR(raw, &block, &bytes, &isUniform, nil)
    try GraphBLAS.check("GxB_Matrix_unpack_FullR", info)
    guard unsafe block == UnsafeMutableRawPointer(tile.base), !isUniform else {
      unsafe csm_free(block)
      throw SparseError(
        .backend,
        "GraphBLAS: the product was not accumulated in place; is the library newer than 7?")
    }
  }

  /// Adds a sparse matrix's values, one per edge, to a gradient, and frees them.
  fileprivate func addValues(to gradient: FloatBuffer) throws(SparseError) {
    var offsets: UnsafeMutablePointer<UInt64>?
    var columns: UnsafeMutablePointer<UInt64>?
    var values: UnsafeMutableRawPointer?
    var offsetBytes: UInt64 = 0
    var columnBytes: UInt64 = 0
    var valueBytes: UInt64 = 0
    let info = unsafe GxB_Matrix_unpack_CSR(
      raw, &offsets, &columns, &values, &offsetBytes, &columnBytes, &valueBytes, nil, nil, nil)
    try GraphBLAS.check("GxB_Matrix_unpack_CSR", info)
    defer {
      unsafe csm_free(offsets)
      unsafe csm_free(columns)
      unsafe csm_free(values)
    }
    guard unsafe values != nil, valueBytes >= UInt64(gradient.count * 4),
      let floats = unsafe values?.assumingMemoryBound(to: Float.self)
    else {
      throw SparseError(
        .backend,
        "GraphBLAS: \(valueBytes) bytes came back for \(gradient.count) weight gradients.")
    }
    // SAFETY: both hold at least 'gradient.count' floats.
    for index in 0..<gradient.count { unsafe gradient.base[index] += floats[index] }
  }
}
