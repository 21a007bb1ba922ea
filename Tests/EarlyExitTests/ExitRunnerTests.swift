import EarlyExit
import SparseCore
import SparseLayers
import Testing
import _AllocationCounter
import _SparseTestSupport

@Suite("The incremental runner") struct ExitRunnerTests {
  /// The plain network's answers to the same samples, batch by batch as the runner takes them.
  private func logits(_ network: Network, _ samples: Samples, capacity: Int) throws -> [[Float]] {
    let executor = try NetworkExecutor(network, backend: .native, batchCapacity: capacity)
    return try executor.outputs(samples)
  }

  private func runner(
    _ network: Network, _ policy: ExitPolicy, capacity: Int, threads: Int = 1
  ) throws -> ExitRunner {
    try ExitRunner(
      network, policy: policy, backend: .native, threads: threads, batchCapacity: capacity)
  }

  @Test(
    "gives the plain network's last answers, bit for bit, when nobody leaves early",
    arguments: [1, 7, 64, 150], [1, 2])
  func never(samples: Int, threads: Int) throws {
    let network = try exitNetwork()
    let data = try exitData(samples: samples)
    let chosen = try Samples(data, for: network)
    let runner = try runner(network, .never(exits: 3), capacity: samples, threads: threads)
    let answers = try runner.run(chosen.indices[...], of: chosen)
    let probabilities = try NetworkExecutor(
      network, backend: .native, batchCapacity: samples
    ).probabilities(chosen)[2]
    #expect(answers.count == samples && answers.allSatisfy { $0.exit == 2 })
    for (sample, answer) in answers.enumerated() {
      let row = probabilities[sample * 8..<(sample + 1) * 8]
      #expect(answer.probability == row.max(), "sample \(sample)")
      #expect(row[row.startIndex + answer.label] == row.max())
    }
    #expect(runner.macs == samples * network.exitStages[2].totalMACs)
  }

  @Test("spends only the first exit's multiply–adds when everybody leaves there")
  func always() throws {
    let network = try exitNetwork()
    let policy = ExitPolicy(thresholds: [-.infinity, .infinity])
    let runner = try runner(network, policy, capacity: 100)
    let samples = try Samples(try exitData(samples: 100), for: network)
    let answers = try runner.run(samples.indices[...], of: samples)
    #expect(answers.allSatisfy { $0.exit == 0 })
    #expect(runner.macs == 100 * network.exitStages[0].totalMACs)
    let edges = network.junctions.filter { ["backbone.0", "exit1.0"].contains($0.name) }
      .reduce(0) { $0 + $1.layer.pattern.edgeCount }
    #expect(network.exitStages[0].totalMACs == edges)
  }

  @Test(
    "keeps the order, decides as the recorded outputs do, and counts what it computed",
    arguments: [1, 3, 64, 65, 200], 0..<4 as Range<UInt64>)
  func mixtures(samples: Int, seed: UInt64) throws {
    let network = try exitNetwork(seed: seed + 10)
    let data = try exitData(samples: samples, seed: seed)
    let chosen = try Samples(data, for: network)
    let labeled = try LabeledData(data, for: network)
    let executor = try NetworkExecutor(network, backend: .native, batchCapacity: 64)
    let records = try ExitRecords(executor, of: network, on: labeled)
    var stream = RandomStream(seed: seed, purpose: "thresholds")
    for rule in ConfidenceRules.all {
      let table = records.table(rule: rule, temperatures: [1, 1.5, 2])
      // Thresholds between the confidences seen: compaction changes the last bits of some.
      let thresholds = (0..<2).map { exit -> Float in
        let seen = table.confidences[exit].sorted()
        let index = stream.below(seen.count)
        return index == 0 ? -.infinity : (seen[index - 1] + seen[index]) / 2
      }
      let policy = ExitPolicy(rule: rule, thresholds: thresholds, temperatures: [1, 1.5, 2])
      let runner = try runner(network, policy, capacity: 200, threads: 2)
      let answers = try runner.run(chosen.indices[...], of: chosen)
      let exits = table.exits(thresholds: thresholds)
      let ambiguous = chosen.indices.filter { sample in
        (0..<2).contains { abs(table.confidences[$0][sample] - thresholds[$0]) < 1e-5 }
      }
      for sample in chosen.indices where !ambiguous.contains(sample) {
        let answer = answers[sample]
        #expect(answer.exit == exits[sample], "\(rule.name), sample \(sample)")
        #expect(Int32(answer.label) == table.answers[exits[sample]][sample])
        #expect(abs(answer.confidence - table.confidences[exits[sample]][sample]) < 1e-4)
      }
      #expect(runner.macs == answers.reduce(0) { $0 + network.exitStages[$1.exit].totalMACs })
    }
  }

