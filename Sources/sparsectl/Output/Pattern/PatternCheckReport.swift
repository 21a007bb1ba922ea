import SparseCore

/// What `pattern check` finds, as JSON.
struct PatternCheckReport: TextReport {
  /// The patterns, in the order given.
  var junctions: [JunctionCheck] = []

  /// The files that hold no pattern.
  var invalid: [InvalidFile] = []

  /// What was looked at as one network.
  var chains: [ChainCheck] = []

  /// Whether every file holds patterns.
  var isValid: Bool { invalid.isEmpty }

  /// Whether a pattern cannot be read from its memories.
  var hasClash: Bool { junctions.contains { $0.memories?.clash != nil } }

  enum CodingKeys: String, CodingKey {
    case junctions, invalid, chains, valid
  }

  /// A pattern by itself also has its own keys beside the lists.
  func encode(to encoder: any Encoder) throws {
    if junctions.count == 1, isValid { try junctions[0].encode(to: encoder) }
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(junctions, forKey: .junctions)
    try values.encode(invalid, forKey: .invalid)
    try values.encode(chains, forKey: .chains)
    try values.encode(isValid, forKey: .valid)
  }
}

/// What was found out about a pattern.
struct JunctionCheck: Encodable {
  let summary: PatternSummary
  let scatter: Scatter

  /// The number of memories that it was to be read from, and the first clash there; nil when that
  /// was not asked.
  let memories: (count: Int, clash: MemoryClash?)?

  enum CodingKeys: String, CodingKey {
    case scatter, z
    case isClashFree = "clash_free"
    case firstClash = "first_clash"
  }

  func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(ScatterValues(scatter), forKey: .scatter)
    guard let memories else { return }
    try values.encode(memories.count, forKey: .z)
    try values.encode(memories.clash == nil, forKey: .isClashFree)
    try values.encodeIfPresent(memories.clash?.description, forKey: .firstClash)
  }
}

/// Why a file holds no pattern.
struct InvalidFile: Encodable {
  let name: String
  let faults: PatternFaults

  enum CodingKeys: String, CodingKey {
    case name, faults, messages, valid
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(faults.count, forKey: .faults)
    try values.encode(faults.messages, forKey: .messages)
    try values.encode(false, forKey: .valid)
  }
}

/// What was found out about junctions one after the other.
struct ChainCheck: Encodable {
  /// The branch of a model; nil for files.
  let name: String?
  let junctions: [String]
  let connectivity: Connectivity
  let scatter: Scatter

  enum CodingKeys: String, CodingKey {
    case name, junctions, pairs, connected, scatter
    case unconnectedPairs = "unconnected_pairs"
    case lostInputs = "lost_inputs"
    case unreachedOutputs = "unreached_outputs"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encodeIfPresent(name, forKey: .name)
    try values.encode(junctions, forKey: .junctions)
    try values.encode(connectivity.pairs, forKey: .pairs)
    try values.encode(connectivity.unconnectedPairs, forKey: .unconnectedPairs)
    try values.encode(connectivity.lostInputs, forKey: .lostInputs)
    try values.encode(connectivity.unreachedOutputs, forKey: .unreachedOutputs)
    try values.encode(connectivity.isComplete, forKey: .connected)
    try values.encode(ScatterValues(scatter), forKey: .scatter)
  }
}

private struct ScatterValues: Encodable {
  let forward: Double
  let backward: Double

  init(_ scatter: Scatter) {
    forward = scatter.forward
    backward = scatter.backward
  }
}
