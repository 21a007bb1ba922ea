#if Networking
import EarlyExit
import SparseCore
import SparseLayers
import SplitServing

/// What `edge` prints.
struct EdgeReport: TextReport {
  /// One exit of the whole network, the output included.
  struct Exit: Encodable {
    /// The branch's name.
    var exit: String
    /// The samples that it answered, degraded answers not counted.
    var share: Double
    /// The share of right answers among them; null when there are none.
    @NullWhenMissing var accuracy: Double?
    /// The multiply–adds of a sample that goes there, on both sides; of the output those by way of the
    /// deepest cut, and null where only the edge part is known.
    @NullWhenMissing var macs: Int?
  }

  /// Milliseconds from when a sample is taken to its answer.
  struct Latency: Encodable {
    var mean: Double
    var p50: Double
    var p90: Double
    var p99: Double
    var maximum: Double

    enum CodingKeys: String, CodingKey {
      case mean, p50, p90, p99
      case maximum = "max"
    }

    init(_ durations: [Duration]) {
      let sorted = durations.map { $0 / .milliseconds(1) }.sorted()
      func quantile(_ share: Double) -> Double {
        sorted.isEmpty ? 0 : sorted.sortedQuantile(share)
      }
      mean = sorted.reduce(0, +) / Double(max(sorted.count, 1))
      (p50, p90, p99) = (quantile(0.5), quantile(0.9), quantile(0.99))
      maximum = sorted.last ?? 0
    }
  }

  /// One cut of the device.
  struct Cut: Encodable {
    /// The hidden layers that are computed here.
    var split: Int
    /// The samples computed for it.
    var samples: Int
    /// The requests that its server answered.
    var answered: Int
  }

  var accuracy: Double
  var samples: Int
  var exits: [Exit]
  var cuts: [Cut]
  /// Samples that the remote part was needed for: those it answered, and the degraded ones.
  var sent: Int
  var degraded: Int
  /// The share of right answers among the degraded ones; null when there are none.
  @NullWhenMissing var degradedAccuracy: Double?
  /// Degraded samples that no exit had seen.
  var unanswered: Int
  var bytesSent: Int
  var bytesReceived: Int
  var latency: Latency
  var seconds: Double
  var edgeMACs: Int
  var payload: String
  var retries: Int
  var refused: Int
  var breakerOpenings: Int
  /// Requests that were given up, by reason.
  var failures: [String: Int]

  enum CodingKeys: String, CodingKey {
    case accuracy, samples, exits, cuts, sent, degraded, unanswered, seconds, payload
    case retries, refused, failures
    case degradedAccuracy = "degraded_accuracy"
    case bytesSent = "bytes_sent"
    case bytesReceived = "bytes_received"
    case latency = "latency_ms"
    case edgeMACs = "edge_macs"
    case breakerOpenings = "breaker_openings"
  }

