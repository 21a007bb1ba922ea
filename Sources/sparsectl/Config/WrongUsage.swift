import ArgumentParser

/// A command line that cannot be used, with all that is to be said of it.
struct WrongUsage: Error {
  /// What is wrong, and the remedy.
  let message: String
  /// What stderr gets: the message, and where help is.
  let text: String

  /// What the parser found wrong, in other words.
  ///
  /// - Parameters:
  ///   - error: What the parser threw.
  ///   - message: What to say instead of its message; usage and help stay.
  init(_ error: any Error, saying message: String) {
    self.message = message
    text = Sparsectl.fullMessage(for: error)
      .replacing(Sparsectl.message(for: error), with: message, maxReplacements: 1)
  }

  /// What is wrong with an experiment, of which the parser does not know.
  init(_ message: String) {
    self.message = message
    text = "Error: \(message)\n  See 'sparsectl train --help' for more information."
  }

  /// What a command found wrong while it ran, in the form of what the parser finds wrong.
  ///
  /// - Parameters:
  ///   - message: What is wrong, and the remedy.
  ///   - command: The command.
  init(_ message: String, of command: any ParsableCommand.Type) {
    self.message = message
    let usage = Sparsectl.usageString(for: command)
    let words = usage.split(separator: " ").prefix { $0.first?.isLetter == true }
    text = """
      Error: \(message)
      Usage: \(usage)
        See '\(words.joined(separator: " ")) --help' for more information.
      """
  }

  /// Says what is wrong and ends the program.
  func exit() -> Never {
    Terminal.note(text)
    Sparsectl.exit(withError: ExitCode.validationFailure)
  }
}
