import ArgumentParser
import SparseCore
import SparseLayers

extension PatternCommand {
  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a pattern in another form.",
      discussion: """
        EXAMPLES
          sparsectl pattern convert p.mtx p.npz
          sparsectl pattern convert model.safetensors edges.csv --junction backbone.0

        Names choose the forms: .mtx is Matrix Market, .npz what scipy.sparse.load_npz opens, .csv a \
        line 'input,output' for each edge, counted from 0; any other file must be a model, which can \
        only be read. Values are left out: a pattern is where they are.
        """)

    @Argument(help: ArgumentHelp("The file to read.", valueName: "in"))
    var source: String

    @Argument(
      help: ArgumentHelp("The file to write: .mtx, .npz or .csv.", valueName: "out"))
    var target: PatternOutput

    @OptionGroup var choice: JunctionOption
    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func run() throws {
      try AtomicFile.requireWritable(target.path)
      let junction = try PatternInput(source).junction(named: choice.junction)
      try target.write(junction.pattern)
      let summary = try PatternSummary(junction)
      if outputOptions.json {
        try Terminal.result(json: summary)
      } else {
        try Terminal.result("\(PatternSummary.table([summary]))\n\npattern: \(target.path)")
      }
    }
  }
}
