extension PatternFamily {
  /// Structured patterns that hardware reads from several memories without ever waiting.
  ///
  /// See `ClashFreeSchedule` for what is read when.
  ///
  /// - Parameters:
  ///   - type: 1, 2 or 3: how free each memory's order of rows is; see `ClashFreeRule`.
  ///   - memories: The memories of the left neurons' activations, *z*; must divide the inputs.
  ///   - dithered: Whether each sweep reads the memories in a random order of its own.
  /// - Returns: The family.
  /// - Throws: `SparseError` for another type or a number of memories out of range.
  public static func clashFree(type: Int, memories: Int, dithered: Bool = false) throws -> Self {
    Self(try ClashFreeRule(type: type, memories: memories, isDithered: dithered))
  }
}

/// The published clash-free patterns for *z* memories.
///
/// Left neuron *a* lies in memory *a* mod *z* at row *a* div *z*. A sweep of inputs/z cycles reads every
/// left neuron once, one from each memory a cycle; access *i* belongs to right neuron *i* div in-degree.
///
/// | type | each memory's rows |
/// |---|---|
/// | 1 | in any order, drawn for each sweep |
/// | 2 | from a first row, drawn for each sweep, onwards, and round |
/// | 3 | as type 2, with the draws of the first sweep for all sweeps |
///
/// Dithering draws the order in which each sweep visits the memories; type 3 draws it once.
///
/// **Validity.** The published code can give the same edge twice: a right neuron that is served by the
/// end of one sweep and the start of the next may read a left neuron in both. That cannot happen when
/// no right neuron straddles sweeps (the out-degree divides the outputs); when without dithering the
/// in-degree is at most *z*, as successive reads are then of different memories; and with type 3,
/// where a right neuron reads part of one fixed cyclic order. Other degrees are refused, rather than
/// drawn again until they fit: what is left would not have the published distribution.
///
/// Sourya Dey, Kuan-Wen Huang, Peter A. Beerel, Keith M. Chugg: *Pre-Defined Sparse Neural Networks
/// with Hardware Acceleration*, IEEE JETCAS 9(2), 2019, arXiv:1812.01164.
struct ClashFreeRule: PatternRule {
  static let name = "clash-free"
  static let usage = "clash-free:1|2|3,z=Z[,dither]"
  static let takesList = true
  static let validityRule =
    "Valid are: an out-degree that divides the outputs; or no dithering and an in-degree of at most "
    + "z; or type 3."

  let type: Int
  let memories: Int
  let isDithered: Bool
  private let structured = StructuredRule()

  init(type: Int, memories: Int, isDithered: Bool) throws {
    guard (1...3).contains(type) else {
      throw SparseError(
        .invalidArgument, "Clash-free patterns have the types 1, 2 and 3, not \(type).")
    }
    guard (1...Pattern.maximumNeurons).contains(memories) else {
      throw SparseError(
        .invalidArgument,
        "A clash-free pattern's z, the number of memories, is \(memories), but must be between 1 and "
          + "\(Pattern.maximumNeurons), and divide the inputs.")
    }
    self.type = type
    self.memories = memories
    self.isDithered = isDithered
  }

  init(argument: Substring?) throws {
    let parts = (argument ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let isDithered = parts.last == "dither"
    guard parts.count == (isDithered ? 3 : 2), let type = Int(parts[0]), parts[1].hasPrefix("z="),
      let memories = Int(parts[1].dropFirst(2))
    else {
      throw SparseError(
        .invalidArgument,
        "The family 'clash-free' needs its type and the number of memories, but \(found(argument)) is given. "
          + "Write clash-free:1,z=8 or clash-free:1,z=8,dither; the types are 1, 2 and 3.")
    }
    try self.init(type: type, memories: memories, isDithered: isDithered)
  }

  var description: String { "\(Self.name):\(type),z=\(memories)\(isDithered ? ",dither" : "")" }
}

// MARK: - Degrees

extension ClashFreeRule {
  /// Whether the degrees k·outputs/gcd and k·inputs/gcd rule out that an edge comes up twice.
  private func isValid(_ steps: Int, in shape: JunctionShape, _ divisor: Int) -> Bool {
    type == 3 || divisor % steps == 0
      || (!isDithered && steps * (shape.inputs / divisor) <= memories)
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? {
    guard shape.inputs % memories == 0 else { return [] }
    let divisor = shape.commonDivisor
    return (1...divisor).filter { isValid($0, in: shape, divisor) }
      .map { Double($0) / Double(divisor) }
  }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    let divisor = shape.commonDivisor
    let nearest = structured.nearestEdges(to: density, in: shape)
    let step = shape.cells / divisor
    guard !isValid(nearest.edges / step, in: shape, divisor) else {
      let reason = nearest.reason == nil ? nil : shape.nearest(description, divisor, nearest.edges)
      return (nearest.edges, reason)
    }
    let target = density * Double(divisor)
    // One step is always valid.
    let steps =
      (1...divisor).lazy.filter { isValid($0, in: shape, divisor) }
      .min { abs(Double($0) - target) < abs(Double($1) - target) } ?? 1
    return (
      steps * step,
      shape.nearest(description, divisor, steps * step)
        + "; other out-degrees could give an edge twice. \(Self.validityRule)"
    )
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    try shape.check(memories: memories)
    try structured.check(edges: edges, in: shape, family: description)
    let divisor = shape.commonDivisor
    guard isValid(edges / (shape.cells / divisor), in: shape, divisor) else {
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern of \(shape) with out-degree \(edges / shape.inputs) and in-degree "
          + "\(edges / shape.outputs) could have an edge twice, as right neurons straddle sweeps. "
          + Self.validityRule)
    }
  }
}