  /// Sums up what became of the samples.
  ///
  /// - Parameters:
  ///   - answers: One answer per sample.
  ///   - labels: The right ones, one per answer.
  ///   - network: The whole network, where it is known.
  ///   - device: Who answered.
  ///   - payload: How what crosses the cut was written.
  ///   - seconds: How long it took.
  /// - Throws: What `Network` throws.
  init(
    _ answers: [EdgePart.Answer], labels: [Int32], network: Network?, device: EdgeDevice,
    payload: BoundaryPayload, seconds: Double
  ) throws {
    let isRight = zip(answers, labels).map { answer, label in answer.label == Int(label) }
    let count = Double(max(answers.count, 1))
    accuracy = Double(isRight.count { $0 }) / count
    samples = answers.count
    let edges = device.cuts.map(\.edge)
    let edge = edges.max { $0.exitCount < $1.exitCount } ?? edges[0]
    func shareRight(of samples: [Int]) -> Double? {
      samples.isEmpty ? nil : Double(samples.count { isRight[$0] }) / Double(samples.count)
    }
    let outputMACs = try network.flatMap { try $0.macs(ofOutputAfterExits: edge.exitCount) }
    exits = (Array(0..<edge.exitCount) + [edge.split.output.exit]).map { exit in
      let here = answers.indices.filter {
        answers[$0].exit == exit && answers[$0].source != .degraded
      }
      return Exit(
        exit: edge.name(ofExit: exit), share: Double(here.count) / count,
        accuracy: shareRight(of: here), macs: edge.macs(ofExit: exit) ?? outputMACs)
    }
    let degradedSamples = answers.indices.filter { answers[$0].source == .degraded }
    degraded = degradedSamples.count
    degradedAccuracy = shareRight(of: degradedSamples)
    unanswered = answers.count { $0.label == nil }
    sent = answers.count { $0.source != .exit }
    let statistics = device.cuts.map(\.remote.statistics)
    func sum(_ count: KeyPath<RemotePart.Statistics, Int>) -> Int {
      statistics.reduce(0) { $0 + $1[keyPath: count] }
    }
    cuts = device.cuts.indices.map { index in
      Cut(
        split: device.cuts[index].edge.split.hiddenLayers, samples: device.samples[index],
        answered: statistics[index].answered)
    }
    (bytesSent, bytesReceived) = (sum(\.bytesSent), sum(\.bytesReceived))
    latency = Latency(answers.map(\.latency))
    self.seconds = seconds
    edgeMACs = device.macs
    self.payload = payload.rawValue
    (retries, refused) = (sum(\.retries), sum(\.refused))
    breakerOpenings = sum(\.openings)
    failures = statistics.reduce(into: [:]) { sums, own in
      sums.merge(own.failures.mapValues(\.count), uniquingKeysWith: +)
    }
  }

  /// The report for people.
  var text: String {
    var table = Table(["answered by", "share", "accuracy there", "MACs"])
    for exit in exits {
      table.add([
        exit.exit, Text.percent(exit.share), exit.accuracy.map(Text.percent) ?? "–",
        exit.macs.map(Text.count) ?? "–",
      ])
    }
    let ofAll = Double(max(samples, 1))
    if degraded > 0 {
      table.add([
        "degraded", Text.percent(Double(degraded) / ofAll),
        degradedAccuracy.map(Text.percent) ?? "–", "–",
      ])
    }
    func milliseconds(_ value: Double) -> String { Text.fixed(value, 2) }
    let places =
      cuts.count > 1
      ? "\ncuts: "
        + cuts.map { "after \($0.split) \(Text.count($0.samples, "sample"))" }
        .joined(separator: ", ")
      : ""
    // Of those that it did not answer nobody knows whether they were sent.
    let answered = sent - degraded
    let perSample =
      answered > 0 ? " (\(Text.rounded(Double(bytesSent) / Double(answered))) for each answer)" : ""
    return """
      accuracy \(Text.percent(accuracy)) on \(Text.count(samples, "sample"))

      \(table.text())

      remote part needed for \(Text.count(sent, "sample")) (\(Text.percent(Double(sent) / ofAll))), \
      answered \(Text.count(answered)), as \(payload): \(Text.count(bytesSent)) bytes up\(perSample), \
      \(Text.count(bytesReceived)) down
      degraded \(Text.count(degraded))\(unanswered > 0 ? ", \(Text.count(unanswered)) of them without any answer" : ""); \
      tried again \(Text.count(retries, "time")), breaker opened \(Text.count(breakerOpenings, "time")), \
      \(Text.count(refused, "request")) held back by it
      latency \(milliseconds(latency.p50)) ms (median), \(milliseconds(latency.p90)) (p90), \
      \(milliseconds(latency.p99)) (p99), mean \(milliseconds(latency.mean)); \
      \(Text.seconds(seconds)) in all\(places)
      """
  }
}

extension Network {
  /// The multiply–adds of a sample that passes the first exits and goes to the output.
  ///
  /// The remote part is asked for the output only: it computes no exit on the way there.
  fileprivate func macs(ofOutputAfterExits count: Int) throws -> Int? {
    let passed = Set(exits.prefix(count) + exits.suffix(1))
    return try Network(
      inputSize: inputSize, backbone: backbone,
      branches: branches.indices.filter(passed.contains).map { branches[$0] }
    ).exitStages.last?.totalMACs
  }
}
#endif
