import EarlyExit
import Foundation
import SparseCore
import Testing

@Suite("The threshold solver") struct ThresholdSolverTests {
  /// Every combination of thresholds that makes a difference.
  private func allThresholds(_ table: ExitTable) -> [[Float]] {
    table.confidences.dropLast().reduce([[]]) { lists, confidences in
      let candidates = Set(confidences).sorted() + [.infinity]
      return lists.flatMap { list in candidates.map { list + [$0] } }
    }
  }

  /// Costs and errors, counted sample by sample from the definition.
  private func count(_ table: ExitTable, _ thresholds: [Float]) -> (macs: Int, errors: Int) {
    var macs = 0
    var errors = 0
    for sample in table.labels.indices {
      var exit = 0
      while exit < thresholds.count, table.confidences[exit][sample] < thresholds[exit] {
        exit += 1
      }
      macs += table.macs[exit]
      if table.answers[exit][sample] != table.labels[sample] { errors += 1 }
    }
    return (macs, errors)
  }

  @Test(
    "finds the optimum of a single early exit, for every aim", arguments: 0..<12 as Range<UInt64>)
  func oneExit(seed: UInt64) throws {
    let records = try randomRecords(
      samples: 60, exits: 2, seed: seed, levels: seed % 2 == 0 ? 0 : 4)
    for rule in ConfidenceRules.all {
      let table = records.table(rule: rule)
      let solver = ThresholdSolver(table)
      let all = allThresholds(table).map { count(table, $0) }
      let lastErrors = count(table, [.infinity]).errors
      for loss in [0, 0.02, 0.1, 1] {
        let found = try solver.solve(maxAccuracyLoss: loss)
        let limit = lastErrors + Int((loss * 60).rounded(.down))
        #expect(count(table, found.thresholds) == (found.macs, found.errors))
        #expect(found.errors <= limit)
        #expect(found.macs == all.filter { $0.errors <= limit }.map(\.macs).min())
      }
      for share in [0.0, 0.3, 0.7, 1] {
        let target = Double(table.macs[0]) + share * Double(table.macs[1] - table.macs[0])
        let found = try solver.solve(targetMACs: target)
        let limit = Int(target * 60)
        #expect(found.macs <= limit)
        #expect(found.errors == all.filter { $0.macs <= limit }.map(\.errors).min())
      }
    }
  }

  @Test(
    "keeps the limits with several exits, and comes near the optimum of all combinations",
    arguments: 0..<8 as Range<UInt64>)
  func severalExits(seed: UInt64) throws {
    let records = try randomRecords(samples: 40, exits: 3, seed: seed)
    let table = records.table(rule: MaxProbabilityRule())
    let solver = ThresholdSolver(table)
    let all = allThresholds(table).map { count(table, $0) }
    let last = count(table, [.infinity, .infinity])
    for loss in [0, 0.05, 0.1] {
      let found = try solver.solve(maxAccuracyLoss: loss)
      let limit = last.errors + Int(loss * 40)
      let optimum = try #require(all.filter { $0.errors <= limit }.map(\.macs).min())
      #expect(found.errors <= limit && found.macs >= optimum)
      // The savings that the best combination would bring, but for a tenth.
      #expect(Double(last.macs - found.macs) >= 0.9 * Double(last.macs - optimum), "seed \(seed)")
    }
  }

  @Test("lets the shares leave that are asked for")
  func shares() throws {
    let records = try randomRecords(samples: 200, exits: 3, seed: 3)
    let table = records.table(rule: MarginRule())
    let found = try ThresholdSolver(table).solve(shares: [0.5, 0.3, 0.2])
    let exits = table.exits(thresholds: found.thresholds)
    #expect((0..<3).map { exit in exits.count { $0 == exit } } == [100, 60, 40])
    let none = try ThresholdSolver(table).solve(shares: [0, 0, 1])
    #expect(none.thresholds == [.infinity, .infinity])
    for shares in [[0.5, 0.5], [0.5, 0.4, 0.2], [-0.1, 0.6, 0.5], [.nan, 0.5, 0.5]] {
      #expect(throws: SparseError.self) { try ThresholdSolver(table).solve(shares: shares) }
    }
  }

  @Test("refuses limits that cannot be kept")
  func impossible() throws {
    let solver = ThresholdSolver(
      try randomRecords(samples: 20, exits: 3, seed: 3).table(rule: MarginRule()))
    for loss in [-0.1, 1.1, .nan] {
      #expect(throws: SparseError.self) { try solver.solve(maxAccuracyLoss: loss) }
    }
    for macs in [99.0, -1, .nan] {
      #expect(throws: SparseError.self) { try solver.solve(targetMACs: macs) }
    }
    #expect(try solver.solve(targetMACs: .infinity).errors <= 20)
  }

  @Test("counts a share of the samples as it was meant", arguments: [0.0003, 0.00029])
  func decimalShares(loss: Double) throws {
    // 0.0003 · 10 000 is a little less than 3 in Double; 3 samples are wrong at the early exit.
    let samples = 10_000
    let early = (0..<samples).flatMap { $0 < 3 ? [0, 1] : [1, 0] as [Float] }
    let last = (0..<samples).flatMap { _ in [1, 0] as [Float] }
    let records = try ExitRecords(
      names: ["exit1", "output"], macs: [10, 100], outputs: [early, last],
      labels: Array(repeating: 0, count: samples))
    let solver = ThresholdSolver(records.table(rule: MaxProbabilityRule()))
    #expect(try solver.solve(maxAccuracyLoss: loss).errors == (loss == 0.0003 ? 3 : 0))
  }

