import ArgumentParser
import Foundation

/// What the parser knows of a command: its options, the values that they take, its subcommands.
///
/// Read from the JSON that ArgumentParser writes for the makers of manuals and completions, so that no
/// list of options is kept beside the options themselves.
struct CommandCatalog: Decodable {
  /// An option, a flag or an argument.
  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      var kind: String
      var name: String
    }

    var kind: Kind
    var names: [Name]?
    /// The names of its values, where they have names.
    var allValues: [String]?

    /// The names that are written behind two dashes.
    var longNames: [String] { names?.filter { $0.kind == "long" }.map(\.name) ?? [] }
  }

  var commandName: String
  var subcommands: [CommandCatalog]?
  var arguments: [Argument]?

  /// The subcommand of a name.
  func subcommand(_ name: String) -> CommandCatalog? {
    subcommands?.first { $0.commandName == name }
  }

  /// The option or flag of a name, without its dashes.
  func option(_ name: String) -> Argument? {
    arguments?.first { $0.longNames.contains(name) }
  }

  private struct Tool: Decodable { var command: CommandCatalog }

  /// The program, with all its commands.
  static func all() throws -> CommandCatalog {
    try JSONDecoder().decode(Tool.self, from: Data(Sparsectl._dumpHelp().utf8)).command
  }
}