// MARK: - Connections

extension ClashFreeRule {
  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) -> PatternRows {
    let reads = leftNeurons(
      inputs: shape.inputs, outDegree: edges / shape.inputs, using: &random)
    return PatternRows(reads: reads, inputs: shape.inputs, outputs: shape.outputs)
  }

  /// The left neuron of each access, sweep after sweep.
  func leftNeurons(
    inputs: Int, outDegree: Int, using random: inout RandomStream
  ) -> [UInt32] {
    var reads: [UInt32] = []
    reads.reserveCapacity(inputs * outDegree)
    var sweep = ClashFreeSweep(memories: memories, rows: inputs / memories)
    for number in 0..<outDegree {
      if number == 0 || type != 3 { draw(&sweep, using: &random) }
      sweep.append(to: &reads)
    }
    return reads
  }

  /// Draws the orders of a sweep anew.
  private func draw(_ sweep: inout ClashFreeSweep, using random: inout RandomStream) {
    for memory in 0..<memories {
      if type == 1 {
        sweep.shuffle(memory: memory, using: &random)
      } else {
        sweep.rotate(memory: memory, toStartAt: random.below(sweep.rows))
      }
    }
    if isDithered { sweep.shuffleMemories(using: &random) }
  }
}

/// The order of one sweep over all left neurons.
struct ClashFreeSweep {
  /// The memories in the order in which each cycle reads them.
  var memoryOrder: [UInt32]

  /// The rows of each memory in the order in which they are read, memory after memory.
  var rowOrders: [UInt32]

  /// The rows of a memory: the cycles of the sweep.
  let rows: Int

  /// Begins with all in order.
  init(memories: Int, rows: Int) {
    self.rows = rows
    memoryOrder = (0..<UInt32(memories)).map { $0 }
    rowOrders = (0..<memories).flatMap { _ in 0..<UInt32(rows) }
  }

  /// Reads the rows of a memory in a random order.
  mutating func shuffle(memory: Int, using random: inout RandomStream) {
    rotate(memory: memory, toStartAt: 0)
    random.shuffle(&rowOrders, in: memory * rows..<(memory + 1) * rows)
  }

  /// Reads the memories in a random order.
  mutating func shuffleMemories(using random: inout RandomStream) {
    memoryOrder = (0..<UInt32(memoryOrder.count)).map { $0 }
    random.shuffle(&memoryOrder)
  }

  /// Reads the rows of a memory from `start` onwards, and round.
  mutating func rotate(memory: Int, toStartAt start: Int) {
    for cycle in 0..<rows {
      let row = start + cycle
      rowOrders[memory * rows + cycle] = UInt32(row < rows ? row : row - rows)
    }
  }

  /// Appends the left neurons, cycle after cycle.
  func append(to leftNeurons: inout [UInt32]) {
    let memories = UInt32(memoryOrder.count)
    for cycle in 0..<rows {
      for memory in memoryOrder {
        leftNeurons.append(rowOrders[Int(memory) * rows + cycle] * memories + memory)
      }
    }
  }
}

extension PatternRows {
  /// Deals reads out to right neurons, equally many each, which are different for each of them.
  init(reads: [UInt32], inputs: Int, outputs: Int) {
    self.init(outputs: outputs, edges: reads.count)
    let inDegree = reads.count / outputs
    var sorter = RowSorter(inputs: inputs)
    for row in 0..<outputs {
      sorter.append(reads[row * inDegree..<(row + 1) * inDegree], to: &columns)
      endRow()
    }
  }
}
