import Foundation
import Testing

@testable import SparseCore

@Suite("Clash-free patterns") struct ClashFreeTests {
  // MARK: - Enumeration

  /// Every order of 0..<count.
  private static func permutations(_ count: Int) -> [[UInt32]] {
    guard count > 0 else { return [[]] }
    return permutations(count - 1).flatMap { shorter in
      (0...shorter.count).map { place in
        var longer = shorter
        longer.insert(UInt32(count - 1), at: place)
        return longer
      }
    }
  }

  /// Every way to take one of `choices` `count` times.
  private static func tuples<Choice>(_ choices: [Choice], _ count: Int) -> [[Choice]] {
    guard count > 0 else { return [[]] }
    return tuples(choices, count - 1).flatMap { shorter in choices.map { shorter + [$0] } }
  }

  /// The reads of one sweep for every choice that a type leaves it.
  private static func sweeps(type: Int, memories: Int, rows: Int, dithered: Bool) -> [[UInt32]] {
    let natural = ClashFreeSweep(memories: memories, rows: rows)
    var all: [ClashFreeSweep] = []
    if type == 1 {
      all = tuples(permutations(rows), memories).map { orders in
        var sweep = natural
        sweep.rowOrders = orders.flatMap { $0 }
        return sweep
      }
    } else {
      all = tuples(Array(0..<rows), memories).map { starts in
        var sweep = natural
        for (memory, start) in starts.enumerated() {
          sweep.rotate(memory: memory, toStartAt: start)
        }
        return sweep
      }
    }
    if dithered {
      all = all.flatMap { sweep in
        permutations(memories).map { order in
          var dithered = sweep
          dithered.memoryOrder = order
          return dithered
        }
      }
    }
    return all.map { sweep in
      var reads: [UInt32] = []
      sweep.append(to: &reads)
      return reads
    }
  }

  /// The reads of every pattern that a type can draw.
  private static func allReads(
    type: Int, inputs: Int, outDegree: Int, memories: Int, dithered: Bool = false
  ) -> [[UInt32]] {
    joined(
      sweeps(type: type, memories: memories, rows: inputs / memories, dithered: dithered),
      type: type, outDegree)
  }

  /// Every sequence of sweeps; the same one again and again for type 3.
  private static func joined(
    _ sweeps: [[UInt32]], type: Int, _ outDegree: Int
  ) -> [[UInt32]] {
    guard type != 3 else {
      return sweeps.map { Array(repeatElement($0, count: outDegree).joined()) }
    }
    return tuples(sweeps, outDegree).map { $0.flatMap { $0 } }
  }

  @Test(
    "are as many as published, by enumeration of every choice",
    arguments: [
      (1, 9, 6, 3, false, 46_656), (2, 9, 6, 3, false, 729), (3, 9, 6, 3, false, 27),
      // in-degree equal to z: the order of the memories makes no difference
      (2, 9, 6, 3, true, 729), (3, 9, 6, 3, true, 27),
      // z = 4 is twice the in-degree: 4!/(2!·2!) more by dithering
      (3, 12, 12, 4, false, 81), (3, 12, 12, 4, true, 486), (2, 12, 12, 4, false, 6561),
    ])
  func counts(
    type: Int, inputs: Int, outputs: Int, memories: Int, dithered: Bool, count: Int
  ) throws {
    var patterns: Set<[UInt32]> = []
    for reads in Self.allReads(
      type: type, inputs: inputs, outDegree: 2, memories: memories, dithered: dithered)
    {
      let schedule = try ClashFreeSchedule(
        inputs: inputs, outputs: outputs, memories: memories, leftNeurons: reads)
      let pattern = try schedule.pattern()
      #expect(pattern.constantInDegree == 2 * inputs / outputs && pattern.constantOutDegree == 2)
      patterns.insert(pattern.columns)
    }
    #expect(patterns.count == count)
  }

