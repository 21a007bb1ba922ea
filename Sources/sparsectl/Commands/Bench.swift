import ArgumentParser
import SparseCore
import _SparseBench

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time the three products of a junction.",
    discussion: """
      EXAMPLES
        sparsectl bench --shape 1024x1024 --density 0.25
        sparsectl bench --shape 784x512 --density 0.05,0.1 --backend native,suitesparse --threads 2

      Each product is first compared with the reference engine; only then is it timed. The backends \
      take turns, so that other programs slow all of them down. GF/s are 10⁹ multiplications and \
      additions per second, counting only those of kept connections; the peak is the most that one \
      core of this machine was seen to do, times the threads.
      """)

  @Option(help: ArgumentHelp("The junction's inputs and outputs.", valueName: "1024x1024"))
  var shape: ShapeArgument = ShapeArgument(inputs: 1024, outputs: 1024)

  @Option(help: ArgumentHelp("The kept fractions of the connections.", valueName: "0.25"))
  var density: CommaList<Double>?

  @Option(
    name: .customLong("batch-size"),
    help: ArgumentHelp("The samples of a batch.", valueName: "count"))
  var batchSize = 256

  @Option(
    help: ArgumentHelp(
      "The families of the patterns: \(PatternFamily.usages.joined(separator: "; ")).",
      valueName: "family"))
  var pattern = "structured"

  @Option(
    help: ArgumentHelp(
      "The engines: \(Backend.allCases.map(\.rawValue).joined(separator: ", ")).",
      discussion: "Without it: all but auto and reference.", valueName: "backend"))
  var backend: String?

  @Option(help: ArgumentHelp("The threads.", valueName: "count"))
  var threads = 1

  @Option(help: ArgumentHelp("The least time of each measurement.", valueName: "seconds"))
  var seconds = 0.5

  @Option(help: ArgumentHelp("Decides patterns and numbers.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    for density in densities where !(density > 0 && density <= 1) {
      throw ValidationError("'--density' must be above 0 and at most 1, but is \(density).")
    }
    guard (1...65536).contains(batchSize) else {
      throw ValidationError("'--batch-size' must be in 1...65536, but is \(batchSize).")
    }
    let floats = batchSize * (shape.inputs + shape.outputs)
    guard floats <= Self.maximumActivations else {
      throw ValidationError(
        """
        '--batch-size' \(batchSize) with '--shape' \(shape.defaultValueDescription) makes \(floats) \
        activations; at most \(Self.maximumActivations) are measured.
        """)
    }
    guard (1...1024).contains(threads) else {
      throw ValidationError("'--threads' must be in 1...1024, but is \(threads).")
    }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("'--seconds' must be above 0 and at most 3600, but is \(seconds).")
    }
    _ = try PatternList(parsing: pattern).families
    _ = try backends
  }

  /// 1 GiB of activations, of which there are a few copies.
  private static let maximumActivations = 1 << 28

  private var densities: [Double] { density?.elements ?? [0.25] }

  private var backends: [Backend] {
    get throws {
      guard let backend else { return Backend.allCases.filter { $0 != .auto && $0 != .reference } }
      return try backend.split(separator: ",", omittingEmptySubsequences: false).map { name in
        guard let backend = Backend(rawValue: String(name)) else {
          let known = Backend.allCases.map(\.rawValue)
          throw ValidationError(
            "There is no backend '\(name)'; known are \(known.joined(separator: ", "))."
              + Suggestion.sentence(for: String(name), among: known))
        }
        return backend
      }
    }
  }

  func run() throws {
    #if DEBUG
    Terminal.note("warning: this program was built without optimisation; its times mean little.")
    #endif
    var report = BenchReport(threads: threads)
    for family in try PatternList(parsing: pattern).families {
      for density in densities {
        let nearest = try PatternRecipe.nearest(
          family: family, inputs: shape.inputs, outputs: shape.outputs, density: density,
          seed: seed, junction: 0)
        if let rounding = nearest.rounding { Terminal.note("note: \(rounding)") }
        try measure(try nearest.recipe.makePattern(), family, into: &report)
      }
    }
    try outputOptions.print(report)
  }

  /// Times all products of one pattern by all backends, which take turns.
  private func measure(
    _ pattern: Pattern, _ family: PatternFamily, into report: inout BenchReport
  ) throws {
    let junctions = try backends.map {
      try JunctionBenchmark(
        pattern, backend: $0, samples: batchSize, threads: threads, seed: seed)
    }
    for junction in junctions {
      if let warning = junction.plan.warning { Terminal.note("warning: \(warning)") }
    }
    let rounds = 3
    let stopwatch = Stopwatch(minimumSeconds: seconds / Double(rounds))
    for product in Product.allCases {
      for junction in junctions { try junction.check(product) }
      var times = junctions.map { _ in [Double]() }
      for _ in 0..<rounds {
        for (index, junction) in junctions.enumerated() {
          times[index] += try stopwatch.time { try junction.run(product) }.milliseconds
        }
      }
      for (junction, times) in zip(junctions, times) {
        report.add(product, junction, family: family, Timing(times))
      }
    }
  }
}

/// Inputs and outputs of a junction, written `1024x1024`.
struct ShapeArgument: ExpressibleByArgument {
  let inputs: Int
  let outputs: Int

  init(inputs: Int, outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
  }

  init?(argument: String) {
    let sizes = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sizes.count == 2, let inputs = sizes[0], let outputs = sizes[1],
      (1...Pattern.maximumNeurons).contains(inputs), (1...Pattern.maximumNeurons).contains(outputs)
    else { return nil }
    self.init(inputs: inputs, outputs: outputs)
  }

  var defaultValueDescription: String { "\(inputs)x\(outputs)" }
}
