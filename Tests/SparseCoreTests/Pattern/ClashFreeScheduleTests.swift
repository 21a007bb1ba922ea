import SparseCore
import Testing

@Suite("A clash-free schedule") struct ClashFreeScheduleTests {
  /// All neurons in order, in every sweep.
  private func natural(_ inputs: Int, outDegree: Int) -> [UInt32] {
    (0..<outDegree).flatMap { _ in 0..<UInt32(inputs) }
  }

  @Test("has the numbers of the published example: access 45 of p = 32, d_out = 2, z = 8")
  func publishedExample() throws {
    let schedule = try ClashFreeSchedule(
      inputs: 32, outputs: 16, memories: 8, leftNeurons: natural(32, outDegree: 2))
    let access = schedule.access(45)
    #expect(access.leftNeuron == 13 && access.edge == 27)
    #expect(access.sweep == 1 && access.cycle == 1 && access.memory == 5 && access.row == 1)
    #expect(access.rightNeuron == 11)
    #expect(schedule.outDegree == 2 && schedule.inDegree == 4)
    #expect(schedule.cyclesPerSweep == 4 && schedule.cycleCount == 8)
  }

  @Test("of the published network (8, 4, 4) with out-degrees (1, 2) keeps 16 of 48 weights")
  func publishedNetwork() throws {
    let patterns = try [(8, 4, 1), (4, 4, 2)].enumerated().map { junction, sizes in
      try PatternRecipe.exact(
        family: .clashFree(type: 1, memories: 2), inputs: sizes.0, outputs: sizes.1,
        outDegree: sizes.2, seed: 0, junction: junction
      ).makePattern()
    }
    #expect(patterns.map(\.edgeCount) == [8, 8])
    #expect(patterns.map(\.constantInDegree) == [2, 2])
    let cells = patterns.reduce(0) { $0 + $1.inputs * $1.outputs }
    #expect(cells == 48 && patterns.reduce(0) { $0 + $1.edgeCount } * 3 == cells)
  }

  @Test(
    "numbers every edge once, and reads every memory once a cycle and every neuron once a sweep")
  func complete() throws {
    let recipe = try PatternRecipe.exact(
      family: .clashFree(type: 2, memories: 6, dithered: true), inputs: 24, outputs: 16,
      outDegree: 4, seed: 5, junction: 0)
    let schedule = try ClashFreeSchedule(recipe)
    let accesses = (0..<96).map(schedule.access)
    #expect(Set(accesses.map(\.edge)) == Set(0..<96))
    for cycle in 0..<16 {
      #expect(Set(accesses[cycle * 6..<(cycle + 1) * 6].map(\.memory)) == Set(0..<6))
    }
    for sweep in 0..<4 {
      let reads = accesses[sweep * 24..<(sweep + 1) * 24]
      #expect(reads.allSatisfy { $0.sweep == sweep })
      #expect(Set(reads.map(\.leftNeuron)) == Set(0..<24))
    }
    #expect(accesses.allSatisfy { $0.row * 6 + $0.memory == $0.leftNeuron })
    let pattern = try recipe.makePattern()
    for access in accesses {
      let row = pattern.edges(ofRow: access.rightNeuron).map { pattern.columns[$0] }
      #expect(row.contains(UInt32(access.leftNeuron)))
    }
  }

  @Test("follows its type: rows step by one in types 2 and 3, and sweeps are equal in type 3")
  func types() throws {
    for type in 1...3 {
      let schedule = try ClashFreeSchedule(
        PatternRecipe.exact(
          family: .clashFree(type: type, memories: 4), inputs: 40, outputs: 20, outDegree: 5,
          seed: 2, junction: 0))
      let accesses = (0..<200).map(schedule.access)
      let steps = (0..<200 - 4).filter { accesses[$0].cycle < 9 }
        .map { (accesses[$0 + 4].row - accesses[$0].row + 10) % 10 }
      #expect(steps.allSatisfy { $0 == 1 } == (type > 1))
      let sweeps = Set((0..<5).map { Array(schedule.leftNeurons[$0 * 40..<($0 + 1) * 40]) })
      #expect((sweeps.count == 1) == (type == 3))
    }
  }

