import ArgumentParser
import SparseCore
import Yams

/// Reads the YAML of an experiment: one mapping of options to a value or a list of values.
struct ExperimentReader {
  /// What errors call the text.
  let source: String

  /// The most words that may be aliases.
  ///
  /// Twenty lines of aliases of aliases stand for more values than any memory holds, and the library
  /// compares what they stand for before anybody sees it. So few can do no harm, and are refused later.
  private static let maximumAliases = 16

  /// The options in a text, in its order.
  ///
  /// - Parameter yaml: The text.
  /// - Returns: At least one option.
  /// - Throws: `WrongUsage` that names the line, the key and the remedy.
  func entries(of yaml: String) throws -> [Experiment.Entry] {
    let parser: Yams.Parser
    let root: Node?
    do {
      try refuseManyAliases(in: yaml)
      // Values are read by the options that they are for, so the text's own types do not matter.
      parser = try Yams.Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
      root = try parser.singleRoot()
    } catch let error as YamlError {
      throw wrong(error)
    }
    // The parser owns the anchors, which nodes hold weakly.
    return try withExtendedLifetime(parser) {
      guard let root else { throw WrongUsage("\(source): is empty. \(Self.example)") }
      guard case .mapping(let mapping) = root else {
        throw wrong("holds no keys. \(Self.example)", at: root)
      }
      try refuseAnchor(of: root)
      let options = try Options()
      return try mapping.map { key, value in try entry(key, value, options) }
    }
  }

  private static let example =
    "Write options of 'train' without their dashes, such as 'density: 0.2'."

  private func entry(_ key: Node, _ value: Node, _ options: Options) throws -> Experiment.Entry {
    guard case .scalar(let name) = key else {
      throw wrong("a key is no name. \(Self.example)", at: key)
    }
    try refuseAnchor(of: key)
    let key = name.string
    guard let option = options.known[key] else {
      if Experiment.ofTheCommandLine.contains(key) {
        throw wrong("'\(key)' is for the command line only. Leave it out here.", at: value)
      }
      let word = String(key.trimmingPrefix(while: { $0 == "-" }))
      let near =
        options.known[word].map { _ in " Did you mean '\(word)'?" }
        ?? Suggestion.sentence(for: word, among: options.known.keys.sorted())
      throw wrong("\(shown(key)) is no option of 'train'.\(near)", at: .scalar(name))
    }
    let words =
      option.kind == .flag
      ? try isOn(key, value) ? ["--\(key)"] : [] : ["--\(key)=\(try text(key, value))"]
    return Experiment.Entry(key: key, words: words, line: name.mark?.line ?? 0)
  }

  /// The options of `train` that can stand in a file.
  private struct Options {
    let known: [String: CommandCatalog.Argument]

    init() throws {
      let train = try CommandCatalog.all().subcommand(Train._commandName)
      let arguments = train?.arguments ?? []
      let names = Set(arguments.flatMap(\.longNames))
      let pairs = arguments.flatMap { argument in argument.longNames.map { ($0, argument) } }
        .filter { name, _ in
          // What switches a flag off is no option of its own.
          !Experiment.ofTheCommandLine.contains(name)
            && !(name.hasPrefix("no-") && names.contains(String(name.dropFirst(3))))
        }
      known = Dictionary(pairs) { first, _ in first }
    }
  }
}

// MARK: - Values

extension ExperimentReader {
  private func isOn(_ key: String, _ value: Node) throws -> Bool {
    try refuseAnchor(of: value)
    guard let isOn = value.bool else {
      throw wrong("'\(key)' is a flag. Write true or false.", at: value)
    }
    return isOn
  }

  /// What would be written behind the option on the command line.
  private func text(_ key: String, _ value: Node) throws -> String {
    guard case .sequence(let list) = value else { return try scalar(key, value) }
    try refuseAnchor(of: value)
    guard !list.isEmpty else {
      throw wrong("'\(key)' is an empty list. Leave it out, or list values.", at: value)
    }
    return try list.map { element in
      let text = try scalar(key, element)
      // A comma would make two elements of one; only patterns can have some of their own.
      guard key == "pattern" || !text.contains(",") else {
        throw wrong("'\(key)' lists \(shown(text)), but a comma separates elements.", at: element)
      }
      return text
    }.joined(separator: ",")
  }

  private func scalar(_ key: String, _ value: Node) throws -> String {
    guard case .scalar(let scalar) = value else {
      throw wrong(
        "'\(key)' holds lists or keys; it takes one value or a list of values.", at: value)
    }
    try refuseAnchor(of: value)
    let isMissing = scalar.style == .plain && ["~", "null", "Null", "NULL"].contains(scalar.string)
    guard !isMissing, !scalar.string.isEmpty else {
      throw wrong("'\(key)' has no value. Leave it out, or give it one.", at: value)
    }
    // The end of a C string, which no command line can hold.
    guard !scalar.string.unicodeScalars.contains("\0") else {
      throw wrong("'\(key)' has a value with a zero byte.", at: value)
    }
    return scalar.string
  }
}

// MARK: - Errors

extension ExperimentReader {
  private func wrong(_ text: String, at node: Node) -> WrongUsage {
    WrongUsage("\(source)\(node.mark.map { ", line \($0.line)" } ?? ""): \(text)")
  }

  private func wrong(_ error: YamlError) -> WrongUsage {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let problem = [context?.text, problem].compactMap(\.self).joined(separator: ", ")
      return WrongUsage(
        "\(source), line \(mark.line), column \(mark.column): is no YAML (\(problem)).")
    case .duplicatedKeysInMapping(let keys, let context):
      return WrongUsage(
        "\(source), line \(context.mark.line): \(shown(keys.first ?? "")) is there twice. Keep one."
      )
    case .reader(let problem, _, _, _):
      return WrongUsage("\(source): is no YAML (\(problem)).")
    default:
      return WrongUsage("\(source): cannot be read (\(error)).")
    }
  }

  private func refuseAnchor(of node: Node) throws {
    guard let anchor = node.anchor else { return }
    throw wrong(
      "has the anchor '&\(anchor.rawValue.prefix(40))'; write values out where they belong.",
      at: node)
  }

  private func refuseManyAliases(in yaml: String) throws {
    let bytes = Array(yaml.utf8)
    let count = zip(bytes, bytes.dropFirst()).count { mark, next in
      mark == UInt8(ascii: "*") && Self.beginsName(next)
    }
    guard count <= Self.maximumAliases else {
      throw WrongUsage(
        """
        \(source): has \(count) words like '*name', which are YAML's aliases. Write values out where \
        they belong.
        """)
    }
  }

  /// Whether a byte can begin an alias's name: what libyaml takes.
  private static func beginsName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// A text of the file for a message: short, and without what a terminal would obey.
  private func shown(_ text: String) -> String {
    let characters = text.unicodeScalars.prefix(60).map { scalar in
      scalar.properties.generalCategory == .control ? "�" : String(scalar)
    }
    return "'\(characters.joined())'"
  }
}
