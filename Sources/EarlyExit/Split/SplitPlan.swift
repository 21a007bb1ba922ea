internal import SparseCore
public import SparseLayers

/// What every way of sharing a network's work between the edge and a remote machine costs for one
/// sample.
///
/// A sample that is sent takes
///
///     edge part + request + way up + remote part + way down
///
/// one after the other, and one that leaves at an exit of the edge part only the edge part up to
/// there. Computing is taken as constant; the link's losses and the exits make the distribution of
/// the latency. Exits of the remote part are not used: it answers with its last one.
public struct SplitPlan: Sendable {
  /// What a plan is made for.
  public struct Conditions: Sendable {
    /// The link between both.
    public var link: LinkModel
    /// The times of the edge device.
    public var edge: ComputeTimes
    /// The times of the remote machine.
    public var remote: ComputeTimes
    /// How features are sent.
    public var payload = BoundaryPayload.fp32
    /// What a request costs beside the features.
    public var request = RequestCost()
    /// The bytes of a sample as it is, which the row `remote` sends.
    public var sampleBytes: Int
    /// What the edge device's computing costs in energy.
    public var energy = EnergyModel.horowitz2014
    /// The share of the samples that leaves at each exit, the last included; nil to do without exits.
    public var exitShares: [Double]?

    /// Puts the conditions together.
    ///
    /// - Parameters:
    ///   - link: The link between both.
    ///   - edge: The times of the edge device.
    ///   - remote: The times of the remote machine.
    ///   - sampleBytes: The bytes of a sample as it is.
    public init(link: LinkModel, edge: ComputeTimes, remote: ComputeTimes, sampleBytes: Int) {
      self.link = link
      self.edge = edge
      self.remote = remote
      self.sampleBytes = sampleBytes
    }
  }

  /// Where samples are answered.
  public enum Place: Hashable, Sendable {
    /// All at the edge.
    case local
    /// All at the remote machine, which gets the samples as they are.
    case remote
    /// The edge computes some hidden layers; what they put out is sent.
    case split(hiddenLayers: Int)
  }

  /// One way of sharing the work.
  public struct Row: Sendable {
    /// Where samples are answered.
    public let place: Place
    /// Whether samples leave at exits of the edge part.
    public let usesExits: Bool
    /// The time from a sample to its answer.
    public let latency: TimeDistribution
    /// The mean seconds of computing at the edge.
    public let edgeSeconds: Double
    /// The mean seconds of requests and of both ways over the link.
    public let linkSeconds: Double
    /// The mean seconds of computing at the remote machine.
    public let remoteSeconds: Double
    /// The share of the samples that is sent.
    public let sentShare: Double
    /// The mean bytes of a sample's request, its headers included, those of packets not.
    public let bytesUp: Double
    /// The mean bytes of its reply, likewise.
    public let bytesDown: Double
    /// The mean joules of the edge device's computing.
    public let computeJoules: Double
    /// The mean joules of its sending and receiving, each packet once; nil where the link's energy is
    /// not known.
    public let linkJoules: Double?
    /// The bytes of the arrays in the edge device's model file, with the ranges of the features where
    /// these are sent in 8 bits.
    public let edgeStorageBytes: Int

    /// What the row is called, such as `split-1+exits`.
    public var name: String {
      let place =
        switch place {
        case .local: "local"
        case .remote: "remote"
        case .split(let hiddenLayers): "split-\(hiddenLayers)"
        }
      return place + (usesExits ? "+exits" : "")
    }

    /// The latency that 99 of 100 samples do not exceed, in seconds.
    public var p99: Double { latency.quantile(0.99) }
  }

  /// What can be wanted least of.
  public enum Aim: String, CaseIterable, Sendable {
    /// The mean latency.
    case latencyMean = "latency_mean"
    /// The latency that 99 of 100 samples do not exceed.
    case latencyP99 = "latency_p99"
    /// The bytes of requests and replies.
    case bytes
    /// The energy of the edge device.
    case edgeEnergy = "edge_energy"
    /// The bytes that the edge device stores.
    case edgeStorage = "edge_storage"
  }

  /// Local, remote, and a split after each number of hidden layers from 0; each where the edge part
  /// has exits a second time, with them.
  public let rows: [Row]

  /// Works the plan out.
  ///
  /// A network with several tasks is planned without exits, which answer the main task only: its
  /// heads are computed where `Network.split(afterHiddenLayers:)` puts them.
  ///
  /// - Parameters:
  ///   - network: The whole network with its exits.
  ///   - conditions: What the plan is made for; the times are those of this network.
  /// - Throws: `SparseError.Code.invalidArgument` when the shares do not fit the exits, or the
  ///   network is a part of a larger one.
  public init(_ network: Network, under conditions: Conditions) throws {
    try conditions.link.validate()
    let planner = SplitPlanner(conditions)
    let plain = try network.withoutExits()
    var places = [Place.local, .remote]
    places += (0...network.hiddenLayerEnds.count).map { .split(hiddenLayers: $0) }
    var rows: [Row] = []
    for place in places {
      rows.append(try planner.row(place, of: plain, shares: nil))
      guard let shares = conditions.exitShares, place != .remote,
        network.taskOutputs.count == 1
      else { continue }
      try network.requireShares(shares)
      if let row = try planner.row(withExits: place, of: network, shares: shares) {
        rows.append(row)
      }
    }
    self.rows = rows
  }

  /// The row that has least of something; of equal ones that of the least mean latency.
  ///
  /// - Parameter aim: What is wanted least of.
  /// - Returns: The row; nil for energy where the link's is not known, as sending would seem free.
  public func best(_ aim: Aim) -> Row? {
    let judged = rows.compactMap { row in row.value(aim).map { (row: row, value: $0) } }
    guard judged.count == rows.count else { return nil }
    return judged.min {
      ($0.value, $0.row.latency.mean) < ($1.value, $1.row.latency.mean)
    }?.row
  }
}

extension SplitPlan.Row {
  /// The joules of computing and of the link; nil where the latter are not known.
  public var edgeJoules: Double? { linkJoules.map { computeJoules + $0 } }

  /// What the row has of something.
  ///
  /// - Parameter aim: What.
  /// - Returns: Seconds, bytes or joules; nil where it is not known.
  public func value(_ aim: SplitPlan.Aim) -> Double? {
    switch aim {
    case .latencyMean: latency.mean
    case .latencyP99: p99
    case .bytes: bytesUp + bytesDown
    case .edgeEnergy: edgeJoules
    case .edgeStorage: Double(edgeStorageBytes)
    }
  }
}

/// What a request costs beside the features that it carries.
public struct RequestCost: Hashable, Sendable {
  /// The bytes of the request's HTTP header and of the JSON before its features.
  public var upBytes = 360
  /// The bytes of the reply's HTTP header and of the JSON before its numbers.
  public var downBytes = 300
  /// The seconds that client and server take for it, the network's computing left out.
  public var seconds = 0.0

  /// A request of usual size.
  public init() {}
}

extension SplitPlan {
  /// The lanes of every tile in both parts, unless others are chosen.
  ///
  /// 16 lanes take hardly longer than one, since the weights are read once in either case; 64 take
  /// twice as long, which pays only where most requests bring many samples (784 × 512 at density
  /// 0.25 with AVX2; `sparsectl bench --batch-size` measures it).
  package static let tileWidth = 16
}
