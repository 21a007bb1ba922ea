internal import Foundation
internal import SparseCore

/// A link between the edge and the remote machine, as numbers: how long a message takes on it.
///
/// A message goes over a TCP connection that is open, and whose window is wide enough: neither the
/// handshake nor slow start (RFC 5681, first 10 packets by RFC 6928) is counted, and neither is
/// other traffic. Without loss, a message of *B* bytes in *n* = ⌈B / payload⌉ packets takes
///
///     8 · (B + n · header) / rate + delay
///
/// Each packet is lost with the same probability *p*, whenever it is sent, and independently of the
/// others. What is lost is sent again, by the two ways that TCP has:
///
/// - A packet that three others follow is missed by the receiver, whose three duplicate
///   acknowledgements have it sent again a round trip after the first time: *fast retransmit* (Allman,
///   Paxson, Blanton, *TCP Congestion Control*, RFC 5681, §3.2).
/// - One of the last three, and one that was lost again, waits for the timer: RTO = round trip +
///   minimum (Linux: 200 ms), twice as long each time (Paxson et al., *Computing TCP's
///   Retransmission Timer*, RFC 6298, §2 and §5.5).
///
/// So *k* losses delay one of the last three packets by RTO · (2ᵏ − 1), and any other by the round
/// trip + RTO · (2ᵏ⁻¹ − 1), where P(at most k losses) = 1 − pᵏ⁺¹. The message is there with its last
/// packet: its delay is the largest of them all, whose distribution function is the product of
/// theirs. Packets are thought to have timers of their own, and what was sent again to take no
/// room on the link; newer ways (RACK-TLP, RFC 8985) repair the end of a message of several packets
/// sooner than this says.
public struct LinkModel: Hashable, Sendable {
  /// The two ways over the link.
  public enum Direction: Hashable, Sendable {
    /// From the edge to the remote machine.
    case up
    /// Back.
    case down
  }

  /// What sending and receiving cost the edge device.
  public struct Energy: Hashable, Sendable {
    /// Joules for a byte that is sent, headers included.
    public var upJoulesPerByte: Double
    /// Joules for a byte that is received, headers included.
    public var downJoulesPerByte: Double
    /// Where the numbers are from.
    public var source: String

    /// Puts the numbers together.
    ///
    /// - Parameters:
    ///   - upJoulesPerByte: Joules for a byte that is sent.
    ///   - downJoulesPerByte: Joules for a byte that is received.
    ///   - source: Where the numbers are from.
    public init(upJoulesPerByte: Double, downJoulesPerByte: Double, source: String) {
      self.upJoulesPerByte = upJoulesPerByte
      self.downJoulesPerByte = downJoulesPerByte
      self.source = source
    }
  }

  /// What it is called.
  public var name: String
  /// The rate from the edge to the remote machine, in bits per second.
  public var upBitsPerSecond: Double
  /// The rate back, in bits per second.
  public var downBitsPerSecond: Double
  /// The seconds that a bit is on its way, in one direction.
  public var delaySeconds: Double
  /// The probability that a packet is lost, each time it is sent.
  public var loss = 0.0
  /// The most bytes of a message that one packet carries.
  public var payloadBytes = 1448
  /// The bytes of a packet beside its payload: by default Ethernet 14, IPv4 20, TCP 20 and its
  /// timestamps 12, which with 1,448 bytes of payload fill Ethernet's 1,500.
  public var headerBytes = 66
  /// The least that is added to a round trip before a packet is given up for lost, in seconds.
  public var retransmissionSeconds = 0.2
  /// Where the numbers are from.
  public var source: String
  /// What the link costs the edge in energy; nil where that is not known.
  public var energy: Energy?

  /// Describes a link without loss.
  ///
  /// - Parameters:
  ///   - name: What it is called.
  ///   - upBitsPerSecond: The rate from the edge to the remote machine.
  ///   - downBitsPerSecond: The rate back.
  ///   - delaySeconds: The seconds that a bit is on its way, in one direction.
  ///   - source: Where the numbers are from.
  public init(
    name: String, upBitsPerSecond: Double, downBitsPerSecond: Double, delaySeconds: Double,
    source: String
  ) {
    self.name = name
    self.upBitsPerSecond = upBitsPerSecond
    self.downBitsPerSecond = downBitsPerSecond
    self.delaySeconds = delaySeconds
    self.source = source
  }

