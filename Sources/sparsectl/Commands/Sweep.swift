import ArgumentParser
import SparseCore
import SparseLayers

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train many networks and draw accuracy against what they cost.",
    discussion: """
      EXAMPLES
        sparsectl sweep --densities 0.05,0.1,0.25,1 --seeds 0,1,2 --plot sweep.svg
        sparsectl sweep --hidden 100,40+40 --patterns structured,random
        sparsectl sweep --hidden 100 --out-degrees 20+10,5+10 --pad-input 800
        sparsectl sweep --budget-weights 20000 --densities 0.05,0.2,1
        sparsectl sweep --reference 512+256 --hidden 1024+256 \\
          --densities 0.0625+0.125+1 --patterns local+structured+full

      In every list a comma separates what is varied, and a plus what belongs to one network, \
      layer by layer. Each combination is trained once with every seed. Combinations that no \
      pattern has are left out with a note.

      Every run is noted in OUTPUT/runs.jsonl as soon as it ends. The same command goes on there \
      after Ctrl-C or a crash and repeats no run; runs of other options stay in the file and are \
      used when their options come again. In the end OUTPUT holds sweep.csv, sweep.json, \
      report.html, and accuracy against weights, storage and MACs as SVG, drawn by gnuplot.

      Accuracies are those of the last epoch on the test part, which nothing is chosen by: give \
      settings that are fixed beforehand. To choose settings, use --score validation, which does not \
      look at the test part. --json prints {"rows": […], "runs": […], …}.
      """)

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Data") var padding: PaddingOptions
  @OptionGroup(title: "Networks") var networks: SweepNetworkOptions
  @OptionGroup(title: "Networks") var hiddenLayers: HiddenLayerOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  @Option(
    help: ArgumentHelp(
      "The seeds; each network is trained once with each.", valueName: "0,1,2"))
  var seeds = CommaList<UInt64>([0, 1, 2])

  @Option(help: "The part of the data that finished networks are scored on.")
  var score: SweepSettings.Part = .test

  @Option(
    help: ArgumentHelp(
      "The directory of runs and results, made when it is not there.", valueName: "directory"))
  var output = "sweep"

  @Option(
    help: ArgumentHelp("Also draw the three plots into one picture.", valueName: "file.svg"))
  var plot: String?

  @Option(help: "The form of the table.")
  var format: Table.Format = .table

  func validate() throws {
    if Set(seeds.elements).count < seeds.elements.count {
      throw ValidationError(
        "'--seeds' has \(seeds.text) with a seed twice; the same seed gives the same run.")
    }
    if output.isEmpty { throw ValidationError("'--output' must name a directory.") }
    try DistinctFiles.check(
      outputs: files.inDirectory.map { ("--output", $0) } + [("--plot", plot)],
      inputs: [("'--data'", data.data)] + networks.patternFiles.map { ("'--patterns'", $0) })
    try PictureFile.check(plot)
    try outputOptions.refuse(format: format)
  }

  /// Where results go.
  var files: SweepFiles { SweepFiles(directory: output, plot: plot) }

  func run() throws {
    let session = try SweepSession(self)
    try session.execute()
  }
}
