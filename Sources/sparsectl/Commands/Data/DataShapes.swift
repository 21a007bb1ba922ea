import ArgumentParser
import Shapes3D
import SparseCore
import SparseLayers

extension DataCommand {
  struct Shapes: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "shapes3d",
      abstract: "Take images and tasks out of the file of 3D Shapes, 3dshapes.h5.",
      discussion: """
        EXAMPLES
          sparsectl data shapes3d 3dshapes.h5 --factors scale,shape --output shapes.npz \\
            --limit 20000 --downsample 2 --grayscale

        Images whose floor and wall both have one of the last five hues are test images, a quarter \
        of all, as in the published code of MTL-Split: the network is tested on pairs of colours \
        that it never saw. The file is read in slices, never whole.
        """)

    @Argument(help: ArgumentHelp("The file 3dshapes.h5.", valueName: "file"))
    var file: String

    @Option(
      help: ArgumentHelp(
        "The tasks, the main one first: \(Shapes3DFactor.list).", valueName: "scale,shape"))
    var factors = CommaList<String>(["scale", "shape"])

    @Option(help: ArgumentHelp("Where to write the data.", valueName: "file.npz"))
    var output: String

    @Option(help: ArgumentHelp("Take this many images. (default: all)", valueName: "count"))
    var limit: Int?

    @Option(
      help: ArgumentHelp(
        "Make this many rows and columns one: \(Shapes3DForm.list).", valueName: "count"))
    var downsample = 1

    @Flag(help: "Make the three channels one.")
    var grayscale = false

    @Option(help: ArgumentHelp("Decides which images are taken.", valueName: "number"))
    var seed: UInt64 = 0

    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    private var form: Shapes3DForm {
      get throws { try Shapes3DForm(downsampling: downsample, isGray: grayscale) }
    }

    func validate() throws {
      _ = try named()
      if let limit, limit < 2 {
        throw ValidationError("'--limit' must be 2 or more, but is \(limit).")
      }
      if output.isEmpty { throw ValidationError("'--output' must name a file.") }
      try DistinctFiles.check(outputs: [("--output", output)], inputs: [("the file", file)])
      do {
        _ = try form
      } catch let error as SparseError {
        throw ValidationError("'--downsample': \(error.message)")
      }
    }

    /// The factors, each named once.
    private func named() throws -> [Shapes3DFactor] {
      let named = try factors.elements.map { name in
        guard let factor = Shapes3DFactor(rawValue: name) else {
          throw ValidationError(
            "'--factors' names '\(name)', which is none of \(Shapes3DFactor.list)."
              + Suggestion.sentence(for: name, among: Shapes3DFactor.allCases.map(\.rawValue)))
        }
        return factor
      }
      guard Set(named).count == named.count else {
        throw ValidationError("'--factors' names a factor twice (\(factors.text)); name each once.")
      }
      return named
    }

    func run() throws {
      try AtomicFile.requireWritable(output)
      let shapes = try Shapes3DFile(path: file)
      var line = ProgressLine()
      defer { line.clear() }
      let parts = try shapes.parts(factors: named(), limit: limit, form: form, seed: seed) { done in
        line.show("\(done) of \(shapes.sampleCount) images")
      }
      line.clear()
      try parts.writeNPZ(to: output)
      try outputOptions.print(DataReport(parts, output: output))
    }
  }
}

extension Shapes3DFactor {
  /// The factors' names, for help and errors.
  static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Shapes3DForm {
  /// How much smaller images can be made, for help.
  static var list: String { factors.map(String.init).joined(separator: ", ") }
}
