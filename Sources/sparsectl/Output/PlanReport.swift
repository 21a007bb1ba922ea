import EarlyExit
import SparseLayers

/// What `plan` prints.
struct PlanReport: TextReport {
  /// What the exits do to samples.
  struct Exits: Encodable {
    var names: [String]
    /// The share of the samples that leaves at each.
    var shares: [Double]
    /// The validation samples; nil where the shares were given.
    var samples: Int?
  }

  /// One way of sharing the work.
  ///
  /// Times are in seconds; numbers are means over all samples.
  struct Cut: Encodable {
    var name: String
    var place: String
    /// The hidden layers that the edge computes.
    var hiddenLayers: Int
    var exits: Bool
    var latencyMean: Double
    var latencyP99: Double
    var edgeSeconds: Double
    var linkSeconds: Double
    var remoteSeconds: Double
    var sentShare: Double
    var bytesUp: Double
    var bytesDown: Double
    /// Computing and link together; null where the link's energy is not known.
    @NullWhenMissing var edgeJoules: Double?
    var edgeComputeJoules: Double
    var edgeStorageBytes: Int

    enum CodingKeys: String, CodingKey {
      case name, place, exits
      case hiddenLayers = "hidden_layers"
      case latencyMean = "latency_mean"
      case latencyP99 = "latency_p99"
      case edgeSeconds = "edge_seconds"
      case linkSeconds = "link_seconds"
      case remoteSeconds = "remote_seconds"
      case sentShare = "sent_share"
      case bytesUp = "bytes_up"
      case bytesDown = "bytes_down"
      case edgeJoules = "edge_joules"
      case edgeComputeJoules = "edge_compute_joules"
      case edgeStorageBytes = "edge_storage_bytes"
    }
  }

  /// A machine's speed: the multiply–adds of all pieces over their time.
  struct Machine: Encodable {
    var macsPerSecond: Double
    /// `measured` or `given`.
    var speed: String
    /// How many times as long as measured everything is taken to last.
    var slowdown: Double

    enum CodingKeys: String, CodingKey {
      case speed, slowdown
      case macsPerSecond = "macs_per_second"
    }
  }

  /// The link's numbers with their sources.
  struct Link: Encodable {
    var name: String
    var upBitsPerSecond: Double
    var downBitsPerSecond: Double
    var delaySeconds: Double
    var loss: Double
    var payloadBytes: Int
    var headerBytes: Int
    var retransmissionSeconds: Double
    var source: String
    var upJoulesPerByte: Double?
    var downJoulesPerByte: Double?
    var energySource: String?

    enum CodingKeys: String, CodingKey {
      case name, loss, source
      case upBitsPerSecond = "up_bits_per_second"
      case downBitsPerSecond = "down_bits_per_second"
      case delaySeconds = "delay_seconds"
      case payloadBytes = "payload_bytes"
      case headerBytes = "header_bytes"
      case retransmissionSeconds = "retransmission_seconds"
      case upJoulesPerByte = "up_joules_per_byte"
      case downJoulesPerByte = "down_joules_per_byte"
      case energySource = "energy_source"
    }
  }

  /// What goes over the link for a sample beside the features of the cut.
  struct Request: Encodable {
    var payload: String
    var sampleBytes: Int
    var requestBytes: Int
    var replyBytes: Int
    var seconds: Double

    enum CodingKeys: String, CodingKey {
      case payload, seconds
      case sampleBytes = "sample_bytes"
      case requestBytes = "request_bytes"
      case replyBytes = "reply_bytes"
    }
  }

  var cuts: [Cut]
  /// For each aim the row that has least of it; null for energy where the link's is not known.
  var best: [String: String?]
  var link: Link
  var edge: Machine
  var remote: Machine
  var request: Request
  var energyModel: String
  var exits: Exits?

  enum CodingKeys: String, CodingKey {
    case cuts, best, link, edge, remote, request, exits
    case energyModel = "energy_model"
  }

  /// - Parameters:
  ///   - plan: The rows.
  ///   - network: What was planned.
  ///   - conditions: What it was planned for.
  ///   - machines: Where its speeds are from.
  ///   - exits: What the exits do; nil without them.
  init(
    _ plan: SplitPlan, of network: Network, _ conditions: SplitPlan.Conditions,
    machines: MachineOptions, exits: Exits?
  ) {
    let hiddenLayers = network.hiddenLayerEnds.count
    cuts = plan.rows.map { Cut($0, hiddenLayers: hiddenLayers) }
    best = Dictionary(
      uniqueKeysWithValues: SplitPlan.Aim.allCases.map { ($0.rawValue, plan.best($0)?.name) })
    link = Link(conditions.link)
    let macs = Double(NetworkCost(network).total.macs)
    func machine(_ times: ComputeTimes, _ speed: MachineSpeed, _ slowdown: Double) -> Machine {
      Machine(
        macsPerSecond: macs / max(times.total, 1e-12),
        speed: speed == .measured ? "measured" : "given", slowdown: slowdown)
    }
    edge = machine(conditions.edge, machines.edge, machines.slowdown)
    remote = machine(conditions.remote, machines.remote, 1)
    request = Request(
      payload: conditions.payload.rawValue, sampleBytes: conditions.sampleBytes,
      requestBytes: conditions.request.upBytes, replyBytes: conditions.request.downBytes,
      seconds: conditions.request.seconds)
    energyModel = conditions.energy.source
    self.exits = exits
  }
}

extension PlanReport.Cut {
  init(_ row: SplitPlan.Row, hiddenLayers: Int) {
    name = row.name
    (place, self.hiddenLayers) =
      switch row.place {
      case .local: ("local", hiddenLayers)
      case .remote: ("remote", 0)
      case .split(let cut): ("split", cut)
      }
    exits = row.usesExits
    latencyMean = row.latency.mean
    latencyP99 = row.p99
    edgeSeconds = row.edgeSeconds
    linkSeconds = row.linkSeconds
    remoteSeconds = row.remoteSeconds
    sentShare = row.sentShare
    bytesUp = row.bytesUp
    bytesDown = row.bytesDown
    edgeJoules = row.edgeJoules
    edgeComputeJoules = row.computeJoules
    edgeStorageBytes = row.edgeStorageBytes
  }
}

extension PlanReport.Link {
  init(_ link: LinkModel) {
    name = link.name
    upBitsPerSecond = link.upBitsPerSecond
    downBitsPerSecond = link.downBitsPerSecond
    delaySeconds = link.delaySeconds
    loss = link.loss
    payloadBytes = link.payloadBytes
    headerBytes = link.headerBytes
    retransmissionSeconds = link.retransmissionSeconds
    source = link.source
    upJoulesPerByte = link.energy?.upJoulesPerByte
    downJoulesPerByte = link.energy?.downJoulesPerByte
    energySource = link.energy?.source
  }
}
