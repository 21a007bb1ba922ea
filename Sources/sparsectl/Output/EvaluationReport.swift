import EarlyExit
import SparseCore
import SparseLayers

/// What `evaluate` prints.
struct EvaluationReport: TextReport {
  var accuracy: Double
  var loss: Double
  var samples: Int
  var exits: [ExitReport.Exit]
  var expectedMACs: Double
  var rule: String
  /// Per exit but the last, in the rule's own terms; null for never.
  var thresholds: [Float?]
  /// Every branch, heads of other tasks included, as if it answered all samples.
  var branches: [BranchEvaluation]
  /// Every task; the accuracy above is that of the main one.
  var tasks: [String: TaskScore]
  var latency: ExitLatency?
  private let taskText: String?

  enum CodingKeys: String, CodingKey {
    case accuracy, loss, samples, exits, rule, thresholds, branches, tasks, latency
    case expectedMACs = "expected_macs"
  }

  init(
    _ report: ExitReport, of network: Network, policy: ExitPolicy, branches: [BranchEvaluation],
    latency: ExitLatency?
  ) {
    accuracy = report.accuracy
    loss = branches.last?.loss ?? 0
    samples = report.samples
    exits = report.exits
    expectedMACs = report.expectedMACs
    rule = policy.rule.name
    thresholds = policy.settings.thresholds
    self.branches = branches
    tasks = network.ofEachTask { TaskScore(branches[$0]) }
    taskText = network.taskText { branches[$0].accuracy }
    self.latency = latency
  }

  /// The report for people.
  var text: String {
    var text = """
      accuracy \(Text.percent(accuracy)) on \(Text.count(samples, "test sample")), mean loss \
      \(Text.number(loss))
      """
    if exits.count > 1 {
      var table = Table([
        "exit", "threshold", "share", "accuracy there", "lost to last", "gained", "accuracy on all",
        "MACs",
      ])
      for (index, exit) in exits.enumerated() {
        let isLast = index == exits.count - 1
        table.add([
          exit.exit,
          isLast ? "–" : thresholds[index].map { Text.number(Double($0), decimals: 6) } ?? "never",
          Text.percent(exit.share), exit.accuracy.map(Text.percent) ?? "–",
          Text.count(exit.lostToLast), Text.count(exit.gainedOverLast),
          Text.percent(exit.accuracyOnAll), Text.count(exit.macs),
        ])
      }
      let last = exits[exits.count - 1].macs
      text += """
         of the last exit

        \(table.text())

        by \(rule): \(Text.rounded(expectedMACs)) MACs a sample instead of \
        \(Text.count(last)), \(Text.ratio(Double(last) / max(expectedMACs, 1))) fewer
        """
    }
    if let taskText { text += "\nevery task, at its last exit: \(taskText)" }
    if let latency { text += "\n" + latency.text }
    return text
  }
}

/// The time that single samples take, one after the other.
struct ExitLatency: Encodable {
  /// The mean of a sample in microseconds: with the exits, and when all go to the last.
  var microseconds: Double
  var lastExitMicroseconds: Double
  /// The multiply–adds that were really computed, a sample's mean.
  var countedMACs: Double
  var samples: Int

  enum CodingKeys: String, CodingKey {
    case microseconds, samples
    case lastExitMicroseconds = "last_exit_microseconds"
    case countedMACs = "counted_macs"
  }

  /// Times the first samples in turns, and takes the medians of several rounds.
  init(
    _ network: Network, policy: ExitPolicy, samples: Samples, loss: Loss, backend: Backend
  ) throws {
    let chosen = samples.indices.prefix(2000)
    let runner = try ExitRunner(
      network, policy: policy, loss: loss, backend: backend, batchCapacity: 1)
    let never = Array(repeating: Float.infinity, count: policy.thresholds.count)
    var times: [[Double]] = [[], []]
    var macs = 0
    for round in 0..<12 {
      runner.policy.thresholds = round % 2 == 0 ? policy.thresholds : never
      runner.macs = 0
      let start = ContinuousClock.now
      for index in chosen.indices { _ = try runner.run(chosen[index...index], of: samples) }
      times[round % 2].append(start.duration(to: .now) / .microseconds(chosen.count))
      if round % 2 == 0 { macs = runner.macs }
    }
    microseconds = times[0].median ?? 0
    lastExitMicroseconds = times[1].median ?? 0
    countedMACs = Double(macs) / Double(chosen.count)
    self.samples = chosen.count
  }

  /// The times for people.
  var text: String {
    """
    one sample at a time: \(Text.fixed(microseconds, 1)) µs, all to the last exit \
    \(Text.fixed(lastExitMicroseconds, 1)) µs \
    (\(Text.ratio(lastExitMicroseconds / max(microseconds, 1e-9))); mean of \
    \(Text.count(samples, "sample")))
    """
  }
}

/// Accuracy over cost, as a file.
struct ExitCurve {
  private var table = Table(["threshold", "accuracy", "expected_macs"])

  /// - Parameters:
  ///   - exits: Answers and confidences.
  ///   - rule: Translates confidences.
  init(_ exits: ExitTable, rule: any ConfidenceRule) {
    for point in exits.commonThresholdCurve() {
      table.add([
        point.thresholds.first?.map { Text.number(Double(rule.inOtherTerms($0)), decimals: 8) }
          ?? "",
        Text.number(point.accuracy, decimals: 6), Text.number(point.expectedMACs, decimals: 2),
      ])
    }
  }

  func write(to path: String) throws {
    let text = table.text(.csv) + "\n"
    try AtomicFile.write(to: path) { try $0.write(text) }
  }
}
