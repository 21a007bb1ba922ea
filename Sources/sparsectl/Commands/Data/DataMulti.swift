import ArgumentParser
import SparseCore
import SparseLayers

extension DataCommand {
  struct Multi: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lay two images over each other: MultiMNIST and Multi-Fashion+MNIST.",
      discussion: """
        EXAMPLES
          sparsectl data multi --left mnist --output multi-mnist.npz
          sparsectl data multi --left mnist --right /usr/share/datasets/fashion-mnist \\
            --output multi-fashion-and-mnist.npz

        One image lies in the top left corner of a canvas of 36×36 pixels, the other in the bottom \
        right one; where they overlap, the brighter pixel counts. The tasks are left and right, the \
        classes of the two. Training, validation and test pairs have no image in common: validation \
        pairs are made of a sixth of the training images that is held out, test pairs of the test \
        images. The same seed makes the same pairs.
        """)

    @Option(help: ArgumentHelp("A directory of IDX files, for the top left.", valueName: "dir"))
    var left: String

    @Option(
      help: ArgumentHelp("Another, for the bottom right. (default: the same)", valueName: "dir"))
    var right: String?

    @Option(help: ArgumentHelp("Where to write the pairs.", valueName: "file.npz"))
    var output: String

    @Option(help: ArgumentHelp("Decides which images meet.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
      name: .customLong("train-count"), help: ArgumentHelp("Training pairs.", valueName: "count"))
    var training = ImagePairs.Counts().training

    @Option(
      name: .customLong("validation-count"),
      help: ArgumentHelp("Validation pairs; 0 for no such part.", valueName: "count"))
    var validation = ImagePairs.Counts().validation

    @Option(name: .customLong("test-count"), help: ArgumentHelp("Test pairs.", valueName: "count"))
    var test = ImagePairs.Counts().test

    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func validate() throws {
      let most = ImagePairs.maximumCount
      for (option, count, least) in [
        ("--train-count", training, 1), ("--validation-count", validation, 0),
        ("--test-count", test, 1),
      ] where !(least...most).contains(count) {
        throw ValidationError("'\(option)' must be in \(least)...\(most), but is \(count).")
      }
      if output.isEmpty { throw ValidationError("'--output' must name a file.") }
      try DistinctFiles.check(
        outputs: [("--output", output)], inputs: [("'--left'", left), ("'--right'", right)])
    }

    func run() throws {
      try AtomicFile.requireWritable(output)
      let leftImages = try DatasetSource.mnist.load(path: left)
      let rightImages = try right.map { try DatasetSource.mnist.load(path: $0) } ?? leftImages
      var counts = ImagePairs.Counts()
      (counts.training, counts.validation, counts.test) = (training, validation, test)
      let parts = try ImagePairs(left: leftImages, right: rightImages, seed: seed).parts(counts)
      try parts.writeNPZ(to: output)
      try outputOptions.print(DataReport(parts, output: output))
    }
  }
}
