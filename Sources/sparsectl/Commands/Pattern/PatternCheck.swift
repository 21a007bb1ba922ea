import ArgumentParser
import SparseCore
import SparseLayers

extension PatternCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Examine patterns: validity, degrees, paths, scatter, clashes.",
      discussion: """
        EXAMPLES
          sparsectl pattern check p.mtx --z 8
          sparsectl pattern check first.mtx second.npz
          sparsectl pattern check model.safetensors --image 28x28 --window 4x4

        Files whose sizes fit each other are also looked at as one network, in the order given, and a \
        model is from its input to each output: is there a path from every input to every output?

        Scatter, from 0 to 1, says how evenly connections are spread: the mean over windows of \
        neighbouring inputs and all outputs of min(1, connections / the ideal number), and the same \
        from the outputs' side. Without --window the windows are the smallest with a whole ideal.

        A clash-free pattern can be read from z memories, input a in memory a mod z, with z \
        connections a cycle and none of them from the same memory.

        The exit code is 0 for valid patterns, 1 when a file is not valid (which lines break which \
        rule is listed) or when a clash is found.
        """)

    @Argument(help: ArgumentHelp("Pattern files or models.", valueName: "file"))
    var files: [String]

    @Option(
      name: .customLong("z"),
      help: ArgumentHelp(
        "The memories of each junction's inputs: one number, or one per junction.",
        discussion: "Without it, that of the recipe where a pattern is of a clash-free family.",
        valueName: "count"))
    var memories: CommaList<Int>?

    @Option(
      help: ArgumentHelp(
        "The windows of the first inputs: so many neurons, or with --image a patch.",
        valueName: "16|4x4"))
    var window: WindowArgument?

    @Option(
      help: ArgumentHelp(
        "The rows and columns of the image that the first inputs are.", valueName: "28x28"))
    var image: WindowArgument?

    @Option(
      help: ArgumentHelp(
        "The distance between windows. (default: their size)", valueName: "count"))
    var step: Int?

    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func validate() throws {
      for count in memories?.elements ?? [] where count < 1 {
        throw ValidationError("'--z' must be 1 or more, but one is \(count).")
      }
      guard window != nil || (image == nil && step == nil) else {
        throw ValidationError("'--image' and '--step' say where windows lie; give '--window', too.")
      }
      if let window, (window.rows == nil) != (image == nil) {
        throw ValidationError(
          "A patch of an image needs '--image ROWSxCOLUMNS' and '--window ROWSxCOLUMNS', a run of "
            + "neurons only '--window COUNT'.")
      }
      if image != nil, image?.rows == nil {
        throw ValidationError("'--image' needs rows and columns, such as 28x28.")
      }
      if let step, step < 1 { throw ValidationError("'--step' must be 1 or more, but is \(step).") }
      do {
        _ = try windows(neurons: Pattern.maximumNeurons)
      } catch let error as SparseError {
        throw ValidationError("'--window': \(error.message)")
      }
    }

    /// The windows of a layer that reads the data; nil for the smallest.
    private func windows(neurons: Int) throws -> ScatterWindows? {
      guard let window else { return nil }
      guard let image, let rows = image.rows, let height = window.rows else {
        return try ScatterWindows(neurons: neurons, size: window.columns, step: step)
      }
      return try ScatterWindows(
        imageRows: rows, imageColumns: image.columns, patchRows: height,
        patchColumns: window.columns, step: step)
    }

    func run() throws {
      let report = try examine()
      try outputOptions.print(report)
      guard report.isValid, !report.hasClash else { throw ExitCode.failure }
    }

    private func examine() throws -> PatternCheckReport {
      var sources: [PatternInput] = []
      var report = PatternCheckReport()
      for file in files {
        do {
          sources.append(try PatternInput(file, isQualified: files.count > 1))
        } catch let error as SparseError where Self.isInvalid(error) {
          let faults = try PatternFile.format(of: file).map {
            try PatternFile.faults(of: file, as: $0, after: error)
          }
          report.invalid.append(InvalidFile(name: file, faults: faults ?? PatternFaults(error)))
        }
      }
      let examination = PatternExamination(
        sources, memories: memories?.elements ?? [], windows: windows)
      report.junctions = try examination.junctions()
      report.chains = try examination.chains()
      return report
    }

    /// Whether a file was read, but is not what it should be.
    private static func isInvalid(_ error: SparseError) -> Bool {
      error.code == .corruptFile || error.code == .invalidPattern
    }
  }
}

/// A number of neurons, or the rows and columns of an image.
struct WindowArgument: ExpressibleByArgument {
  let rows: Int?
  let columns: Int

  init?(argument: String) {
    let sizes = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(sizes.count), let columns = sizes[sizes.count - 1], columns >= 1,
      let first = sizes[0], first >= 1
    else { return nil }
    rows = sizes.count == 2 ? first : nil
    self.columns = columns
  }
}