  @Test("leaves heads of other tasks alone, and takes rows as well as data sets")
  func otherTasks() throws {
    let network = try exitNetwork(secondTask: true)
    #expect(network.exits == [0, 1, 3])
    let data = try exitData(samples: 30)
    let samples = try Samples(data, for: network)
    let policy = ExitPolicy(thresholds: [0.5, 0.5])
    let runner = try runner(network, policy, capacity: 30)
    let answers = Array(try runner.run(samples.indices[...], of: samples))
    guard case .floats(let rows) = data.features else {
      Issue.record("clusters are floats")
      return
    }
    #expect(Array(try runner.run(rows: rows)) == answers)
    #expect(try runner.run(rows: []).isEmpty)
    #expect(throws: SparseError.self) { try runner.run(rows: [1, 2, 3]) }
    #expect(throws: SparseError.self) { try runner.run(rows: rows + rows) }
  }

  @Test("refuses policies of another number of exits, and temperatures that are none")
  func unfit() throws {
    let network = try exitNetwork()
    for policy in [
      ExitPolicy(thresholds: [0.5]), ExitPolicy(thresholds: [0.5, 0.5, 0.5]),
      ExitPolicy(thresholds: [0.5, .nan]),
      ExitPolicy(thresholds: [0.5, 0.5], temperatures: [1, 1]),
      ExitPolicy(thresholds: [0.5, 0.5], temperatures: [1, 0, 1]),
    ] {
      #expect(throws: SparseError.self) { _ = try self.runner(network, policy, capacity: 1) }
    }
  }

  @Test("works with a rule of one's own")
  func ownRule() throws {
    struct EvenAnswers: ConfidenceRule {
      let name = "even answers"
      func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
        var best = 0
        for index in 0..<probabilities.count where probabilities[index] > probabilities[best] {
          best = index
        }
        return best.isMultiple(of: 2) ? 1 : 0
      }
    }
    let network = try exitNetwork()
    let policy = ExitPolicy(rule: EvenAnswers(), thresholds: [1, 1])
    let samples = try Samples(try exitData(samples: 50), for: network)
    let answers = try runner(network, policy, capacity: 50).run(samples.indices[...], of: samples)
    #expect(answers.allSatisfy { $0.exit == 2 || $0.label.isMultiple(of: 2) })
    #expect(Set(answers.map(\.exit)).count > 1)
  }
}

#if DEBUG
private let canCount = false
#else
private let canCount = allocation_counter_works() == 1
#endif

@Suite(
  "The incremental runner takes no memory once it is warm",
  .enabled(
    if: canCount,
    "allocations are counted in optimised builds with glibc, without a sanitizer"))
struct ExitRunnerAllocationTests {
  static func allocations(batch: Int) throws -> Int {
    let network = try exitNetwork()
    let samples = try Samples(try exitData(samples: 100), for: network)
    let runner = try ExitRunner(
      network, policy: ExitPolicy(rule: EntropyRule(), thresholds: [-1.2, -1.2]), backend: .native,
      batchCapacity: batch)
    var exits = [0, 0, 0]
    for round in 0..<2 {
      if round == 1 { allocation_counter_start() }
      for start in stride(from: 0, to: 100, by: batch) {
        let end = min(start + batch, 100)
        for answer in try runner.run(samples.indices[start..<end], of: samples) {
          exits[answer.exit] += 1
        }
      }
    }
    let count = Int(allocation_counter_stop())
    // Samples left everywhere, or the counting would have missed a stage.
    return exits.contains(0) ? -1 : count
  }

  @Test("one sample at a time")
  func one() async {
    await #expect(processExitsWith: .success) {
      let count = try ExitRunnerAllocationTests.allocations(batch: 1)
      #expect(count == 0)
    }
  }

  @Test("batch by batch")
  func batches() async {
    await #expect(processExitsWith: .success) {
      let count = try ExitRunnerAllocationTests.allocations(batch: 40)
      #expect(count == 0)
    }
  }
}