  @Test("never loses when more may be lost or spent")
  func monotone() throws {
    let table = try randomRecords(samples: 500, exits: 4, seed: 5).table(rule: EntropyRule())
    let solver = ThresholdSolver(table)
    let path = solver.path()
    #expect(path.count > 5)
    #expect(path.first?.macs == 500 * table.macs[0])
    let costs = try [0, 0.01, 0.02, 0.05, 0.1].map { try solver.solve(maxAccuracyLoss: $0).macs }
    #expect(costs == costs.sorted(by: >))
  }
}

@Suite(
  "The threshold solver and NumPy",
  .enabled(
    if: ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"] != nil,
    "set SPARSE_TEST_PYTHON to a Python with numpy"))
struct ThresholdSolverInteropTests {
  @Test("agree to the last threshold on stored outputs", arguments: [1, 2, 3] as [UInt64])
  func agree(seed: UInt64) throws {
    let records = try randomRecords(samples: 120, exits: 3, seed: seed, levels: 16)
    let table = records.table(rule: MaxProbabilityRule())
    let solver = ThresholdSolver(table)
    let swift =
      try [0, 0.01, 0.03].map { try solver.solve(maxAccuracyLoss: $0).thresholds }
      + [150, 250, 400].map { try solver.solve(targetMACs: $0).thresholds }
    let input = Input(
      confidences: table.confidences, answers: table.answers, labels: table.labels,
      macs: table.macs,
      losses: [0, 0.01, 0.03], targets: [150, 250, 400])
    let python = try runPython(Self.script, input: JSONEncoder().encode(input))
    let found = try JSONDecoder().decode([[Float?]].self, from: python)
    #expect(found.map { $0.map { $0 ?? .infinity } } == swift)
  }

  private struct Input: Encodable {
    var confidences: [[Float]]
    var answers: [[Int32]]
    var labels: [Int32]
    var macs: [Int]
    var losses: [Double]
    var targets: [Double]
  }

  /// The search of the documentation, written for arrays.
  private static let script = """
    import itertools, json, sys
    import numpy as np

    data = json.load(sys.stdin)
    conf = np.array(data["confidences"], dtype=np.float32)
    wrong = (np.array(data["answers"]) != np.array(data["labels"])).astype(np.int64)
    macs = np.array(data["macs"], dtype=np.int64)
    early, n = conf.shape[0] - 1, conf.shape[1]

    def leave(t):
        fires = np.vstack([conf[:early] >= t[:, None], np.ones((1, n), bool)])
        return fires.argmax(axis=0)

    def totals(t):
        e = leave(t)
        return int(macs[e].sum()), int(wrong[e, np.arange(n)].sum())

    def improve(t, k, objective):
        t = t.copy()
        t[k] = np.inf
        here = np.ones(n, bool)
        for j in range(k):
            here &= conf[j] < t[j]
        later = leave(t)
        values = np.unique(conf[k][here])[::-1]
        base_cost, base_wrong = totals(t)
        dcost = np.where(here, macs[k] - macs[later], 0)
        dwrong = np.where(here, wrong[k] - wrong[later, np.arange(n)], 0)
        best, best_t = objective(base_cost, base_wrong), np.inf
        for v in values:
            gone = conf[k] >= v
            value = objective(base_cost + int(dcost[gone].sum()), base_wrong + int(dwrong[gone].sum()))
            if value is not None and (best is None or value < best):
                best, best_t = value, v
        t[k] = best_t
        return t

    def descend(t, objective):
        for _ in range(100):
            before = t.copy()
            for k in range(early):
                t = improve(t, k, objective)
            if np.array_equal(t, before):
                break
        return t

    never = np.full(early, np.inf, dtype=np.float32)
    prices, most = [1], int(macs[-1]) * n + 1
    while prices[-1] < most:
        prices.append(max(prices[-1] + 1, prices[-1] // 4 * 5))
    path = {}
    for p in prices:
        t = descend(never, lambda c, e: (c + p * e,))
        path[tuple(t.tolist())] = totals(t)
    path = sorted(path.items(), key=lambda item: item[1])

    levels = 1
    while levels < 16 and (levels + 1) ** early <= 256:
        levels += 1
    quantiles = [[np.sort(c)[::-1][(2 * i + 1) * n // (2 * levels)] for i in range(levels)]
                 for c in conf[:early]]
    grid = [np.array(t, dtype=np.float32) for t in itertools.product(*quantiles)] if early > 1 else []

    def best(objective):
        chosen, value = never, objective(*totals(never))
        for start in [never] + [np.array(t, dtype=np.float32) for t, _ in path] + grid:
            if objective(*totals(start)) is None:
                continue
            t = descend(start, objective)
            v = objective(*totals(t))
            if value is None or v < value:
                chosen, value = t, v
        return chosen

    result = []
    for loss in data["losses"]:
        limit = totals(never)[1] + int(loss * n)
        result.append(best(lambda c, e: (c, e) if e <= limit else None))
    for target in data["targets"]:
        limit = int(target * n)
        result.append(best(lambda c, e: (e, c) if c <= limit else None))
    print(json.dumps([[None if np.isinf(x) else float(x) for x in t] for t in result]))
    """
}

/// Runs a Python program.
private func runPython(_ script: String, input: Data) throws -> Data {
  let interpreter = ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"] ?? "python3"
  let process = Process()
  process.executableURL = URL(fileURLWithPath: interpreter)
  process.arguments = ["-c", script]
  let (standardInput, standardOutput) = (Pipe(), Pipe())
  process.standardInput = standardInput
  process.standardOutput = standardOutput
  try process.run()
  try standardInput.fileHandleForWriting.write(contentsOf: input)
  try standardInput.fileHandleForWriting.close()
  let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0)
  return output
}