  @Test("drawn by the rule are all that the enumeration finds, and nothing else")
  func reachesAll() throws {
    for (type, memories, dithered) in [(1, 2, false), (2, 2, false), (3, 2, false), (3, 2, true)] {
      let all = try Set(
        Self.allReads(type: type, inputs: 4, outDegree: 2, memories: memories, dithered: dithered)
          .map {
            try ClashFreeSchedule(inputs: 4, outputs: 4, memories: 2, leftNeurons: $0).pattern()
              .columns
          })
      var drawn: Set<[UInt32]> = []
      for seed in 0..<400 as Range<UInt64> {
        let recipe = try PatternRecipe(
          family: .clashFree(type: type, memories: memories, dithered: dithered), inputs: 4,
          outputs: 4, edges: 8, seed: seed, junction: 0)
        drawn.insert(try recipe.makePattern().columns)
      }
      #expect(drawn == all, "type \(type)")
    }
  }

  // MARK: - Validity

  @Test(
    "are admitted exactly where no choice gives an edge twice",
    arguments: [1, 2, 3], [false, true])
  func validity(type: Int, dithered: Bool) throws {
    var refused = 0
    for (inputs, outputs, outDegree) in [
      (4, 4, 3), (6, 4, 2), (6, 9, 3), (4, 6, 3), (6, 3, 2), (3, 3, 2), (2, 4, 2), (4, 2, 1),
    ] {
      for memories in (1...inputs).filter({ inputs % $0 == 0 }) {
        let sweeps = Self.sweeps(
          type: type, memories: memories, rows: inputs / memories, dithered: dithered)
        guard type == 3 || pow(Double(sweeps.count), Double(outDegree)) < 20_000 else { continue }
        let repeats = Self.joined(sweeps, type: type, outDegree).contains { reads in
          (try? ClashFreeSchedule(
            inputs: inputs, outputs: outputs, memories: memories, leftNeurons: reads
          ).pattern()) == nil
        }
        let recipe = Result {
          try PatternRecipe.exact(
            family: .clashFree(type: type, memories: memories, dithered: dithered), inputs: inputs,
            outputs: outputs, outDegree: outDegree, seed: 0, junction: 0)
        }
        switch recipe {
        case .success: #expect(!repeats, "\(inputs)→\(outputs), \(outDegree), z \(memories)")
        case .failure(let error):
          refused += 1
          #expect(repeats, "\(inputs)→\(outputs), \(outDegree), z \(memories)")
          let message = (error as? SparseError)?.message ?? ""
          for part in [
            "edge twice", "out-degree that divides the outputs", "in-degree of at most z", "type 3",
          ] { #expect(message.contains(part), "\(message)") }
        }
      }
    }
    #expect((refused == 0) == (type == 3))
  }

  @Test("of every type and shape have constant degrees, no clash, and a schedule that fits")
  func manyShapes() throws {
    for (inputs, outputs) in [(8, 4), (12, 12), (32, 16), (40, 10), (800, 100), (24, 36)] {
      for memories in [1, 2, 4, inputs / 2, inputs] where inputs % memories == 0 {
        for type in 1...3 {
          for dithered in [false, true] {
            let family = try PatternFamily.clashFree(
              type: type, memories: memories, dithered: dithered)
            for density in try #require(
              try family.admissibleDensities(inputs: inputs, outputs: outputs)
            ).prefix(3) {
              try check(family, inputs, outputs, density, memories)
            }
          }
        }
      }
    }
  }

  private func check(
    _ family: PatternFamily, _ inputs: Int, _ outputs: Int, _ density: Double, _ memories: Int
  ) throws {
    for seed in 0..<2 as Range<UInt64> {
      let (recipe, rounding) = try PatternRecipe.nearest(
        family: family, inputs: inputs, outputs: outputs, density: density, seed: seed, junction: 1)
      #expect(rounding == nil && abs(recipe.density - density) < 1e-12)
      let pattern = try recipe.makePattern()
      #expect(pattern.inDegrees.allSatisfy { $0 * outputs == recipe.edges })
      #expect(pattern.outDegrees.allSatisfy { $0 * inputs == recipe.edges })
      #expect(try pattern.firstMemoryClash(memories: memories) == nil)
      let schedule = try ClashFreeSchedule(recipe)
      // Checked again from scratch by the public initialiser.
      let checked = try ClashFreeSchedule(
        inputs: inputs, outputs: outputs, memories: memories, leftNeurons: schedule.leftNeurons)
      #expect(try checked == schedule && checked.pattern() == pattern)
    }
  }

