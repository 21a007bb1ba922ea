import ArgumentParser

@main
struct Sparsectl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparsectl",
    abstract: "Train, measure and run neural networks whose sparsity is fixed beforehand.")
}
