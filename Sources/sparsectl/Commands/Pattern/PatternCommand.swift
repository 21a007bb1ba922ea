import ArgumentParser

/// Patterns by themselves, without training.
///
/// Each subcommand is an extension in a file of its own.
struct PatternCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pattern",
    abstract: "Create, check, draw and convert connection patterns.",
    discussion: """
      EXAMPLES
        sparsectl pattern create --inputs 800 --outputs 100 --density 0.2 --output p.mtx
        sparsectl pattern check p.mtx
        sparsectl pattern show p.mtx --output p.svg
        sparsectl pattern convert p.mtx p.npz

      A pattern says which inputs (left neurons) are connected to which outputs (right neurons) of a \
      junction. Files are Matrix Market (.mtx, rows are outputs), SciPy's sparse NPZ (.npz), \
      comma-separated edges (.csv) and, to read only, models. Every subcommand takes --json.
      """,
    subcommands: [Create.self, Check.self, Show.self, Convert.self])
}
