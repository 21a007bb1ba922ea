/// Which left neuron a junction reads at each access, for hardware with several memories.
///
/// The activations of the left neurons lie in *z* memories, neuron *a* in memory *a* mod *z* at row
/// *a* div *z*. A *cycle* reads one neuron from each memory; a *sweep* of inputs/z cycles reads each
/// neuron once; there are as many sweeps as connections of a left neuron. Weights are used in the
/// order of the right neurons, so that access *i* is for right neuron *i* div in-degree.
///
///     let recipe = try PatternRecipe.exact(
///       family: .clashFree(type: 2, memories: 8), inputs: 32, outputs: 16, outDegree: 2,
///       seed: 0, junction: 0)
///     let schedule = try ClashFreeSchedule(recipe)
///     print(schedule.csv())
///
/// Sourya Dey, Kuan-Wen Huang, Peter A. Beerel, Keith M. Chugg: *Pre-Defined Sparse Neural Networks
/// with Hardware Acceleration*, IEEE JETCAS 9(2), 2019, arXiv:1812.01164.
public struct ClashFreeSchedule: Hashable, Sendable {
  /// The number of left neurons.
  public let inputs: Int

  /// The number of right neurons.
  public let outputs: Int

  /// The number of memories, *z*: the left neurons that one cycle reads.
  public let memories: Int

  /// The left neuron that each access reads, sweep after sweep, cycle after cycle.
  public let leftNeurons: [UInt32]

  /// Creates a schedule from its reads, after checking that no cycle has a clash.
  ///
  /// - Parameters:
  ///   - inputs: The number of left neurons.
  ///   - outputs: The number of right neurons.
  ///   - memories: The number of memories; must divide `inputs`.
  ///   - leftNeurons: The left neuron of each access; whole sweeps, and whole right neurons.
  /// - Throws: `SparseError` when the numbers do not fit, a cycle reads a memory twice, or a sweep
  ///   reads a neuron twice.
  public init(inputs: Int, outputs: Int, memories: Int, leftNeurons: [UInt32]) throws {
    let shape = try JunctionShape(inputs: inputs, outputs: outputs)
    try shape.check(edges: leftNeurons.count)
    try shape.check(memories: memories)
    guard leftNeurons.count % inputs == 0, leftNeurons.count % outputs == 0 else {
      throw SparseError(
        .invalidPattern,
        "\(leftNeurons.count) accesses are not whole sweeps of \(inputs) left neurons for "
          + "\(outputs) right neurons of equal in-degree. Give a multiple of both.")
    }
    self.init(shape, memories: memories, leftNeurons: leftNeurons)
    try checkReads()
  }

  /// Creates the schedule of a clash-free pattern.
  ///
  /// - Parameter recipe: A recipe of the family `clash-free`.
  /// - Throws: `SparseError` when the recipe is of another family.
  public init(_ recipe: PatternRecipe) throws {
    guard let rule = recipe.family.rule as? ClashFreeRule else {
      throw SparseError(
        .invalidArgument,
        "The pattern is of the family '\(recipe.family)', which has no memory schedule. Make one of "
          + "the family '\(ClashFreeRule.usage)'.")
    }
    let shape = try JunctionShape(inputs: recipe.inputs, outputs: recipe.outputs)
    var random = recipe.randomStream
    self.init(
      shape, memories: rule.memories,
      leftNeurons: rule.leftNeurons(
        inputs: recipe.inputs, outDegree: recipe.edges / recipe.inputs, using: &random))
  }

  private init(_ shape: JunctionShape, memories: Int, leftNeurons: [UInt32]) {
    inputs = shape.inputs
    outputs = shape.outputs
    self.memories = memories
    self.leftNeurons = leftNeurons
  }

  private func checkReads() throws {
    var lastCycle = [Int](repeating: -1, count: memories)
    var lastSweep = [Int](repeating: -1, count: inputs)
    for (position, neuron) in leftNeurons.enumerated() {
      guard neuron < inputs else {
        throw SparseError(
          .invalidPattern,
          "Access \(position) reads left neuron \(neuron), but there are only \(inputs). Correct it."
        )
      }
      let memory = Int(neuron) % memories
      guard lastCycle[memory] < position / memories else {
        throw SparseError(
          .invalidPattern,
          "Access \(position) reads left neuron \(neuron) from memory \(memory), which cycle "
            + "\(position / memories) has read already. Each cycle must read every memory once.")
      }
      guard lastSweep[Int(neuron)] < position / inputs else {
        throw SparseError(
          .invalidPattern,
          "Access \(position) reads left neuron \(neuron), which sweep \(position / inputs) has read "
            + "already. Each sweep must read every left neuron once.")
      }
      lastCycle[memory] = position / memories
      lastSweep[Int(neuron)] = position / inputs
    }
  }
}

