#if Networking
import EarlyExit
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
    var accuracy: Double?
    /// The multiply–adds of a sample that goes there, on both sides; not told of the output where only
    /// the edge part is known.
    var macs: Int?
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
      // The smallest value that at least so large a share of the samples does not exceed.
      func percentile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[max(Int((share * Double(sorted.count)).rounded(.up)) - 1, 0)]
      }
      mean = sorted.reduce(0, +) / Double(max(sorted.count, 1))
      (p50, p90, p99) = (percentile(0.5), percentile(0.9), percentile(0.99))
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

  enum CodingKeys: String, CodingKey {
    case accuracy, samples, exits, cuts, sent, degraded, unanswered, seconds, payload
    case retries, refused
    case bytesSent = "bytes_sent"
    case bytesReceived = "bytes_received"
    case latency = "latency_ms"
    case edgeMACs = "edge_macs"
    case breakerOpenings = "breaker_openings"
  }

  init(
    _ answers: [EdgePart.Answer], labels: [Int32], outputMACs: Int?, device: EdgeDevice,
    payload: BoundaryPayload, seconds: Double
  ) {
    let isRight = zip(answers, labels).map { answer, label in answer.label == Int(label) }
    let count = Double(max(answers.count, 1))
    accuracy = Double(isRight.count { $0 }) / count
    samples = answers.count
    let edges = device.cuts.map(\.edge)
    let edge = edges.max { $0.exitCount < $1.exitCount } ?? edges[0]
    exits = (Array(0..<edge.exitCount) + [edge.split.output.exit]).map { exit in
      let here = answers.indices.filter {
        answers[$0].exit == exit && answers[$0].source != .degraded
      }
      return Exit(
        exit: edge.name(ofExit: exit), share: Double(here.count) / count,
        accuracy: here.isEmpty
          ? nil : Double(here.count { isRight[$0] }) / Double(here.count),
        macs: edge.macs(ofExit: exit) ?? outputMACs)
    }
    degraded = answers.count { $0.source == .degraded }
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
    func milliseconds(_ value: Double) -> String { Text.fixed(value, 2) }
    let places =
      cuts.count > 1
      ? "\ncuts: "
        + cuts.map { "after \($0.split) \(Text.count($0.samples)) samples" }.joined(separator: ", ")
      : ""
    let perSample = sent > 0 ? Double(bytesSent) / Double(sent) : 0
    return """
      accuracy \(Text.percent(accuracy)) on \(Text.count(samples)) samples

      \(table.text())

      remote part needed for \(Text.count(sent)) samples (\(Text.percent(Double(sent) / Double(max(samples, 1))))) \
      as \(payload): \(Text.count(bytesSent)) bytes up, \
      \(Text.number(perSample, decimals: 0)) a sample sent, and \(Text.count(bytesReceived)) down
      degraded \(Text.count(degraded))\(unanswered > 0 ? ", \(Text.count(unanswered)) of them without any answer" : ""); \
      \(retries) new tries, breaker opened \(breakerOpenings) times, \(Text.count(refused)) requests \
      held back by it
      latency \(milliseconds(latency.p50)) ms (median), \(milliseconds(latency.p90)) (p90), \
      \(milliseconds(latency.p99)) (p99), mean \(milliseconds(latency.mean)); \
      \(Text.seconds(seconds)) in all\(places)
      """
  }
}
#endif