  /// The most that `loss` can be: beyond, a message's expected delay is decided by packets that are
  /// lost many times, and TCP is of little use.
  public static let maximumLoss = 0.25

  /// Checks that the numbers can be those of a link.
  ///
  /// - Throws: `SparseError.Code.invalidArgument` that names the number.
  public func validate() throws {
    func require(_ isTrue: Bool, _ message: @autoclosure () -> String) throws {
      guard isTrue else { throw SparseError(.invalidArgument, message()) }
    }
    for rate in [upBitsPerSecond, downBitsPerSecond] {
      try require(
        rate >= 1 && rate <= 1e15, "The link's rate is \(rate) bits per second; give 1 to 1000T.")
    }
    for (what, seconds) in [("delay", delaySeconds), ("timeout", retransmissionSeconds)] {
      try require(
        seconds >= 0 && seconds <= 3600, "The link's \(what) is \(seconds) s; give 0 to 3600 s.")
    }
    try require(
      loss >= 0 && loss <= Self.maximumLoss,
      "The link loses a share of \(loss) of the packets; give 0 to \(Self.maximumLoss).")
    try require(
      (1...65_535).contains(payloadBytes),
      "A packet's payload is \(payloadBytes) bytes; give 1 to 65535.")
    try require(
      (0...65_535).contains(headerBytes),
      "A packet's headers are \(headerBytes) bytes; give 0 to 65535.")
    for joules in [energy?.upJoulesPerByte, energy?.downJoulesPerByte].compactMap(\.self) {
      try require(
        joules >= 0 && joules <= 1,
        "The link's energy is \(joules * 1e9) nJ for a byte; give 0 to 1000000000.")
    }
  }
}

// MARK: - Messages

extension LinkModel {
  /// Losses of one packet that are looked at; that many are as good as impossible.
  private static let mostLosses = 20

  /// The packets that no three others follow, at most.
  private static let lastPackets = 3

  /// The packets of a message.
  ///
  /// - Parameter bytes: The message's bytes, 0 or more.
  /// - Returns: At least one.
  public func packets(bytes: Int) -> Int {
    precondition(bytes >= 0, "\(bytes) bytes")
    return max(1, bytes / payloadBytes + (bytes % payloadBytes > 0 ? 1 : 0))
  }

  /// The bytes of a message's packets, headers included; each sent once.
  ///
  /// - Parameter bytes: The message's bytes, 0 or more.
  /// - Returns: The bytes on the wire.
  public func wireBytes(_ bytes: Int) -> Int { bytes + packets(bytes: bytes) * headerBytes }

  /// The seconds from the first bit's departure to the last one's arrival.
  ///
  /// - Parameters:
  ///   - bytes: The message's bytes, 0 or more.
  ///   - direction: Which way it goes.
  /// - Returns: The distribution of that time.
  public func transferTime(bytes: Int, _ direction: Direction) -> TimeDistribution {
    let rate = direction == .up ? upBitsPerSecond : downBitsPerSecond
    let undisturbed = 8 * Double(wireBytes(bytes)) / rate + delaySeconds
    return lossDelay(packets: packets(bytes: bytes)) + undisturbed
  }

  /// What losses add to a message of so many packets.
  private func lossDelay(packets: Int) -> TimeDistribution {
    guard loss > 0 else { return TimeDistribution(always: 0) }
    let last = min(packets, Self.lastPackets)
    let delays = delaysOfPackets
    var points: [TimeDistribution.Point] = []
    var before = 0.0
    for seconds in Set(delays.last + delays.other).sorted() {
      /// The probability that none of some packets is delayed longer.
      func probability(_ delays: [Double], _ count: Int) -> Double {
        let losses = delays.count { $0 <= seconds }
        return pow(1 - pow(loss, Double(losses)), Double(count))
      }
      let sum = probability(delays.last, last) * probability(delays.other, packets - last)
      points.append(.init(seconds: seconds, probability: sum - before))
      before = sum
    }
    return TimeDistribution(points)
  }

  /// How much later a packet arrives that was lost 0, 1, 2, … times: one of the last, and any other.
  private var delaysOfPackets: (last: [Double], other: [Double]) {
    let roundTrip = 2 * delaySeconds
    let timeout = roundTrip + retransmissionSeconds
    let waits = (0...Self.mostLosses).map { timeout * (pow(2, Double($0)) - 1) }
    return (waits, [0] + waits.dropLast().map { roundTrip + $0 })
  }
}