  @Test("is written as CSV, a line per access")
  func csv() throws {
    let schedule = try ClashFreeSchedule(
      inputs: 4, outputs: 2, memories: 2, leftNeurons: [2, 1, 0, 3])
    #expect(
      schedule.csv() == """
        access,sweep,cycle,memory,row,left_neuron,edge,right_neuron
        0,0,0,0,1,2,2,0
        1,0,0,1,0,1,1,0
        2,0,1,0,0,0,0,1
        3,0,1,1,1,3,3,1

        """)
  }

  @Test("is refused when it is none, with the access that breaks the rule")
  func refusals() throws {
    for (inputs, outputs, memories, reads, part) in [
      (4, 2, 2, [0, 2, 1, 3], "Access 1 reads left neuron 2 from memory 0, which cycle 0"),
      (4, 2, 2, [0, 1, 0, 3], "Access 2 reads left neuron 0, which sweep 0 has read"),
      (4, 2, 2, [0, 1, 4, 3], "left neuron 4, but there are only 4"),
      (4, 2, 3, [0, 1, 2, 3], "z must divide the inputs. Use z=2 or z=4"),
      (4, 2, 0, [0, 1, 2, 3], "0 memories"), (4, 2, -1, [0, 1, 2, 3], "-1 memories"),
      (4, 2, 2, [0, 1], "2 accesses are not whole sweeps"), (4, 3, 2, [0, 1, 2, 3], "4 accesses"),
      (4, 2, 2, [], "0 edges"), (0, 2, 2, [], "inputs is 0"),
    ] as [(Int, Int, Int, [UInt32], String)] {
      let error = try #require(
        #expect(throws: SparseError.self) {
          try ClashFreeSchedule(
            inputs: inputs, outputs: outputs, memories: memories, leftNeurons: reads)
        })
      #expect(error.message.contains(part), "\(error.message)")
    }
    let repeated = try ClashFreeSchedule(
      inputs: 4, outputs: 8, memories: 1,
      leftNeurons: [0, 1, 2, 3, 3, 2, 1, 0])
    #expect(try repeated.pattern().edgeCount == 8)
    // In-degree 3 straddles sweeps of 4, and neuron 3 ends one and begins the next.
    let straddling = try ClashFreeSchedule(
      inputs: 4, outputs: 4, memories: 1,
      leftNeurons: [0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3])
    let error = try #require(#expect(throws: SparseError.self) { try straddling.pattern() })
    #expect(error.message.contains("Right neuron 1 reads left neuron 3 in two sweeps"))
    #expect(error.message.contains("out-degree that divides the outputs"))
    let other = try PatternRecipe.exact(
      family: .structured, inputs: 4, outputs: 4, outDegree: 1, seed: 0, junction: 0)
    let family = try #require(#expect(throws: SparseError.self) { try ClashFreeSchedule(other) })
    #expect(family.message.contains("'structured', which has no memory schedule"))
  }
}

@Suite("Reading a pattern from memories") struct MemoryClashTests {
  /// Whether some order of each row's columns reads every memory at most once a cycle, by trying all.
  private func isReadable(_ rows: [[Int]], memories: Int, begun: Set<Int> = []) -> Bool {
    guard let row = rows.first else { return true }
    guard !row.isEmpty else {
      return isReadable(Array(rows.dropFirst()), memories: memories, begun: begun)
    }
    return row.indices.contains { index in
      let memory = row[index] % memories
      guard !begun.contains(memory) else { return false }
      var rest = rows
      rest[0].remove(at: index)
      let reads = begun.union([memory])
      return isReadable(rest, memories: memories, begun: reads.count == memories ? [] : reads)
    }
  }

  @Test("finds a clash exactly where every order has one", arguments: [1, 2, 3, 6])
  func agreesWithSearch(memories: Int) throws {
    var clashes = 0
    for seed in 0..<300 as Range<UInt64> {
      let pattern = try PatternRecipe(
        family: .random, inputs: 6, outputs: 3, edges: 5 + Int(seed % 6), seed: seed, junction: 0
      ).makePattern()
      let rows = (0..<3).map { row in pattern.edges(ofRow: row).map { Int(pattern.columns[$0]) } }
      let clash = try pattern.firstMemoryClash(memories: memories)
      #expect((clash == nil) == isReadable(rows, memories: memories), "seed \(seed)")
      clashes += clash == nil ? 0 : 1
      if let clash {
        #expect((0..<3).contains(clash.rightNeuron) && (0..<memories).contains(clash.memory))
        let before = rows[..<clash.rightNeuron]
        #expect(isReadable(Array(before), memories: memories))
        #expect(!isReadable(Array(before + [rows[clash.rightNeuron]]), memories: memories))
        #expect("\(clash)".contains("memory \(clash.memory) twice"))
      }
    }
    #expect(memories == 1 ? clashes == 0 : (10..<300).contains(clashes))
  }

  @Test("finds none in clash-free patterns, and refuses memories that do not divide the inputs")
  func clashFree() throws {
    let pattern = try PatternRecipe.exact(
      family: .clashFree(type: 1, memories: 20), inputs: 800, outputs: 100, outDegree: 20, seed: 0,
      junction: 0
    ).makePattern()
    #expect(try pattern.firstMemoryClash(memories: 20) == nil)
    // Fewer memories than it was made for, of which each holds several: still none.
    #expect(try pattern.firstMemoryClash(memories: 10) == nil)
    #expect(try pattern.firstMemoryClash(memories: 16) != nil)
    #expect(throws: SparseError.self) { try pattern.firstMemoryClash(memories: 7) }
    #expect(throws: SparseError.self) { try pattern.firstMemoryClash(memories: 0) }
    #expect(throws: SparseError.self) { try pattern.firstMemoryClash(memories: .min) }
  }
}
