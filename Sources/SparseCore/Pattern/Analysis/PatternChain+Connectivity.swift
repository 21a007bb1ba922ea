/// Which inputs of a chain of junctions can influence which of its outputs.
public struct Connectivity: Hashable, Sendable {
  /// A first and a last neuron of a chain.
  public struct Pair: Hashable, Sendable {
    /// The index of the input.
    public let input: Int

    /// The index of the output.
    public let output: Int
  }

  /// The pairs that there are: inputs · outputs.
  public let pairs: Int

  /// The pairs between which there is no path.
  public let unconnectedPairs: Int

  /// One of them, the one with the smallest input; `nil` when every pair has a path.
  public let example: Pair?

  /// The inputs from which no output is reached.
  public let lostInputs: Int

  /// The outputs that no input reaches.
  public let unreachedOutputs: Int

  /// Whether there is a path from every input to every output.
  public var isComplete: Bool { unconnectedPairs == 0 }
}

extension PatternChain {
  /// The inputs that are followed at once, a bit each.
  private typealias Bits = SIMD8<UInt64>

  /// Finds out between which inputs and outputs there are paths.
  ///
  /// Sets of 512 inputs are carried through the junctions as bits; a neuron that all of a set have
  /// reached needs no further look.
  ///
  /// - Complexity: O(*inputs* / 512 · (*neurons* + *edges*)) at most; memory O(*neurons*).
  public var connectivity: Connectivity {
    var unconnected = 0
    var lost = 0
    var example: Connectivity.Pair?
    var isReached = [Bool](repeating: false, count: outputs)
    for start in stride(from: 0, to: inputs, by: 512) {
      let block = start..<min(start + 512, inputs)
      let reached = reach(of: block)
      var seen = Bits.zero
      for (output, bits) in reached.enumerated() {
        unconnected += block.count - bits.count
        isReached[output] = isReached[output] || bits != .zero
        seen |= bits
      }
      lost += block.count - seen.count
      if example == nil, unconnected > 0 { example = firstGap(in: block, reached) }
    }
    return Connectivity(
      pairs: inputs * outputs, unconnectedPairs: unconnected, example: example, lostInputs: lost,
      unreachedOutputs: isReached.count { !$0 })
  }

  /// For each last neuron, the inputs of a block that have a path to it; bit 0 is the block's first.
  private func reach(of block: Range<Int>) -> [Bits] {
    let first = patterns[0].transpose
    var reached = [Bits](repeating: .zero, count: patterns[0].outputs)
    var all = Bits.zero
    for input in block {
      all.set(input - block.lowerBound)
      for entry in first.rowOffsets[input]..<first.rowOffsets[input + 1] {
        reached[Int(first.rows[entry])].set(input - block.lowerBound)
      }
    }
    for pattern in patterns.dropFirst() {
      let columns = pattern.columns
      reached = (0..<pattern.outputs).map { row in
        var bits = Bits.zero
        for edge in pattern.edges(ofRow: row) {
          bits |= reached[Int(columns[edge])]
          if bits == all { break }
        }
        return bits
      }
    }
    return reached
  }

  private func firstGap(in block: Range<Int>, _ reached: [Bits]) -> Connectivity.Pair? {
    for input in block {
      if let output = reached.firstIndex(where: { !$0.contains(input - block.lowerBound) }) {
        return Connectivity.Pair(input: input, output: output)
      }
    }
    return nil
  }
}

// MARK: - A vector as a set of 512 bits

extension SIMD8<UInt64> {
  fileprivate mutating func set(_ bit: Int) { self[bit / 64] |= 1 << UInt64(bit % 64) }

  fileprivate func contains(_ bit: Int) -> Bool { self[bit / 64] >> UInt64(bit % 64) & 1 == 1 }

  fileprivate var count: Int { indices.reduce(0) { $0 + self[$1].nonzeroBitCount } }
}
