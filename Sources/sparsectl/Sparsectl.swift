import ArgumentParser
import Foundation

@main
struct Sparsectl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparsectl",
    abstract: "Train, measure and run neural networks whose connections are chosen beforehand.",
    discussion: """
      EXAMPLES
        sparsectl doctor
        sparsectl train --density 0.25
        sparsectl measure model.safetensors

      That is a first run, on Fashion-MNIST as Debian's package dataset-fashion-mnist installs it; \
      'doctor' says what is missing here.

      Results go to stdout, progress and warnings to stderr; every command but 'serve' takes --json. \
      The exit code is 0 when done, 1 when something failed, 64 for wrong usage.
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Calibrate.self, Evaluate.self, Online.self, Measure.self, Predict.self,
      Report.self, Split.self, Plan.self, Serve.self, Edge.self, Convert.self, Export.self,
      PatternCommand.self, DataCommand.self, Sweep.self, Bench.self, Doctor.self,
    ])

  /// Runs the command of the command line.
  static func main() async {
    StandardStreams.occupy()
    // A write past a limit or into a pipe nobody reads then fails, and is reported, as any other.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    do {
      let invocation = try Invocation(Array(CommandLine.arguments.dropFirst()))
      var command = try invocation.command()
      for note in invocation.notes { Terminal.note("note: \(note)") }
      do {
        if var command = command as? any AsyncParsableCommand {
          try await command.run()
        } else {
          try command.run()
        }
      } catch let error as ValidationError {
        // Of what came out while it ran, the parser does not know the command.
        throw WrongUsage(error.message, of: type(of: command))
      }
    } catch let error as WrongUsage {
      error.exit()
    } catch {
      exit(withError: error)
    }
  }
}
