import EarlyExit
import Foundation
import SparseCore
import Testing

@Suite("A link's model") struct LinkModelTests {
  @Test("a message takes its packets' bits over the rate, and the delay")
  func withoutLoss() throws {
    let link = try LinkModel(parsing: "up=8M,down=80M,delay=5ms,payload=1000,header=50")
    // One byte more than two packets carry: three of them, 2,001 + 150 bytes.
    #expect(link.packets(bytes: 2001) == 3 && link.packets(bytes: 2000) == 2)
    #expect(link.packets(bytes: 0) == 1)
    #expect(link.wireBytes(2001) == 2151)
    let up = link.transferTime(bytes: 2001, .up)
    #expect(abs(up.mean - (0.002151 + 0.005)) < 1e-12)
    #expect(up.quantile(0.99) == up.mean && up.points.count == 1)
    #expect(abs(link.transferTime(bytes: 2001, .down).mean - (0.0002151 + 0.005)) < 1e-12)
  }

  @Test("losses of a single packet wait for the timer, twice as long each time")
  func onePacket() throws {
    let link = try LinkModel(parsing: "rate=1G,delay=10ms,loss=10%,header=0")
    let time = link.transferTime(bytes: 0, .up)
    // RTO = 20 ms + 200 ms; k losses add it 2^k − 1 times.
    for (losses, point) in time.points.prefix(4).enumerated() {
      #expect(abs(point.seconds - (0.01 + 0.22 * (pow(2, Double(losses)) - 1))) < 1e-9)
      #expect(abs(point.probability - 0.9 * pow(0.1, Double(losses))) < 1e-9)
    }
    // The sum of (1 − p)·(2p)^k − (1 − p)·p^k: 0.9 / 0.8 − 1.
    #expect(abs(time.mean - (0.01 + 0.22 * 0.125)) < 1e-6)
    #expect(time.quantile(0.9) == time.points[0].seconds)
    #expect(time.quantile(0.99) == time.points[1].seconds)
    #expect(time.quantile(0.991) == time.points[2].seconds)
  }

  @Test(
    "mean and 99 % of longer messages are those of simulated packets",
    arguments: [("0.01", 2), ("0.05", 3), ("0.05", 4), ("0.02", 40), ("0.2", 8)])
  func simulation(loss: String, packets: Int) throws {
    let link = try LinkModel(parsing: "rate=10M,delay=20ms,payload=1000,loss=\(loss)")
    let runs = 40_000
    var stream = RandomStream(seed: 5, purpose: "lost packets", index: packets)
    let times = (0..<runs).map { _ in simulate(link, packets: packets, &stream) }.sorted()
    let mean = times.reduce(0, +) / Double(runs)
    let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(runs - 1)
    let time = link.transferTime(bytes: 1000 * packets, .up)
    // Five standard errors.
    #expect(abs(time.mean - mean) < 5 * (variance / Double(runs)).squareRoot(), "seed 5")
    // The true 99 % lies between neighbours of the simulated one, 5 deviations of its rank away.
    let spread = Int(5 * (Double(runs) * 0.99 * 0.01).squareRoot())
    let rank = runs * 99 / 100
    #expect(times[rank - spread] <= time.quantile(0.99) + 1e-9, "seed 5")
    #expect(times[min(rank + spread, runs - 1)] >= time.quantile(0.99) - 1e-9, "seed 5")
  }

  /// One message, packet by packet and loss by loss.
  private func simulate(
    _ link: LinkModel, packets: Int, _ stream: inout RandomStream
  ) -> Double {
    let roundTrip = 2 * link.delaySeconds
    var latest = 0.0
    for packet in 0..<packets {
      var (waited, timeout) = (0.0, roundTrip + link.retransmissionSeconds)
      var mayBeFast = packet + 3 < packets
      while stream.uniform() < link.loss {
        if mayBeFast {
          waited += roundTrip
        } else {
          waited += timeout
          timeout *= 2
        }
        mayBeFast = false
      }
      latest = max(latest, waited)
    }
    let bytes = packets * (link.payloadBytes + link.headerBytes)
    return latest + link.delaySeconds + 8 * Double(bytes) / link.upBitsPerSecond
  }

  @Test("more delay, more loss, more bytes and a lower rate never make a message faster")
  func monotone() throws {
    func times(_ text: String, bytes: Int = 5000) throws -> [Double] {
      let time = try LinkModel(parsing: text).transferTime(bytes: bytes, .up)
      return [time.mean, time.quantile(0.5), time.quantile(0.9), time.quantile(0.99)]
    }
    let series = try [
      ["1ms", "5ms", "100ms", "2s"].map { try times("rate=1M,loss=0.03,delay=\($0)") },
      ["0", "0.001", "0.01", "0.1", "0.25"].map { try times("rate=1M,delay=5ms,loss=\($0)") },
      ["10M", "1M", "10k"].map { try times("rate=\($0),delay=5ms,loss=0.03") },
      [0, 1, 1448, 1449, 9000].map { try times("rate=1M,delay=5ms,loss=0.03", bytes: $0) },
    ]
    for (index, rising) in series.enumerated() {
      for (less, more) in zip(rising, rising.dropFirst()) {
        #expect(zip(less, more).allSatisfy { $0 <= $1 + 1e-12 }, "series \(index)")
      }
    }
  }

