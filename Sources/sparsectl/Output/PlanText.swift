import EarlyExit

extension PlanReport {
  /// The report for people.
  var text: String {
    var table = Table([
      "row", "mean", "99 %", "edge", "link", "remote", "sent", "bytes up", "bytes down",
      "edge energy", "edge storage, bytes",
    ])
    for cut in cuts {
      table.add([
        cut.name, Self.time(cut.latencyMean), Self.time(cut.latencyP99), Self.time(cut.edgeSeconds),
        Self.time(cut.linkSeconds), Self.time(cut.remoteSeconds), Text.percent(cut.sentShare),
        Text.count(Int(cut.bytesUp.rounded())), Text.count(Int(cut.bytesDown.rounded())),
        Self.quantity(cut.edgeJoules ?? cut.edgeComputeJoules, "J"),
        Text.count(cut.edgeStorageBytes),
      ])
    }
    let aims = SplitPlan.Aim.allCases.map { aim in
      "\(aim.title) \((best[aim.rawValue] ?? nil) ?? "not judged")"
    }
    return """
      \(table.text())

      least: \(aims.joined(separator: "; "))
      \(([linkText, energyText, machineText, requestText] + [exitText].compactMap(\.self)).joined(separator: "\n"))
      """
  }

  private var linkText: String {
    """
    link \(link.name): \(Self.quantity(link.upBitsPerSecond, "b/s")) up, \
    \(Self.quantity(link.downBitsPerSecond, "b/s")) down, \(Self.time(link.delaySeconds)) each way, \
    loss \(Text.percent(link.loss)), packets of \(link.payloadBytes) + \(link.headerBytes) bytes \
    (\(link.source)); handshake, slow start and other traffic are not counted
    """
  }

  private var energyText: String {
    let computing = "energy of computing: an estimate by \(energyModel)"
    guard let source = link.energySource, let up = link.upJoulesPerByte,
      let down = link.downJoulesPerByte
    else {
      return """
        \(computing); that of the link is not counted, as no source tells it, so rows cannot be \
        judged by energy (--link \(link.name),energy=… tells it)
        """
    }
    return """
      \(computing); of the link: \(Self.quantity(up, "J")) a byte up, \(Self.quantity(down, "J")) \
      down (\(source))
      """
  }

  private var machineText: String {
    func speed(_ machine: Machine) -> String {
      let slowdown =
        machine.slowdown == 1
        ? "" : ", taken as \(Text.number(machine.slowdown)) times slower than measured"
      return """
        \(Self.quantity(machine.macsPerSecond, "MAC/s")) \
        (\(machine.speed == "measured" ? "measured here, one sample at a time" : "given")\(slowdown))
        """
    }
    return "edge \(speed(edge)), remote \(speed(remote)); computing is taken as constant"
  }

  private var requestText: String {
    """
    features as \(request.payload), a sample as it is \(Text.count(request.sampleBytes)) bytes; \
    beside them HTTP and JSON of \(Text.count(request.requestBytes)) bytes up and \
    \(Text.count(request.replyBytes)) down, and \(Self.time(request.seconds)) for a request
    """
  }

  private var exitText: String? {
    guard let exits else { return nil }
    let shares = zip(exits.names, exits.shares).map { "\($0) \(Text.percent($1))" }
    let origin = exits.samples.map { "on \(Text.count($0)) validation samples" } ?? "given"
    return "samples leave at \(shares.joined(separator: ", ")) (\(origin))"
  }

  /// A time with three digits: `12.3 µs`.
  private static func time(_ seconds: Double) -> String { quantity(seconds, "s") }

  /// A number with three digits and the unit's prefix: `4.56 MJ`.
  static func quantity(_ value: Double, _ unit: String) -> String {
    let prefixes = [
      (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ"),
      (1e-9, "n"), (1e-12, "p"),
    ]
    guard value > 0 else { return "0 \(unit)" }
    let (factor, prefix) = prefixes.first { value >= $0.0 * 0.9995 } ?? (1e-12, "p")
    // Seconds have no thousands.
    guard unit != "s" || factor <= 1 else { return "\(Text.number(value, decimals: 0)) s" }
    let scaled = value / factor
    return
      "\(Text.fixed(scaled, scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)) \(prefix)\(unit)"
  }
}

extension SplitPlan.Aim {
  /// What the aim is called in a text.
  fileprivate var title: String {
    switch self {
    case .latencyMean: "mean latency"
    case .latencyP99: "99 % latency"
    case .bytes: "bytes"
    case .edgeEnergy: "edge energy"
    case .edgeStorage: "edge storage"
    }
  }
}
