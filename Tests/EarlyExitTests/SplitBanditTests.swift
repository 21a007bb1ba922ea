import EarlyExit
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@Suite("The online policy") struct SplitBanditTests {
  /// A made-up stream of two exits: the first one is sure and right in the first half, and neither in
  /// the second; the last one is right nine times out of ten.
  private func stream(samples: Int, seed: UInt64) throws -> (ExitTable, [Range<Int>]) {
    var random = RandomStream(seed: seed, purpose: "made-up stream")
    let half = samples / 2
    var outputs: [[Float]] = [[], []]
    for sample in 0..<samples {
      func output(right: Double, sure: Float) -> [Float] {
        random.uniform() < right ? [sure, 0] : [0, sure]
      }
      outputs[0] += sample < half ? output(right: 0.97, sure: 4) : output(right: 0.55, sure: 0.2)
      outputs[1] += output(right: 0.98, sure: 4)
    }
    let records = try ExitRecords(
      names: ["early", "last"], macs: [100, 1000], outputs: outputs,
      labels: Array(repeating: 0, count: samples))
    return (records.table(rule: MaxProbabilityRule()), [0..<half, half..<samples])
  }

  private func settings(seed: UInt64) -> SplitBandit.Settings {
    var settings = SplitBandit.Settings()
    settings.seed = seed
    return settings
  }

  @Test("follows a stream that drifts", arguments: 0..<3 as Range<UInt64>, [true, false])
  func drift(seed: UInt64, sharing: Bool) throws {
    let (table, phases) = try stream(samples: 6000, seed: seed)
    var settings = settings(seed: seed)
    settings.sharesObservations = sharing
    // Early exits that are not sure are never taken: only going on is left then.
    settings.thresholds = [0.5, 0.9]
    settings.costWeight = 0.3
    let bandit = try table.run(.bandit(settings), phases: phases)
    let random = try table.run(.random(settings), phases: phases)
    let oracle = try table.run(.oracle(settings), phases: phases)
    let last = try table.run(.lastExit, phases: phases)
    #expect(last.total.expectedMACs == 1000)
    // While the first exit is good nearly all samples leave there, afterwards hardly any.
    #expect(bandit.phases[0].expectedMACs < 250)
    #expect(bandit.phases[1].expectedMACs > 750)
    func utility(_ outcome: StreamOutcome) -> Double {
      outcome.total.accuracy - settings.costWeight * outcome.total.expectedMACs / 1000
    }
    #expect(utility(bandit) > utility(random))
    #expect(utility(bandit) > utility(last))
    #expect(utility(oracle) >= utility(bandit) - 0.01)
    #expect(utility(oracle) - utility(bandit) < 0.05)
  }

  @Test("the oracle is the best arm of each phase, by enumeration")
  func oracle() throws {
    let (table, phases) = try stream(samples: 400, seed: 3)
    let settings = settings(seed: 0)
    let oracle = try table.run(.oracle(settings), phases: phases)
    let arms = try SplitBandit(macs: table.macs, settings: settings).arms
    for (phase, part) in zip(phases, oracle.phases) {
      let utilities = arms.map { arm in
        let thresholds = [arm.threshold ?? .infinity]
        let exits = table.exits(thresholds: thresholds)
        let own = table.part(phase, exits: exits)
        return own.accuracy - settings.costWeight * own.expectedMACs / 1000
      }
      let best = try #require(utilities.max())
      #expect(abs(part.accuracy - settings.costWeight * part.expectedMACs / 1000 - best) < 1e-9)
    }
  }

  @Test("makes the same choices for the same seed and confidences")
  func deterministic() throws {
    let (table, _) = try stream(samples: 500, seed: 1)
    let first = try table.run(.bandit(settings(seed: 5)))
    #expect(try table.run(.bandit(settings(seed: 5))).arms == first.arms)
    // Without sharing all arms are untried at first, and the seed decides their order.
    var alone = settings(seed: 5)
    alone.sharesObservations = false
    let fifth = try table.run(.bandit(alone)).arms
    alone.seed = 6
    #expect(try table.run(.bandit(alone)).arms != fifth)
    #expect(Set(fifth.prefix(6)).count == 6)
  }

  @Test("a recorded stream and a live one are decided alike")
  func live() throws {
    let network = try exitNetwork()
    let data = try exitData(samples: 300)
    let labeled = try LabeledData(data, for: network)
    let executor = try NetworkExecutor(network, backend: .native, batchCapacity: 1)
    let records = try ExitRecords(executor, of: network, on: labeled)
    var settings = settings(seed: 2)
    settings.thresholds = [0.2, 0.4, 0.8]
    let recorded = try records.table(rule: MaxProbabilityRule()).run(.bandit(settings))
    let runner = try OnlineRunner(network, settings: settings, backend: .native)
    let answers = try labeled.indices.map { try runner.run($0, of: labeled.samples) }
    #expect(answers.map(\.arm) == recorded.arms)
    #expect(answers.map(\.answer.exit) == recorded.exits)
    // Only what was needed was computed.
    let stages = network.exitStages
    #expect(runner.macs == recorded.exits.reduce(0) { $0 + stages[$1].totalMACs })
    #expect(Set(recorded.exits).count > 1)
  }

  @Test("refuses settings out of their ranges, each by name")
  func badSettings() throws {
    func message(
      _ macs: [Int] = [1, 2], _ change: (inout SplitBandit.Settings) -> Void
    ) throws -> String {
      var settings = SplitBandit.Settings()
      change(&settings)
      let error = try #require(throws: SparseError.self) {
        try SplitBandit(macs: macs, settings: settings)
      }
      return error.message
    }
    #expect(try message([5]) { _ in }.contains("early exits"))
    #expect(try message { $0.thresholds = [] }.contains("thresholds"))
    #expect(try message { $0.thresholds = [.nan] }.contains("thresholds"))
    #expect(try message { $0.costWeight = -1 }.contains("cost weight"))
    #expect(try message { $0.transmissionCost = .infinity }.contains("transmission"))
    #expect(try message { $0.exploration = .nan }.contains("exploration"))
    #expect(try message { $0.discount = 0 }.contains("discount"))
  }
}

