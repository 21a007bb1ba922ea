import ArgumentParser
import Testing

@testable import sparsectl

@Suite("The examples of the help texts")
struct HelpExampleTests {
  /// A command and all below it.
  private static func commands(
    below command: any ParsableCommand.Type, path: [String] = []
  ) -> [(path: [String], discussion: String)] {
    let path = path + [command._commandName]
    return [(path, command.configuration.discussion)]
      + command.configuration.subcommands.flatMap { commands(below: $0, path: path) }
  }

  /// The program's command lines in a text, without what the shell makes of them.
  private static func lines(in discussion: String) -> [[String]] {
    discussion.replacing("\\\n", with: " ").split(separator: "\n")
      .compactMap { line in
        // An example may set a variable of the environment first.
        let words = line.split(separator: " ").drop { $0.contains("=") }
        guard words.first == "sparsectl" else { return nil }
        return words.dropFirst().prefix { $0 != ">" }.map(String.init)
      }
  }

  @Test("are there for every command, and are command lines that it takes")
  func examples() throws {
    for (path, discussion) in Self.commands(below: Sparsectl.self) {
      #expect(discussion.contains("EXAMPLES"), "\(path)")
      let lines = Self.lines(in: discussion)
      #expect(!lines.isEmpty, "\(path)")
      let own = Array(path.dropFirst())
      #expect(lines.contains { $0.starts(with: own) }, "no example of \(path) itself")
      for line in lines {
        #expect(throws: Never.self, "sparsectl \(line.joined(separator: " "))") {
          _ = try Sparsectl.parseAsRoot(line)
        }
      }
    }
  }
}
