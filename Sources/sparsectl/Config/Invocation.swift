import ArgumentParser
import SparseCore

/// A command line, with the options of an experiment in front of the user's own.
///
/// ArgumentParser stays the only parser: what a file says becomes words like those of the user.
struct Invocation {
  /// What the user wrote.
  private let words: [String]
  /// What is parsed: the words, with those of the experiment behind the command.
  let arguments: [String]
  /// What there is to tell of the experiment's options.
  let notes: [String]
  /// What `--config` names, if anything.
  private let experiment: Experiment?

  /// Reads the experiment of a command line, if it names one.
  ///
  /// - Parameter words: The words behind the program's name.
  /// - Throws: What reading the experiment throws.
  init(_ words: [String]) throws {
    let words = Self.joiningNegativeNumbers(words)
    self.words = words
    let options = Self.options(in: words[...])
    let given = Set(options.map(\.name))
    let paths = options.filter { $0.name == "config" }.map(\.value)
    // What is no use of '--config' is left to the parser, and help wants no file.
    guard words.first == Train._commandName, case let path?? = paths.first, !path.isEmpty,
      given.isDisjoint(with: ["help", "version"]), !words.contains("-h")
    else {
      (arguments, notes, experiment) = (words, [], nil)
      return
    }
    guard paths.count == 1 else {
      throw WrongUsage("'--config' names one experiment, but is there \(paths.count) times.")
    }
    var experiment = try Experiment(path: path)
    notes = experiment.yield(to: given)
    arguments = words.prefix(1) + experiment.words + words.dropFirst()
    self.experiment = experiment
  }

  /// Makes one word of an option and the negative number behind it, which the parser would take for
  /// another option, and say that the first has no value.
  private static func joiningNegativeNumbers(_ words: [String]) -> [String] {
    let end = words.firstIndex(of: "--") ?? words.endIndex
    return words.indices.reduce(into: []) { joined, index in
      if index < end, words[index].hasPrefix("-"), Double(words[index]) != nil,
        let last = joined.last, last.hasPrefix("--"), !last.contains("=")
      {
        joined[joined.count - 1] += "=" + words[index]
      } else {
        joined.append(words[index])
      }
    }
  }

  /// The options among some words, each with the value that belongs to it if it takes one.
  private static func options(
    in words: ArraySlice<String>
  ) -> [(name: String, value: String?)] {
    // Behind two dashes there are no options any more.
    let words = words.prefix { $0 != "--" }
    return words.indices.filter { words[$0].hasPrefix("--") }.map { index in
      let parts = words[index].dropFirst(2)
        .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let next = words[(index + 1)...].first
      return (
        String(parts[0]),
        parts.count > 1 ? String(parts[1]) : next?.hasPrefix("-") == true ? nil : next
      )
    }
  }

  /// Parses the words.
  ///
  /// - Returns: The command that they name.
  /// - Throws: `WrongUsage` for what the parser refuses.
  func command() throws -> any ParsableCommand {
    do {
      return try Sparsectl.parseAsRoot(arguments)
    } catch  where Sparsectl.exitCode(for: error) == .validationFailure {
      throw WrongUsage(error, saying: explained(Sparsectl.message(for: error)))
    }
  }
}

// MARK: - Errors

extension Invocation {
  /// A message of the parser, with what was probably meant and the place in the experiment.
  private func explained(_ message: String) -> String {
    guard let catalog = try? CommandCatalog.all() else { return message }
    var command = catalog
    var rest = arguments[...]
    while let subcommands = command.subcommands, let word = rest.first, !word.hasPrefix("-") {
      guard let next = command.subcommand(word) else {
        // The parser would complain of the first option, which no command takes.
        return Self.unknown(
          command: arguments[...rest.startIndex].joined(separator: " "), word,
          among: subcommands.map(\.commandName))
      }
      command = next
      rest = rest.dropFirst()
    }
    var text = message
    for (name, value) in Self.options(in: rest) {
      guard let value, message.contains("'\(value)'"),
        let near = Suggestion.nearest(to: value, among: command.option(name)?.allValues ?? [])
      else { continue }
      text += "\(message.contains("\n") ? "\n" : " ")Did you mean '\(near)'?"
      break
    }
    if let experiment, !isOwn(message) { text = experiment.place(of: message) + text }
    return text
  }

  private static func unknown(command: String, _ word: String, among names: [String]) -> String {
    let near = Suggestion.sentence(for: word, among: names)
    return "There is no command '\(command)'."
      + (near.isEmpty ? " Known are \(names.joined(separator: ", "))." : near)
  }

  /// Whether the user's own words give this message without the experiment, too.
  private func isOwn(_ message: String) -> Bool {
    do {
      _ = try Sparsectl.parseAsRoot(words)
      return false
    } catch {
      return Sparsectl.message(for: error) == message
    }
  }
}