  @Test("every preset is whole, and names its source")
  func presets() throws {
    #expect(Set(LinkModel.presets.map(\.name)).count == LinkModel.presets.count)
    for preset in LinkModel.presets {
      try preset.validate()
      #expect(!preset.source.isEmpty && preset.energy?.source.isEmpty != true)
      #expect(try LinkModel(parsing: preset.name) == preset)
    }
    let gigabit = try LinkModel(parsing: "gigabit")
    #expect(gigabit.upBitsPerSecond == 1e9 && gigabit.delaySeconds == 100e-6)
    #expect(gigabit.payloadBytes == 1010 && gigabit.retransmissionSeconds == 0.2)
    let lossy = try LinkModel(parsing: "gigabit,loss=5%,delay=2ms")
    #expect(lossy.loss == 0.05 && lossy.delaySeconds == 0.002 && lossy.payloadBytes == 1010)
    #expect(lossy.source.hasSuffix("changed: loss=5%, delay=2ms"))
  }

  @Test("a link is read with all its settings")
  func parsing() throws {
    let link = try LinkModel(
      parsing: "down=20M,rate=10M,delay=20ms,loss=0.01,payload=1460,header=54,rto=1s,energy=500")
    #expect(link.upBitsPerSecond == 10e6 && link.downBitsPerSecond == 20e6)
    #expect(link.delaySeconds == 0.02 && link.loss == 0.01 && link.retransmissionSeconds == 1)
    #expect(link.payloadBytes == 1460 && link.headerBytes == 54)
    #expect(abs((link.energy?.upJoulesPerByte ?? 0) - 500e-9) < 1e-15)
    #expect(try LinkModel(parsing: "rate=1.5G,delay=100us").delaySeconds == 100e-6)
  }

  @Test(
    "what is no link is refused, and named",
    arguments: [
      ("", "There is no link ''"), ("lan", "There is no link 'lan'"),
      ("rate=10M", "lacks a rate or a delay"), ("delay=1ms,up=1M", "lacks a rate or a delay"),
      ("rate=10M,delay=20", "'delay' is '20'"), ("rate=fast,delay=1s", "'rate' is 'fast'"),
      ("rate=nan,delay=1s", "'rate' is 'nan'"), ("rate=-1,delay=1s", "'rate' is '-1'"),
      ("gigabit,loss=0.5", "loses a share of 0.5"), ("gigabit,loss=-1%", "'loss' is '-1%'"),
      ("gigabit,loss", "'loss' is no setting"), ("gigabit,loss=0,loss=0", "one too many"),
      ("gigabit,mtu=1500", "A link has no 'mtu'"), ("gigabit,payload=0", "payload is 0 bytes"),
      ("gigabit,payload=1.5", "'payload' is '1.5'"), ("gigabit,header=70000", "headers are 70000"),
      ("gigabit,delay=9000s", "delay is 9000.0 s"), ("gigabit,energy=2000000000", "energy is"),
      ("gigabit,", "'' is no setting"), ("rate=2000T,delay=1s", "rate is 2000000000000000"),
    ])
  func refused(text: String, words: String) {
    let error = #expect(throws: SparseError.self) { try LinkModel(parsing: text) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }
}

@Suite("A time that chance decides") struct TimeDistributionTests {
  private let coin = TimeDistribution([
    .init(seconds: 3, probability: 1), .init(seconds: 1, probability: 1),
  ])

  @Test("has the mean and the quantiles of its values")
  func values() {
    #expect(coin.mean == 2 && coin.quantile(0.5) == 1 && coin.quantile(0.51) == 3)
    #expect(coin.quantile(0) == 1 && coin.quantile(1) == 3)
    #expect(TimeDistribution(always: 4).quantile(0.99) == 4)
  }

  @Test("adds up with another, and mixes with it")
  func combined() {
    let sum = coin + coin + 10
    #expect(sum.mean == 14 && sum.quantile(0.25) == 12 && sum.quantile(0.75) == 14)
    #expect(sum.quantile(0.76) == 16)
    let mixed = TimeDistribution(mixing: [(0.9, coin), (0.1, TimeDistribution(always: 100))])
    #expect(abs(mixed.mean - 11.8) < 1e-12 && mixed.quantile(0.9) == 3)
    #expect(mixed.quantile(0.91) == 100)
  }
}
