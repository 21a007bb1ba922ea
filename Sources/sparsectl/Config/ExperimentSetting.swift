import ArgumentParser
import SparseCore
import Yams

/// One option with the value in effect, as a line of an experiment.
struct ExperimentSetting {
  /// The kinds of values.
  enum Value {
    /// Numbers, or what is written with them, as they are; one of them is no list.
    case numbers([String])
    /// Texts; one of them is no list.
    case texts([String])
    case flag(Bool)
    /// No value, but a remark on what is taken instead.
    case open(String)
  }

  /// The option's name without its dashes.
  let key: String
  let value: Value

  static func number(_ key: String, _ number: some CustomStringConvertible) -> Self {
    Self(key: key, value: .numbers([number.description]))
  }

  static func numbers(_ key: String, _ numbers: [some CustomStringConvertible]) -> Self {
    Self(key: key, value: .numbers(numbers.map(\.description)))
  }

  static func text(_ key: String, _ text: String) -> Self { Self(key: key, value: .texts([text])) }

  static func texts(_ key: String, _ texts: [String]) -> Self {
    Self(key: key, value: .texts(texts))
  }

  static func flag(_ key: String, _ isOn: Bool) -> Self { Self(key: key, value: .flag(isOn)) }

  static func open(_ key: String, _ remark: String) -> Self { Self(key: key, value: .open(remark)) }
}

extension [ExperimentSetting] {
  /// The settings as YAML, under a comment that says what they are.
  ///
  /// - Throws: `SparseError` when the library cannot write them.
  func yaml() throws -> String {
    do {
      let head = """
        # An experiment of sparsectl \(Sparsectl.configuration.version): 'sparsectl train --config' and \
        this file's name run it again.

        """
      return try head + map { try $0.line() }.joined()
    } catch {
      throw SparseError(.invalidArgument, "The options cannot be written as YAML (\(error)).")
    }
  }
}

extension ExperimentSetting {
  fileprivate func line() throws -> String {
    switch value {
    case .numbers(let numbers): try line(Self.node(numbers.map { Node($0) }))
    // Quoted where they would be taken for something else, such as a directory called null.
    case .texts(let texts): try line(Self.node(texts.map { .scalar($0.represented()) }))
    case .flag(let isOn): try line(Node(isOn ? "true" : "false"))
    case .open(let remark): "# \(key): \(remark)\n"
    }
  }

  private func line(_ value: Node) throws -> String {
    try serialize(node: Node([(Node(key), value)], Tag(.map)), width: -1, allowUnicode: true)
  }

  private static func node(_ elements: [Node]) -> Node {
    elements.count == 1 ? elements[0] : Node(elements, Tag(.seq), .flow)
  }
}
