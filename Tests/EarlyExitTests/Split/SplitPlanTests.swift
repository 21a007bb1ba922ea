import EarlyExit
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@Suite("A plan of where to cut") struct SplitPlanTests {
  /// One multiply–add takes the edge a microsecond, and the remote machine a tenth of it.
  private func conditions(
    _ network: Network, link: String = "up=8M,down=80M,delay=5ms,payload=1000,header=50",
    shares: [Double]? = nil
  ) throws -> SplitPlan.Conditions {
    var conditions = SplitPlan.Conditions(
      link: try LinkModel(parsing: link), edge: ComputeTimes(of: network, macsPerSecond: 1e6),
      remote: ComputeTimes(of: network, macsPerSecond: 1e7), sampleBytes: 24)
    conditions.request.upBytes = 100
    conditions.request.downBytes = 50
    conditions.exitShares = shares
    return conditions
  }

  /// The weights of the three hidden junctions and of the three exits.
  private func macs(_ network: Network) -> (hidden: [Double], exits: [Double]) {
    func weights(_ layers: [any Layer]) -> [Double] {
      layers.compactMap { ($0 as? SparseLinear).map { Double($0.pattern.edgeCount) } }
    }
    return (weights(network.backbone), network.branches.flatMap { weights($0.layers) })
  }

  private func row(_ plan: SplitPlan, _ name: String) throws -> SplitPlan.Row {
    try #require(plan.rows.first { $0.name == name }, "\(plan.rows.map(\.name))")
  }

  @Test("has local, remote and every split, with exits where the edge part has some")
  func rows() throws {
    let network = try exitNetwork()
    let names = try SplitPlan(network, under: conditions(network, shares: [0.5, 0.25, 0.25])).rows
      .map(\.name)
    #expect(
      names == [
        "local", "local+exits", "remote", "split-0", "split-1", "split-1+exits", "split-2",
        "split-2+exits", "split-3", "split-3+exits",
      ])
    #expect(
      try SplitPlan(network, under: conditions(network)).rows.map(\.name) == [
        "local", "remote", "split-0", "split-1", "split-2", "split-3",
      ])
  }

  @Test("the rows without exits are as by hand")
  func withoutExits() throws {
    let network = try exitNetwork()
    let (hidden, exits) = macs(network)
    let plan = try SplitPlan(network, under: conditions(network))
    let local = try row(plan, "local")
    let all = hidden.reduce(0, +) + exits[2]
    #expect(abs(local.latency.mean - 1e-6 * all) < 1e-12 && local.p99 == local.latency.mean)
    #expect(local.bytesUp == 0 && local.bytesDown == 0 && local.sentShare == 0)
    #expect(local.linkSeconds == 0 && local.remoteSeconds == 0)
    // 24 bytes of the sample, or 4 for each of its 24 features; back come 8 numbers.
    let remote = try row(plan, "remote")
    #expect(remote.bytesUp == 124 && remote.bytesDown == 82 && remote.sentShare == 1)
    #expect(remote.edgeSeconds == 0 && remote.computeJoules == 0 && remote.edgeStorageBytes == 0)
    #expect(try row(plan, "split-0").bytesUp == 100 + 4 * 24)
    for (cut, features) in [(1, 40), (2, 32), (3, 16)] {
      let split = try row(plan, "split-\(cut)")
      let edge = 1e-6 * hidden[..<cut].reduce(0, +)
      let rest = 1e-7 * (hidden[cut...].reduce(0, +) + exits[2])
      // One packet each way, whose bytes take a microsecond up and a tenth of it down.
      let link = 1e-6 * Double(150 + 4 * features) + 1e-7 * 132 + 2 * 0.005
      #expect(split.bytesUp == Double(100 + 4 * features) && split.bytesDown == 82)
      #expect(abs(split.edgeSeconds - edge) < 1e-12 && abs(split.remoteSeconds - rest) < 1e-12)
      #expect(abs(split.linkSeconds - link) < 1e-12, "\(cut)")
      #expect(abs(split.latency.mean - (edge + link + rest)) < 1e-12)
    }
  }

  @Test("samples that leave early cost no link, and the latency is the mixture")
  func withExits() throws {
    let network = try exitNetwork()
    let (hidden, exits) = macs(network)
    let shares = [0.9, 0.0925, 0.0075]
    let plan = try SplitPlan(network, under: conditions(network, shares: shares))
    let first = 1e-6 * (hidden[0] + exits[0])
    let second = first + 1e-6 * (hidden[1] + exits[1])
    let last = second + 1e-6 * (hidden[2] + exits[2])
    let local = try row(plan, "local+exits")
    let mean = 0.9 * first + 0.0925 * second + 0.0075 * last
    #expect(abs(local.latency.mean - mean) < 1e-12)
    // Less than one of a hundred goes further than the second exit.
    #expect(abs(local.p99 - second) < 1e-12)
    let one = try row(plan, "split-1+exits")
    #expect(abs(one.sentShare - 0.1) < 1e-12)
    let sent = 1e-6 * 310 + 1e-7 * 132 + 0.01
    let rest = 1e-7 * (hidden[1] + hidden[2] + exits[2])
    #expect(abs(one.latency.mean - (first + 0.1 * (sent + rest))) < 1e-12)
    #expect(abs(one.p99 - (first + sent + rest)) < 1e-12)
    #expect(abs(one.bytesUp - 0.1 * 260) < 1e-9 && abs(one.bytesDown - 0.1 * 82) < 1e-9)
    // Behind the second exit hardly anything is sent: 99 of 100 samples stay at the edge.
    let two = try row(plan, "split-2+exits")
    #expect(abs(two.sentShare - 0.0075) < 1e-12 && abs(two.p99 - second) < 1e-12)
    for row in plan.rows {
      let parts = row.edgeSeconds + row.linkSeconds + row.remoteSeconds
      #expect(abs(parts - row.latency.mean) < 1e-12, "\(row.name)")
    }
  }

  @Test("when nobody leaves early, exits only cost their own computing")
  func nobodyLeaves() throws {
    let network = try exitNetwork()
    let plan = try SplitPlan(network, under: conditions(network, shares: [0, 0, 1]))
    let exits = macs(network).exits
    for (name, own) in [
      ("split-1", exits[0]), ("split-3", exits[0] + exits[1]), ("local", exits[0] + exits[1]),
    ] {
      let (with, without) = (try row(plan, "\(name)+exits"), try row(plan, name))
      #expect(abs(with.latency.mean - without.latency.mean - 1e-6 * own) < 1e-12, "\(name)")
      #expect(with.bytesUp == without.bytesUp && with.sentShare == without.sentShare)
      #expect(with.edgeStorageBytes > without.edgeStorageBytes)
      #expect(with.computeJoules > without.computeJoules)
    }
  }

  @Test("storage is that of the arrays in the edge file")
  func storage() throws {
    let network = try exitNetwork()
    var conditions = try conditions(network, shares: [0.5, 0.25, 0.25])
    let file = ModelFile(network: network, data: DataDescription(untrained: network))
    for cut in 1...3 {
      let edge = try file.split(afterHiddenLayers: cut).edge.safetensors().byteCounts().tensors
      let plan = try SplitPlan(network, under: conditions)
      #expect(try row(plan, "split-\(cut)+exits").edgeStorageBytes == edge)
      // A range of two floats for each feature that is sent in 8 bits.
      conditions.payload = .int8
      let quantised = try SplitPlan(network, under: conditions)
      let features = network.backboneSize(at: network.hiddenLayerEnds[cut - 1])
      #expect(try row(quantised, "split-\(cut)+exits").edgeStorageBytes == edge + 8 * features)
      #expect(try row(quantised, "split-\(cut)").bytesUp == Double(100 + features))
      conditions.payload = .fp32
    }
    let local = try SplitPlan(network, under: conditions)
    #expect(
      try row(local, "local+exits").edgeStorageBytes
        == file.safetensors().byteCounts().tensors)
  }

  @Test("energy is that of the computed junctions, and of the bytes on the link")
  func energy() throws {
    let network = try exitNetwork()
    let link = "rate=8M,delay=5ms,payload=1000,header=50,energy=1000"
    let plan = try SplitPlan(
      network, under: conditions(network, link: link, shares: [0.9, 0, 0.1]))
    let remote = try row(plan, "remote")
    // 124 + 50 and 82 + 50 bytes of a microjoule each.
    #expect(abs((remote.edgeJoules ?? 0) - 306e-6) < 1e-12)
    let edge = try network.split(afterHiddenLayers: 1).edge
    let own = NetworkEnergy(NetworkCost(edge), by: .horowitz2014).total.inference.total
    let split = try row(plan, "split-1+exits")
    #expect(abs(split.computeJoules - 1e-12 * own) < 1e-18)
    #expect(abs((split.linkJoules ?? 0) - 0.1 * 1e-6 * Double(310 + 132)) < 1e-12)
    // Nine of ten samples leave at the first of three exits.
    let whole = NetworkEnergy(NetworkCost(network), by: .horowitz2014)
    let head = whole.parts.filter { ["backbone.0", "exit1.0"].contains($0.name) }
      .reduce(0) { $0 + $1.inference.total }
    let expected = 0.9 * head + 0.1 * whole.total.inference.total
    #expect(abs(try row(plan, "local+exits").computeJoules - 1e-12 * expected) < 1e-18)
    #expect(plan.best(.edgeEnergy)?.name == "local+exits")
    // A link whose energy nobody knows would make sending seem free.
    let unknown = try SplitPlan(network, under: conditions(network))
    #expect(unknown.best(.edgeEnergy) == nil)
    #expect(try row(unknown, "remote").edgeJoules == nil)
  }

  @Test("the best of each aim is the row with least of it")
  func best() throws {
    let network = try exitNetwork()
    let slow = try SplitPlan(network, under: conditions(network, shares: [0.9, 0.05, 0.05]))
    #expect(slow.best(.latencyMean)?.name == "local+exits")
    #expect(slow.best(.bytes)?.name == "local+exits")
    #expect(slow.best(.edgeStorage)?.name == "remote")
    for aim in [SplitPlan.Aim.latencyMean, .latencyP99, .bytes, .edgeStorage] {
      let best = try #require(slow.best(aim)?.value(aim))
      #expect(slow.rows.allSatisfy { ($0.value(aim) ?? -1) >= best }, "\(aim)")
    }
    // With hardly any link to speak of, the faster machine computes it all.
    let near = "rate=1000G,delay=0s"
    let plan = try SplitPlan(network, under: conditions(network, link: near))
    #expect(plan.best(.latencyMean)?.name == "remote")
  }

  @Test("a link with more delay or loss never makes a row faster")
  func monotone() throws {
    let network = try exitNetwork()
    func rows(_ link: String) throws -> [SplitPlan.Row] {
      try SplitPlan(network, under: conditions(network, link: link, shares: [0.5, 0.3, 0.2])).rows
    }
    let links = ["rate=1M,delay=1ms", "rate=1M,delay=9ms", "rate=1M,delay=9ms,loss=0.05"]
    let plans = try links.map(rows)
    for (less, more) in zip(plans, plans.dropFirst()) {
      for (fast, slow) in zip(less, more) {
        #expect(fast.latency.mean <= slow.latency.mean && fast.p99 <= slow.p99, "\(fast.name)")
      }
    }
  }

  @Test("heads of several tasks are all asked for, and exits left out")
  func tasks() throws {
    let network = try exitNetwork(secondTask: true)
    let plan = try SplitPlan(network, under: conditions(network, shares: [0.5, 0.25, 0.25]))
    #expect(plan.rows.allSatisfy { !$0.usesExits })
    // 8 and 3 classes; where the edge has the head of the latter, only 8.
    #expect(try row(plan, "remote").bytesDown == 50 + 4 * 11)
    #expect(try row(plan, "split-1").bytesDown == 50 + 4 * 11)
    #expect(try row(plan, "split-3").bytesDown == 50 + 4 * 8)
    let (hidden, branches) = macs(network)
    let all = hidden.reduce(0, +) + branches[2] + branches[3]
    #expect(abs(try row(plan, "local").latency.mean - 1e-6 * all) < 1e-12)
  }

  @Test(
    "shares that do not fit the exits are refused",
    arguments: [[], [1], [0.5, 0.5], [0.5, 0.5, 0.5], [-0.5, 0.5, 1], [.nan, 0.5, 0.5]])
  func refused(shares: [Double]) throws {
    let network = try exitNetwork()
    let error = try #require(throws: SparseError.self) {
      try SplitPlan(network, under: conditions(network, shares: shares))
    }
    #expect(error.message.contains("3 exits"))
  }

  @Test("pieces that are timed one by one add up to the times of a given speed")
  func timedPieces() throws {
    let network = try exitNetwork(secondTask: true)
    let given = ComputeTimes(of: network, macsPerSecond: 1e6)
    var pieces = 0
    let timed = try ComputeTimes(of: network) { piece in
      pieces += 1
      return 1e-6 * Double(NetworkCost(piece).total.macs)
    }
    #expect(pieces == 3 + 4)
    #expect(abs(timed.total - given.total) < 1e-12)
    var conditions = try conditions(network)
    let expected = try SplitPlan(network, under: conditions).rows.map(\.latency.mean)
    conditions.edge = timed
    for (mean, row) in zip(expected, try SplitPlan(network, under: conditions).rows) {
      #expect(abs(mean - row.latency.mean) < 1e-12, "\(row.name)")
    }
    #expect(abs(given.slowed(by: 3).total - 3 * given.total) < 1e-12)
  }
}
