#if !Networking
import ArgumentParser
import SparseCore

// A program built without the trait Networking says so, instead of not knowing two of its commands.

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Not in this program, which was built without networking.")

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws { throw SparseError.withoutNetworking("serve") }
}

struct Edge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Not in this program, which was built without networking.")

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws { throw SparseError.withoutNetworking("edge") }
}

extension SparseError {
  fileprivate static func withoutNetworking(_ command: String) -> Self {
    Self(
      .unsupported,
      """
      '\(command)' is not in this program, which was built without networking as 'make run' does it. \
      Use the one that 'make install' or 'swift build -c release' builds.
      """)
  }
}
#endif
