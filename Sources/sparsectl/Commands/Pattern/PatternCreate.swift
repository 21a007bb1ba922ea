import ArgumentParser
import SparseCore
import SparseLayers

extension PatternCommand {
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Choose the connections of one junction.",
      discussion: """
        EXAMPLES
          sparsectl pattern create --inputs 800 --outputs 100 --density 0.2
          sparsectl pattern create --inputs 32 --outputs 8 --out-degree 2 --pattern \
        clash-free:2,z=8 --output p.npz --schedule memories.csv

        Where the family does not admit a density, the nearest is taken and printed. Without --output \
        the pattern goes to stdout as Matrix Market. The same options make the same pattern, that of \
        a network's junction with this seed and number; its SHA-256 is in the --json object.
        """)

    @Option(help: ArgumentHelp("The left neurons.", valueName: "count"))
    var inputs: Int

    @Option(help: ArgumentHelp("The right neurons.", valueName: "count"))
    var outputs: Int

    @Option(
      help: ArgumentHelp(
        "The kept fraction of the connections, above 0 up to 1. (default: 1)", valueName: "0.25"))
    var density: Double?

    @Option(
      name: .customLong("out-degree"),
      help: ArgumentHelp(
        "The connections of each left neuron, instead of a density.", valueName: "count"))
    var outDegree: Int?

    @Option(
      help: ArgumentHelp(
        "The family: \(PatternFamily.usages.joined(separator: "; ")).", valueName: "family"))
    var pattern = "structured"

    @Option(help: ArgumentHelp("Decides the connections.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
      name: .customLong("junction-index"),
      help: ArgumentHelp(
        "The junction's number in its network, from 0; each has random numbers of its own.",
        valueName: "number"))
    var junctionIndex = 0

    @Option(
      help: ArgumentHelp(
        "Where to write: .mtx, .npz or .csv, chosen by the name.", valueName: "file"))
    var output: PatternOutput?

    @Option(
      help: ArgumentHelp(
        "Where to write, as CSV, which left neuron each memory reads in each cycle.",
        discussion: "For clash-free families.", valueName: "file"))
    var schedule: String?

    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func validate() throws {
      if density != nil, outDegree != nil {
        throw ValidationError("'--density' and '--out-degree' say the same thing twice; give one.")
      }
      try DistinctFiles.check(
        outputs: [("--output", output?.path), ("--schedule", schedule)])
      do {
        let recipe = try chooseRecipe().recipe
        if schedule != nil, recipe.family.memories == nil { _ = try ClashFreeSchedule(recipe) }
      } catch let error as SparseError {
        throw ValidationError(error.message + PatternFamily.suggestion(for: pattern))
      }
    }

    private func chooseRecipe() throws -> (recipe: PatternRecipe, rounding: PatternRecipe.Rounding?)
    {
      let family = try PatternFamily(parsing: pattern)
      if let outDegree {
        let recipe = try PatternRecipe.exact(
          family: family, inputs: inputs, outputs: outputs, outDegree: outDegree, seed: seed,
          junction: junctionIndex)
        return (recipe, nil)
      }
      return try PatternRecipe.nearest(
        family: family, inputs: inputs, outputs: outputs, density: density ?? 1, seed: seed,
        junction: junctionIndex)
    }

    func run() throws {
      for path in [output?.path, schedule] { try path.map(AtomicFile.requireWritable) }
      let (recipe, rounding) = try chooseRecipe()
      if let rounding { Terminal.note("note: \(rounding)") }
      let pattern = try recipe.makePattern()
      if let schedule {
        let text = try ClashFreeSchedule(recipe).csv()
        try AtomicFile.write(to: schedule) { try $0.write(text) }
      }
      try output?.write(pattern)
      let summary = try PatternSummary(pattern, name: pattern.recipe?.family.description ?? "own")
      if outputOptions.json {
        try Terminal.result(json: summary)
      } else if let output {
        try Terminal.result("\(PatternSummary.table([summary]))\n\npattern: \(output.path)")
      } else {
        try Terminal.result(String(pattern.matrixMarketText().dropLast()))
      }
    }
  }
}
