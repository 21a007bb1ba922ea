import ArgumentParser
import SparseCore
import SparseLayers

extension PatternCommand {
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draw patterns and their degrees.",
      discussion: """
        EXAMPLES
          sparsectl pattern show p.mtx
          sparsectl pattern show p.npz --output picture.svg
          sparsectl pattern show model.safetensors --junction backbone.0

        Inputs run from left to right, outputs from top to bottom. Where every possible connection \
        has a place of its own, each connection is a dot; larger matrices are drawn as the density \
        of their parts. Histograms say how many neurons have how many connections.
        """)

    @Argument(help: ArgumentHelp("A pattern file or a model.", valueName: "file"))
    var file: String

    @OptionGroup var choice: JunctionOption

    @Option(
      help: ArgumentHelp("Where to draw a picture instead, as SVG.", valueName: "picture.svg"))
    var output: String?

    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func validate() throws {
      try DistinctFiles.check(outputs: [("--output", output)], inputs: [("the file", file)])
      try PictureFile.check(output, option: "--output")
    }

    func run() throws {
      if let output { try AtomicFile.requireWritable(output) }
      let summaries = try PatternInput(file).junctions(named: choice.junction)
        .map { try PatternSummary($0) }
      if let output {
        let picture = PatternPicture.svg(of: summaries)
        try AtomicFile.write(to: output) { try $0.write(picture) }
      }
      if outputOptions.json {
        try Terminal.result(json: ShownPatterns(junctions: summaries))
      } else if let output {
        try Terminal.result("\(PatternSummary.table(summaries))\n\npicture: \(output)")
      } else {
        let width = min(Terminal.columns, 120)
        let drawings = summaries.map { PatternDrawing($0, columns: width).text }
        try Terminal.result(drawings.joined(separator: "\n\n"))
      }
    }
  }
}

/// What `pattern show --json` prints: the patterns, and the keys of a pattern by itself beside them.
private struct ShownPatterns: Encodable {
  let junctions: [PatternSummary]

  enum CodingKeys: CodingKey {
    case junctions
  }

  func encode(to encoder: any Encoder) throws {
    if junctions.count == 1 { try junctions[0].encode(to: encoder) }
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(junctions, forKey: .junctions)
  }
}
