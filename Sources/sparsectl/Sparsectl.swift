import ArgumentParser
import Foundation

@main
struct Sparsectl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparsectl",
    abstract: "Train, measure and run neural networks whose connections are chosen beforehand.",
    discussion: """
      A first run, on Fashion-MNIST as Debian's package dataset-fashion-mnist installs it:

        sparsectl train --density 0.25
        sparsectl measure model.safetensors

      Results go to stdout, progress and warnings to stderr; every command takes --json. The exit \
      code is 0 when done, 1 when something failed, 64 for wrong usage.
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Calibrate.self, Evaluate.self, Online.self, Measure.self, Predict.self,
      Split.self, Plan.self, Serve.self, Edge.self, Convert.self, PatternCommand.self,
      DataCommand.self, Sweep.self, Bench.self,
    ])

  /// Runs the command of the command line.
  static func main() async {
    // A write past a limit or into a pipe nobody reads then fails, and is reported, as any other.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    await main(nil)
  }
}
