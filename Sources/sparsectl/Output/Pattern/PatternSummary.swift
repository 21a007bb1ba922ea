import SparseCore

/// What the subcommands of `pattern` print of a pattern.
struct PatternSummary: Encodable {
  let name: String
  let pattern: Pattern
  let inDegrees: DegreeStatistics
  let outDegrees: DegreeStatistics
  private let sha256: String

  /// Looks at a pattern.
  ///
  /// - Throws: `SparseError` when a digest cannot be computed.
  init(_ pattern: Pattern, name: String) throws {
    self.name = name
    self.pattern = pattern
    inDegrees = pattern.inDegreeStatistics
    outDegrees = pattern.outDegreeStatistics
    sha256 = try pattern.sha256
  }

  init(_ junction: PatternInput.Junction) throws {
    try self.init(junction.pattern, name: junction.name)
  }

  enum CodingKeys: String, CodingKey {
    case name, inputs, outputs, edges, density, sha256, family, seed, junction, valid
    case inDegree = "in_degree"
    case outDegree = "out_degree"
    case inDegrees = "in_degrees"
    case outDegrees = "out_degrees"
    case deadInputs = "dead_inputs"
    case deadOutputs = "dead_outputs"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(pattern.inputs, forKey: .inputs)
    try values.encode(pattern.outputs, forKey: .outputs)
    try values.encode(pattern.edgeCount, forKey: .edges)
    try values.encode(pattern.density, forKey: .density)
    try values.encode(inDegrees.mean, forKey: .inDegree)
    try values.encode(outDegrees.mean, forKey: .outDegree)
    try values.encode(Degrees(inDegrees), forKey: .inDegrees)
    try values.encode(Degrees(outDegrees), forKey: .outDegrees)
    try values.encode(outDegrees.dead, forKey: .deadInputs)
    try values.encode(inDegrees.dead, forKey: .deadOutputs)
    try values.encode(sha256, forKey: .sha256)
    try values.encodeIfPresent(pattern.recipe?.family, forKey: .family)
    try values.encodeIfPresent(pattern.recipe?.seed, forKey: .seed)
    try values.encodeIfPresent(pattern.recipe?.junction, forKey: .junction)
    try values.encode(true, forKey: .valid)
  }

  /// The degrees of a layer.
  private struct Degrees: Encodable {
    let min: Int
    let mean: Double
    let max: Int
    let histogram: [Entry]

    struct Entry: Encodable {
      let degree: Int
      let neurons: Int
    }

    init(_ statistics: DegreeStatistics) {
      min = statistics.minimum
      mean = statistics.mean
      max = statistics.maximum
      histogram = statistics.histogram.map { Entry(degree: $0.degree, neurons: $0.neurons) }
    }
  }
}

// MARK: - As text

extension PatternSummary {
  static let headings = ["pattern", "neurons", "edges", "density", "in-degree", "out-degree"]

  /// The cells under the headings.
  var cells: [String] {
    [
      name, "\(Text.count(pattern.inputs))→\(Text.count(pattern.outputs))",
      Text.count(pattern.edgeCount), Text.number(pattern.density), Text.range(inDegrees),
      Text.range(outDegrees),
    ]
  }

  /// A table of patterns.
  static func table(_ summaries: [PatternSummary]) -> String {
    var table = Table(headings)
    for summary in summaries { table.add(summary.cells) }
    return table.text()
  }
}

extension Text {
  /// `12`, or `10–13` where degrees differ.
  static func range(_ degrees: DegreeStatistics) -> String {
    range([degrees.minimum, degrees.maximum])
  }
}