  // MARK: - Golden values

  // Computed by an independent Python program from the documented procedure.
  @Test(
    "are always the same for a recipe",
    arguments: [
      (
        "clash-free:1,z=8", 40, 10, 80, 0, 0,
        "ca25f6d9b9e82aa7413c1d99940e6757e5cd9192d981d3ac01e9e8682844cb43"
      ),
      (
        "clash-free:2,z=100", 800, 100, 16000, 3, 1,
        "cd6039278e08243359e636354bae518ac5ce5259644dfa9d9ac6fa9c98fa3241"
      ),
      (
        "clash-free:3,z=4,dither", 12, 12, 24, 7, 2,
        "adeb83396d02c54133cf46f59b817e5305cf84a978c7927ae816349658db3447"
      ),
      (
        "clash-free:1,z=20,dither", 800, 100, 16000, 1, 0,
        "8659d629c9d81272e38b09e8b09d966cc06e14dde5ea057d6e6fe4c9adf80952"
      ),
    ] as [(String, Int, Int, Int, UInt64, Int, String)])
  func golden(
    family: String, inputs: Int, outputs: Int, edges: Int, seed: UInt64, junction: Int,
    expected: String
  ) throws {
    let recipe = try PatternRecipe(
      family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs, edges: edges,
      seed: seed, junction: junction)
    #expect(recipe.family.description == family)
    #expect(try recipe.makePattern().sha256 == expected)
  }

  // MARK: - Refusals

  @Test(
    "need a type and a number of memories",
    arguments: [
      "clash-free", "clash-free:", "clash-free:1", "clash-free:1,z", "clash-free:1,z=",
      "clash-free:1,z=x", "clash-free:1,8", "clash-free:1,z=8,dithered", "clash-free:1,z=8,",
      "clash-free:1,dither", "clash-free:1,z=8,dither,dither", "clash-free:0,z=8",
      "clash-free:4,z=8", "clash-free:1,z=0", "clash-free:1,z=-1",
      "clash-free:1,z=99999999999999999999", "clash-free:1,z=16777217", "clash-free:z=8,1",
    ])
  func arguments(text: String) throws {
    let error = try #require(
      #expect(throws: SparseError.self) { try PatternFamily(parsing: text) })
    #expect(error.code == .invalidArgument)
    #expect(error.message.lowercased().contains("clash-free"), "\(error.message)")
  }

  @Test("are refused where z or the degrees do not fit, with what would")
  func refusals() throws {
    for (family, inputs, outputs, outDegree, part) in [
      ("clash-free:1,z=7", 40, 10, 2, "z must divide the inputs. Use z=5 or z=8"),
      ("clash-free:1,z=64", 40, 10, 2, "Use z=40, or pad"),
      ("clash-free:3,z=8", 800, 30, 7, "Nearest admissible: 6 and 9"),
      ("clash-free:3,z=8", 800, 30, 31, "between 1 and 30"),
      ("clash-free:2,z=2", 6, 9, 6, "could have an edge twice"),
    ] {
      let error = try #require(
        #expect(throws: SparseError.self) {
          try PatternRecipe.exact(
            family: PatternFamily(parsing: family), inputs: inputs, outputs: outputs,
            outDegree: outDegree, seed: 0, junction: 0)
        })
      #expect(error.message.contains(part), "\(error.message)")
    }
    // A density is moved to degrees that are valid, with the rule as the reason.
    let nearest = try PatternRecipe.nearest(
      family: .clashFree(type: 1, memories: 1), inputs: 8, outputs: 12, density: 0.7, seed: 0,
      junction: 0)
    #expect(nearest.recipe.edges == 48)
    let reason = try #require(nearest.rounding).reason
    #expect(reason.contains("2/4 is the nearest") && reason.contains("twice"), "\(reason)")
  }
}
