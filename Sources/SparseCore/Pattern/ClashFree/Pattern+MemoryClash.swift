/// A cycle that would have to read one memory twice.
public struct MemoryClash: Hashable, Sendable, CustomStringConvertible {
  /// The cycle, counted from 0 over all sweeps.
  public let cycle: Int
  /// The memory that is read too often.
  public let memory: Int
  /// The right neuron whose connections bring the clash about.
  public let rightNeuron: Int

  /// The clash in one line.
  public var description: String {
    "cycle \(cycle) has to read memory \(memory) twice to serve right neuron \(rightNeuron)"
  }
}

extension Pattern {
  /// Finds out whether the pattern can be read from *z* memories without a clash.
  ///
  /// Left neuron *a* lies in memory *a* mod *z*. Connections are read right neuron by right neuron, *z*
  /// a cycle, and those of one right neuron in whichever order suits. No clash means: after any right
  /// neuron, with *q* whole cycles done, every memory has been read *q* or *q* + 1 times. That is
  /// needed, since a whole cycle reads each memory once and a begun one at most once; and it is
  /// enough, since the next right neuron can serve first the memories that the begun cycle has left
  /// out, then whole cycles, then begin one with the rest. So counting reads per memory decides.
  ///
  /// - Parameter memories: *z*, a divisor of the inputs.
  /// - Returns: The first clash, or `nil` when every cycle reads *z* different memories (the last
  ///   cycle fewer, where *z* does not divide the edges).
  /// - Throws: `SparseError` when `memories` does not divide the inputs.
  /// - Complexity: O(*edges* + *outputs* + *z*).
  public func firstMemoryClash(memories: Int) throws -> MemoryClash? {
    try storage.shape.check(memories: memories)
    let columns = columns
    var reads = [Int](repeating: 0, count: memories)
    var fewest = 0
    var most = 0
    var doneCycles = 0
    for row in 0..<outputs {
      let range = edges(ofRow: row)
      for position in range {
        let memory = Int(columns[position]) % memories
        reads[memory] += 1
        most = max(most, reads[memory])
      }
      let cycles = range.upperBound / memories
      // Only a cycle that is completed can have left a memory out.
      if cycles > doneCycles { fewest = reads.min() ?? 0 }
      doneCycles = cycles
      guard fewest < cycles || most > cycles + 1 else { continue }
      return MemoryClash(
        cycle: min(fewest, cycles), memory: reads.firstIndex(of: most) ?? 0, rightNeuron: row)
    }
    return nil
  }
}
