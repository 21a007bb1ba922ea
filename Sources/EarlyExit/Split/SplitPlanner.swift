internal import SparseCore
internal import SparseLayers

/// Works out the rows of a plan.
struct SplitPlanner {
  /// The part of a network that the edge computes.
  private struct EdgePart {
    let network: Network
    /// The joules of computing everything.
    let allJoules: Double
    /// Those of each junction, by its name, and of all other layers.
    private let joules: [String: Double]

    init(_ network: Network, _ model: EnergyModel) {
      self.network = network
      let parts = NetworkEnergy(NetworkCost(network), by: model).parts
      joules = Dictionary(
        parts.map { ($0.name, 1e-12 * $0.inference.total) }, uniquingKeysWith: +)
      allJoules = parts.reduce(0) { $0 + 1e-12 * $1.inference.total }
    }

    /// The joules of a sample that leaves at a branch, after the other branches before it.
    func joules(upTo branch: Int) -> Double {
      let skipped = network.places.filter { place in
        switch place {
        case .backbone(let index): index >= network.branches[branch].position
        case .branch(let index, _): index > branch
        }
      }
      return allJoules - skipped.reduce(0) { $0 + (joules[network.name(of: $1)] ?? 0) }
    }
  }

  /// The part that the remote machine computes, and what is sent to it.
  private struct RemotePart {
    let network: Network
    let requestBytes: Int
  }

  private let conditions: SplitPlan.Conditions
  private var link: LinkModel { conditions.link }

  init(_ conditions: SplitPlan.Conditions) { self.conditions = conditions }

  /// The row of a place where samples leave at exits; nil when there are none.
  func row(
    withExits place: SplitPlan.Place, of network: Network, shares: [Double]
  ) throws -> SplitPlan.Row? {
    let early =
      if case .split(let hiddenLayers) = place {
        try network.split(afterHiddenLayers: hiddenLayers).edge.branches.count
      } else {
        network.branches.count - 1
      }
    return early > 0 ? try row(place, of: network, shares: shares) : nil
  }

  /// The row of a place.
  ///
  /// - Parameters:
  ///   - place: Where samples are answered.
  ///   - network: The whole network; with its exits only where they are used.
  ///   - shares: The share of the samples that leaves at each exit; nil without exits.
  /// - Returns: The row.
  /// - Throws: `SparseError` when the network is a part of a larger one.
  func row(
    _ place: SplitPlan.Place, of network: Network, shares: [Double]?
  ) throws -> SplitPlan.Row {
    let (edge, remote) = try parts(place, of: network)
    // Samples that leave at an exit of the edge part.
    var outcomes: [(share: Double, time: TimeDistribution)] = []
    var edgeSeconds = 0.0
    var joules = 0.0
    var kept = 0.0
    if let edge, let shares {
      let exits = edge.network.branches
      for (index, share) in zip(exits.indices, shares) where share > 0 {
        let seconds = conditions.edge.seconds(0..<exits[index].position, exits[...index])
        outcomes.append((share, TimeDistribution(always: seconds)))
        edgeSeconds += share * seconds
        joules += share * edge.joules(upTo: index)
        kept += share
      }
    }
    let rest = remote == nil && shares != nil ? 0 : max(0, 1 - kept)
    // And all others, which the edge part computes to its end.
    let seconds =
      edge.map { conditions.edge.seconds(0..<$0.network.backbone.count, $0.network.branches) } ?? 0
    edgeSeconds += rest * seconds
    joules += rest * (edge?.allJoules ?? 0)
    let sent = remote == nil ? 0 : rest
    let way = remote.map(way)
    if rest > 0 {
      outcomes.append(
        (rest, (way?.time ?? TimeDistribution(always: 0)) + (seconds + (way?.remoteSeconds ?? 0))))
    }
    return SplitPlan.Row(
      place: place, usesExits: shares != nil, latency: TimeDistribution(mixing: outcomes),
      edgeSeconds: edgeSeconds, linkSeconds: sent * (way?.time.mean ?? 0),
      remoteSeconds: sent * (way?.remoteSeconds ?? 0), sentShare: sent,
      bytesUp: sent * Double(way?.up ?? 0), bytesDown: sent * Double(way?.down ?? 0),
      computeJoules: joules, linkJoules: linkJoules(way).map { sent * $0 },
      edgeStorageBytes: try edge.map { try storage($0.network) } ?? 0)
  }

  private func parts(
    _ place: SplitPlan.Place, of network: Network
  ) throws -> (EdgePart?, RemotePart?) {
    switch place {
    case .local: return (EdgePart(network, conditions.energy), nil)
    case .remote:
      return (nil, RemotePart(network: network, requestBytes: conditions.sampleBytes))
    case .split(let hiddenLayers):
      let (edge, remote) = try network.split(afterHiddenLayers: hiddenLayers)
      return (
        EdgePart(edge, conditions.energy),
        RemotePart(
          network: remote, requestBytes: conditions.payload.bytesPerFeature * remote.inputSize)
      )
    }
  }

  /// What it takes to have a sample answered by the remote machine.
  private struct Way {
    /// The bytes of the request and of the reply.
    let up, down: Int
    /// The time of the request itself and of both ways over the link.
    let time: TimeDistribution
    let remoteSeconds: Double
  }

  private func way(to remote: RemotePart) -> Way {
    let network = remote.network
    let heads = network.taskOutputs.map { network.branches[$0.branch] }
    let (request, up) = (conditions.request, conditions.request.upBytes + remote.requestBytes)
    let down = request.downBytes + 4 * heads.reduce(0) { $0 + $1.outputSize }
    // A remote part is the end of the backbone.
    let layers = conditions.remote.backbone.suffix(network.backbone.count)
    return Way(
      up: up, down: down,
      time: link.transferTime(bytes: up, .up) + link.transferTime(bytes: down, .down)
        + request.seconds,
      remoteSeconds: conditions.remote.seconds(layers.indices, heads))
  }

  private func linkJoules(_ way: Way?) -> Double? {
    guard let way else { return 0 }
    return link.energy.map {
      Double(link.wireBytes(way.up)) * $0.upJoulesPerByte
        + Double(link.wireBytes(way.down)) * $0.downJoulesPerByte
    }
  }

  private func storage(_ edge: Network) throws -> Int {
    let file = ModelFile(network: edge, data: DataDescription(untrained: edge))
    let boundary = edge.backboneSize(at: edge.backbone.count)
    return try file.safetensors().byteCounts().tensors
      + (edge.handsOver ? conditions.payload.rangeBytesPerFeature * boundary : 0)
  }
}

extension Network {
  /// The network with one branch for each task, that which answers it for good.
  func withoutExits() throws -> Network {
    let kept = Set(taskOutputs.map(\.branch))
    return try Network(
      inputSize: inputSize, backbone: backbone,
      branches: branches.indices.filter(kept.contains).map { branches[$0] }, handsOver: handsOver,
      outputTask: outputTask)
  }

  /// Checks the shares of the samples that leave at the network's exits.
  func requireShares(_ shares: [Double]) throws {
    guard shares.count == exits.count, shares.allSatisfy({ $0 >= 0 && $0 <= 1 }),
      abs(shares.reduce(0, +) - 1) < 1e-6
    else {
      throw SparseError(
        .invalidArgument,
        """
        The shares \(shares) do not fit the network's \(exits.count) exits, the last included: give \
        each from 0 to 1, and 1 together.
        """)
    }
  }
}
