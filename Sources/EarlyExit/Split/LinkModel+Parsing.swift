internal import SparseCore

extension LinkModel {
  /// How a link is written, for help texts.
  public static let usage =
    """
    \(presets.map(\.name).joined(separator: ", ")), or rate=10M,delay=20ms, with up=, down=, loss=, \
    payload=, header=, rto= and energy= where wanted
    """

  /// Reads a link as it is written on a command line.
  ///
  /// Either the name of a preset, or `rate` (or `up` and `down`, bits per second) and `delay` (one
  /// way); behind either, what else is different: `loss`, `payload` and `header` (bytes a packet),
  /// `rto` (the minimum that is added to a round trip), `energy` (nanojoules for a byte, both ways).
  ///
  ///     gigabit,loss=0.05
  ///     rate=10M,delay=20ms,loss=0.01,payload=1460
  ///
  /// - Parameter text: The link.
  /// - Throws: `SparseError.Code.invalidArgument` that names what is unknown, missing or out of range.
  public init(parsing text: String) throws {
    var words = text.split(separator: ",", omittingEmptySubsequences: false)[...]
    var preset: LinkModel?
    if let name = words.first, !name.contains("=") {
      preset = Self.presets.first { $0.name == name }
      guard preset != nil else {
        throw SparseError(
          .invalidArgument, "There is no link '\(name.prefix(40))'. Give \(Self.usage).")
      }
      words = words.dropFirst()
    }
    var settings: [String: Substring] = [:]
    for word in words {
      let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, settings.updateValue(pair[1], forKey: String(pair[0])) == nil else {
        throw SparseError(
          .invalidArgument,
          "'\(word.prefix(40))' is no setting of a link, or one too many. Give \(Self.usage).")
      }
    }
    self =
      preset
      ?? LinkModel(
        name: text, upBitsPerSecond: 0, downBitsPerSecond: 0, delaySeconds: -1, source: "as given")
    for (key, value) in settings.sorted(by: Self.ratesFirst) { try set(key, to: value) }
    guard upBitsPerSecond != 0, downBitsPerSecond != 0, delaySeconds != -1 else {
      throw SparseError(
        .invalidArgument,
        "The link '\(text.prefix(60))' lacks a rate or a delay. Give \(Self.usage).")
    }
    if preset != nil, !settings.isEmpty {
      name = text
      source += "; changed: \(words.joined(separator: ", "))"
    }
    try validate()
  }

  /// `rate` stands for both ways, of which `up` or `down` may then change one.
  private static func ratesFirst(
    _ left: (key: String, value: Substring), _ right: (key: String, value: Substring)
  ) -> Bool { (left.key == "rate" ? 0 : 1, left.key) < (right.key == "rate" ? 0 : 1, right.key) }

  private mutating func set(_ key: String, to text: Substring) throws {
    func fail(_ example: String) -> SparseError {
      SparseError(
        .invalidArgument,
        "'\(key)' is '\(text.prefix(40))', which is no such number; an example is \(example).")
    }
    func number(_ units: [(name: String, exponent: Int)], _ example: String) throws -> Double {
      guard let number = ScaledNumber.parse(text, units), number >= 0 else { throw fail(example) }
      return number
    }
    func rate() throws -> Double { try number(ScaledNumber.multiples, "10M, in bits per second") }
    func time() throws -> Double { try number(ScaledNumber.times, "20ms, or 100us") }
    func bytes() throws -> Int {
      guard let bytes = Int(text) else { throw fail("1448") }
      return bytes
    }
    switch key {
    case "rate":
      upBitsPerSecond = try rate()
      downBitsPerSecond = upBitsPerSecond
    case "up": upBitsPerSecond = try rate()
    case "down": downBitsPerSecond = try rate()
    case "delay": delaySeconds = try time()
    case "rto": retransmissionSeconds = try time()
    case "loss": loss = try number([("", 0), ("%", -2)], "0.01, or 1%")
    case "payload": payloadBytes = try bytes()
    case "header": headerBytes = try bytes()
    case "energy":
      let joules = try number([("", -9)], "500, in nanojoules for a byte")
      energy = Energy(upJoulesPerByte: joules, downJoulesPerByte: joules, source: "as given")
    default:
      throw SparseError(
        .invalidArgument, "A link has no '\(key.prefix(40))'. Give \(Self.usage).")
    }
  }
}