// MARK: - Sizes

extension ClashFreeSchedule {
  /// The number of sweeps: the connections of each left neuron.
  public var outDegree: Int { leftNeurons.count / inputs }

  /// The connections of each right neuron.
  public var inDegree: Int { leftNeurons.count / outputs }

  /// The number of cycles in a sweep: the rows of each memory.
  public var cyclesPerSweep: Int { inputs / memories }

  /// The number of cycles altogether.
  public var cycleCount: Int { leftNeurons.count / memories }
}

// MARK: - Accesses

extension ClashFreeSchedule {
  /// One read of one memory.
  public struct Access: Hashable, Sendable {
    /// Its number, from 0: the position of its weight among the weights, right neuron by right neuron.
    public let position: Int
    /// The sweep over all left neurons, from 0.
    public let sweep: Int
    /// The cycle in the sweep, from 0.
    public let cycle: Int
    /// The memory that is read.
    public let memory: Int
    /// The row of the memory.
    public let row: Int
    /// The left neuron that lies there.
    public let leftNeuron: Int
    /// The number of the edge among all edges, left neuron by left neuron.
    public let edge: Int
    /// The right neuron that the value is for.
    public let rightNeuron: Int
  }

  /// What happens at one access.
  ///
  /// - Parameter position: The number of the access, in `0..<leftNeurons.count`.
  /// - Returns: The access.
  public func access(_ position: Int) -> Access {
    let leftNeuron = Int(leftNeurons[position])
    let sweep = position / inputs
    return Access(
      position: position, sweep: sweep, cycle: position % inputs / memories,
      memory: leftNeuron % memories, row: leftNeuron / memories, leftNeuron: leftNeuron,
      edge: leftNeuron * outDegree + sweep, rightNeuron: position / inDegree)
  }

  /// The connections that the schedule reads, without a recipe.
  ///
  /// - Returns: The pattern.
  /// - Throws: `SparseError` when a right neuron reads a left neuron in two sweeps: the pattern would
  ///   have fewer connections than accesses.
  public func pattern() throws -> Pattern {
    var lastReader = [Int](repeating: -1, count: inputs)
    for (position, neuron) in leftNeurons.enumerated() {
      let rightNeuron = position / inDegree
      guard lastReader[Int(neuron)] < rightNeuron else {
        throw SparseError(
          .invalidPattern,
          "Right neuron \(rightNeuron) reads left neuron \(neuron) in two sweeps, which makes the "
            + "same edge twice. \(ClashFreeRule.validityRule)")
      }
      lastReader[Int(neuron)] = rightNeuron
    }
    let rows = PatternRows(reads: leftNeurons, inputs: inputs, outputs: outputs)
    return try Pattern(
      inputs: inputs, outputs: outputs, rowOffsets: rows.offsets, columns: rows.columns)
  }
}

// MARK: - CSV

extension ClashFreeSchedule {
  /// The schedule as comma-separated values: a heading, then a line per access.
  ///
  /// The columns are those of `Access`: access, sweep, cycle, memory, row, left_neuron, edge,
  /// right_neuron.
  ///
  /// - Returns: The whole text.
  /// - Complexity: O(accesses).
  public func csv() -> String {
    var bytes = Array("access,sweep,cycle,memory,row,left_neuron,edge,right_neuron\n".utf8)
    bytes.reserveCapacity(bytes.count + 40 * leftNeurons.count)
    for position in leftNeurons.indices {
      let access = access(position)
      bytes.append(decimal: position)
      for number in [
        access.sweep, access.cycle, access.memory, access.row, access.leftNeuron, access.edge,
        access.rightNeuron,
      ] {
        bytes.append(UInt8(ascii: ","))
        bytes.append(decimal: number)
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension JunctionShape {
  /// Checks a number of memories for the left neurons.
  ///
  /// - Throws: `SparseError` naming the nearest numbers when it does not divide the inputs.
  func check(memories: Int) throws {
    guard memories >= 1, inputs % memories == 0 else {
      let divisors = (1...inputs).lazy.filter { inputs % $0 == 0 }
      let nearest = [divisors.last { $0 <= memories }, divisors.first { $0 > memories }]
      let texts = nearest.compactMap { $0.map { "z=\($0)" } }
      throw SparseError(
        .invalidPattern,
        "\(memories) memories cannot hold \(inputs) inputs in equal parts: z must divide the inputs. "
          + "Use \(texts.joined(separator: " or ")), or pad the inputs.")
    }
  }
}
