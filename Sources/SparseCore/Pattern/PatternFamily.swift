/// A way to choose the connections of a junction.
///
/// | text | degrees | densities |
/// |---|---|---|
/// | `structured` | every in-degree equal, every out-degree equal | k/gcd(inputs, outputs) |
/// | `grouped:N` | as structured; N consecutive outputs share their inputs | k/gcd(inputs, outputs/N) |
/// | `clash-free:T,z=Z` | as structured; type T for hardware with Z memories | k/gcd(inputs, outputs) |
/// | `balanced` | in-degrees differ by at most one, out-degrees too | any |
/// | `random`, `erdos-renyi` | whatever falls out | any |
/// | `full` | every input to every output | 1 |
/// | `nm:N:M`, or `N:M` | every in-degree equal: N of every M inputs | N/M |
/// | `block:RxC` | as balanced, in blocks of R outputs and C inputs | whole blocks |
/// | `banded` | in-degrees differ by at most one: a run of inputs | any |
/// | `local:WxH` | every in-degree equal: a window of an image | whole windows |
/// | `small-world:P` | as a closed band; the fraction P leads elsewhere | any |
///
/// A family is one rule, in a file of its own under `Families`; registering it here makes its text
/// known to the command line and to files.
public struct PatternFamily: Sendable {
  /// Every family that can be named by text, in the order in which help and errors list them.
  static let registered: [any PatternRule.Type] = [
    StructuredRule.self, BalancedRule.self, RandomRule.self, FullRule.self, GroupedRule.self,
    ClashFreeRule.self, NMRule.self, BlockRule.self, BandedRule.self, LocalRule.self,
    SmallWorldRule.self, ErdosRenyiRule.self,
  ]

  let rule: any PatternRule

  init(_ rule: any PatternRule) {
    self.rule = rule
  }

  /// Creates a family from its text, such as `structured`.
  ///
  /// - Parameter text: A name, followed by `:` and an argument where the family takes one; `2:4` is
  ///   short for `nm:2:4`.
  /// - Throws: `SparseError` listing the known families when there is none of that name.
  public init(parsing text: String) throws {
    if text.first?.isNumber == true {
      self.init(try NMRule(argument: text[...]))
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let rule = Self.registered.first(where: { $0.name == name })
    else {
      throw SparseError(
        .invalidArgument,
        "There is no pattern family '\(text.prefix(80))'. Known families: "
          + "\(Self.usages.joined(separator: ", "))."
      )
    }
    self.init(try rule.init(argument: parts.count > 1 ? parts[1] : nil))
  }

  /// How each known family is written, such as `structured` or `name:N`, for help texts.
  public static var usages: [String] { registered.map { $0.usage } }

  /// Lists the densities that the family can make exactly.
  ///
  /// - Parameters:
  ///   - inputs: Number of left neurons.
  ///   - outputs: Number of right neurons.
  /// - Returns: The densities in increasing order, none when the sizes do not fit; or `nil` when any can
  ///   be made, up to one edge, or so many that they cannot be told apart.
  /// - Throws: `SparseError` when a size is below 1 or above `Pattern.maximumNeurons`.
  public func admissibleDensities(inputs: Int, outputs: Int) throws -> [Double]? {
    rule.admissibleDensities(in: try JunctionShape(inputs: inputs, outputs: outputs))
  }
}

// MARK: - Text form

extension PatternFamily: CustomStringConvertible {
  /// The text that `init(parsing:)` reads.
  public var description: String { rule.description }
}

extension PatternFamily: Hashable {
  /// Tells whether two families have the same name and argument.
  public static func == (left: Self, right: Self) -> Bool {
    left.description == right.description
  }

  /// Feeds the text form to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(description)
  }
}

extension PatternFamily: Codable {
  /// Reads the text form.
  ///
  /// - Parameter decoder: Where to read from.
  /// - Throws: `SparseError` when the family is not known.
  public init(from decoder: any Decoder) throws {
    try self.init(parsing: try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text form.
  ///
  /// - Parameter encoder: Where to write to.
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