@Suite("A drifting stream") struct DriftingStreamTests {
  @Test("holds every sample once, with noise of the phase's deviation")
  func noise() throws {
    let data = try exitData(samples: 1001)
    let (stream, phases) = try data.drifting(noise: [0, 0.5, 0], seed: 4)
    #expect(phases.map(\.count) == [333, 334, 334] && phases.last?.upperBound == 1001)
    guard case .floats(let noisy) = stream.features else {
      Issue.record("no floats")
      return
    }
    let clean = try data.drifting(noise: [0, 0, 0], seed: 4).stream
    guard case .floats(let before) = clean.features else {
      Issue.record("no floats")
      return
    }
    let features = data.featureCount
    for (index, phase) in phases.enumerated() {
      let range = phase.lowerBound * features..<phase.upperBound * features
      let squares = range.reduce(0.0) {
        let difference = Double(noisy[$1] - before[$1])
        return $0 + difference * difference
      }
      let deviation = (squares / Double(range.count)).squareRoot()
      #expect(index == 1 ? abs(deviation - 0.5) < 0.02 : deviation == 0)
    }
    #expect(clean.targets[0].labels.sorted() == data.targets[0].labels.sorted())
    #expect(clean.targets[0].labels != data.targets[0].labels)
    #expect(try data.drifting(noise: [0, 0.5, 0], seed: 4).stream.features.count == noisy.count)
  }

  @Test(
    "refuses what is no deviation, and more phases than samples", arguments: [[-1], [.nan], []])
  func refused(noise: [Double]) throws {
    let data = try exitData(samples: 2)
    #expect(throws: SparseError.self) { try data.drifting(noise: noise, seed: 0) }
    #expect(throws: SparseError.self) { try data.drifting(noise: [0, 0, 0], seed: 0) }
  }
}
