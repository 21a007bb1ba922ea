import EarlyExit
import SparseCore
import SparseLayers

/// All policies on one stream.
struct OnlineStudy {
  struct Run {
    let name: String
    let outcome: StreamOutcome
  }

  let table: ExitTable
  let phases: [Range<Int>]
  let runs: [Run]

  init(
    _ file: ModelFile, stream: Dataset, phases: [Range<Int>], calibrated: ExitPolicy?,
    settings: SplitBandit.Settings, isLive: Bool, engine: EngineOptions
  ) throws {
    self.phases = phases
    let loss = file.loss
    let executor = try engine.executor(of: file.network)
    let labeled = try LabeledData(stream, for: file.network)
    let records = try ExitRecords(executor, of: file.network, on: labeled, loss: loss)
    // A bandit's rewards are probabilities, whatever rule the thresholds were calibrated for.
    let temperatures = calibrated?.temperatures
    let table = records.table(rule: MaxProbabilityRule(), temperatures: temperatures)
    self.table = table

    var runs: [Run] = []
    func run(_ policy: StreamPolicy) throws {
      runs.append(Run(name: policy.name, outcome: try table.run(policy, phases: phases)))
    }
    if isLive {
      let outcome = try Self.live(
        file.network, table, labeled, phases, settings, temperatures, loss, engine.backend)
      runs.append(Run(name: "bandit, live", outcome: outcome))
    } else {
      try run(.bandit(settings))
    }
    try run(.random(settings))
    try run(.oracle(settings))
    if let calibrated {
      let own = records.table(rule: calibrated.rule, temperatures: temperatures)
      let policy = StreamPolicy.thresholds(calibrated.thresholds)
      runs.append(Run(name: policy.name, outcome: try own.run(policy, phases: phases)))
    }
    try run(.lastExit)
    self.runs = runs
  }

  /// Computes sample after sample, as far as the bandit says.
  private static func live(
    _ network: Network, _ table: ExitTable, _ data: LabeledData, _ phases: [Range<Int>],
    _ settings: SplitBandit.Settings, _ temperatures: [Float]?, _ loss: Loss, _ backend: Backend
  ) throws -> StreamOutcome {
    let runner = try OnlineRunner(
      network, settings: settings, temperatures: temperatures, loss: loss, backend: backend)
    var line = ProgressLine()
    var exits: [Int] = []
    var arms: [Int] = []
    var isRight: [Bool] = []
    var macs: [Int] = []
    for sample in table.labels.indices {
      line.show("\(sample) of \(table.labels.count) samples")
      let before = runner.macs
      let (answer, arm) = try runner.run(sample, of: data.samples)
      exits.append(answer.exit)
      arms.append(arm)
      isRight.append(answer.label == Int(table.labels[sample]))
      macs.append(runner.macs - before)
    }
    line.clear()
    return StreamOutcome(
      exits: exits, arms: arms, isRight: isRight, macs: macs, phases: phases)
  }

  /// The share of the last exit's cost that a run saves.
  func saved(_ part: StreamOutcome.Part) -> Double {
    1 - part.expectedMACs / Double(table.macs[table.macs.count - 1])
  }
}

/// What `online` prints.
struct OnlineReport: TextReport {
  struct Phase: Encodable {
    var noise: Double?
    var samples: Int
    var accuracy: Double
    var expectedMACs: Double
    var saved: Double

    enum CodingKeys: String, CodingKey {
      case noise, samples, accuracy, saved
      case expectedMACs = "expected_macs"
    }
  }

  struct Policy: Encodable {
    var policy: String
    var total: Phase
    var phases: [Phase]
    /// The share of the samples that left at each exit.
    var shares: [Double]
  }

  var exits: [String]
  var macs: [Int]
  var policies: [Policy]

  init(_ study: OnlineStudy, noise: [Double]) {
    exits = study.table.names
    macs = study.table.macs
    policies = study.runs.map { run in
      func phase(_ part: StreamOutcome.Part, _ samples: Int, _ noise: Double?) -> Phase {
        Phase(
          noise: noise, samples: samples, accuracy: part.accuracy,
          expectedMACs: part.expectedMACs, saved: study.saved(part))
      }
      let left = run.outcome.exits
      return Policy(
        policy: run.name, total: phase(run.outcome.total, left.count, nil),
        phases: zip(run.outcome.phases, zip(study.phases, noise)).map {
          phase($0, $1.0.count, $1.1)
        },
        shares: study.table.names.indices.map { exit in
          Double(left.count { $0 == exit }) / Double(left.count)
        })
    }
  }

  /// The report for people.
  var text: String {
    let phases = policies.first?.phases ?? []
    var table = Table(
      ["policy", "accuracy", "MACs", "saved"]
        + phases.flatMap { phase in
          let noise = phase.noise.map { Text.number($0) } ?? ""
          return ["accuracy, noise \(noise)", "saved, noise \(noise)"]
        } + exits.map { "left at \($0)" })
    for policy in policies {
      let total = policy.total
      table.add(
        [
          policy.policy, Text.percent(total.accuracy),
          Text.rounded(total.expectedMACs), Text.percent(total.saved),
        ] + policy.phases.flatMap { [Text.percent($0.accuracy), Text.percent($0.saved)] }
          + policy.shares.map(Text.percent))
    }
    return """
      \(table.text())

      saved: of the \(Text.count(macs.last ?? 0)) MACs of a sample that goes to the last exit
      oracle: in each phase the best fixed arm in hindsight, by labels, among the arms tried; \
      other thresholds may be better
      """
  }
}
