import ArgumentParser
import EarlyExit
import Foundation
import SparseCore
import SparseLayers

struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cut a model into a file for the edge and one for a remote machine.",
    discussion: """
      EXAMPLES
        sparsectl split model.safetensors --at 1
        sparsectl split model.safetensors --at 2 --edge edge.safetensors --remote remote.safetensors
        sparsectl split tasks.safetensors --at 1 --by-task

      The edge file has the first hidden layers and their exits, with thresholds and temperatures; \
      the remote file has the rest. Both carry the same identity, by which a pair that does not belong \
      together is refused. What crosses the cut is one number for each neuron there; where the cut is \
      wider than the sample, sending the sample itself is cheaper, and the report says so.

      With --by-task each task has a remote file of its own, named by it, for a machine of its own.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @Option(
    name: .customLong("at"),
    help: ArgumentHelp(
      "The hidden layers of the edge part, from 0, where the edge sends samples as they are.",
      valueName: "count"))
  var cut: Int

  @Option(
    help: ArgumentHelp("The edge file. (default: MODEL's name with -edge)", valueName: "file"))
  var edge: String?

  @Option(
    help: ArgumentHelp("The remote file. (default: MODEL's name with -remote)", valueName: "file"))
  var remote: String?

  @Flag(name: .customLong("by-task"), help: "Write a remote file for each task.")
  var byTask = false

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if cut < 0 { throw ValidationError("'--at' must be 0 or above, but is \(cut).") }
    for (name, file) in [("edge", edge), ("remote", remote)] where file?.isEmpty == true {
      throw ValidationError("'--\(name)' must name a file.")
    }
    // The remote files of tasks are known once the model is read.
    try requireDistinct(remotes: byTask ? [] : [remotePath])
  }

  /// Where the edge part goes.
  var edgePath: String { edge ?? named("edge", of: model) }

  /// Where the remote part goes; of several tasks, what their files are named after.
  var remotePath: String { remote ?? named("remote", of: model) }

  /// No command joins parts again, so none may take the place of the model or of another.
  private func requireDistinct(remotes: [String]) throws {
    try DistinctFiles.check(
      outputs: [("--edge", edgePath)] + remotes.map { ("--remote", $0) },
      inputs: [("the model", model)])
  }

  func run() throws {
    let whole = try ModelFile(contentsOf: model)
    let parts = try whole.split(afterHiddenLayers: cut)
    let remotes =
      byTask
      ? try parts.remote.separatedByTask().map {
        (path: named($0.task, of: remotePath), file: $0.file)
      }
      : [(path: remotePath, file: parts.remote)]
    try requireDistinct(remotes: remotes.map(\.path))
    for path in [edgePath] + remotes.map(\.path) { try AtomicFile.requireWritable(path) }
    try parts.edge.write(to: edgePath)
    for remote in remotes { try remote.file.write(to: remote.path) }
    let report = try SplitReport(whole: whole, edge: (edgePath, parts.edge), remotes: remotes)
    try outputOptions.print(report)
  }

  private func named(_ part: String, of path: String) -> String {
    let url = URL(fileURLWithPath: path)
    let part = part.replacing("/", with: "-")
    let stem = url.deletingPathExtension().lastPathComponent
    let kind = url.pathExtension.isEmpty ? "" : ".\(url.pathExtension)"
    // The directory as it was written: none where there was none.
    let directory = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    return "\(directory)\(stem)-\(part)\(kind)"
  }
}

/// What `split` prints.
struct SplitReport: TextReport {
  struct Part: Encodable {
    var file: String
    var weights: Int
    var macs: Int
    var bytes: Int
    var branches: [String]
  }

  var identity: String
  var hiddenLayers: Int
  var boundaryFeatures: Int
  /// What crosses the cut for a sample, in 32-bit floats.
  var boundaryBytes: Int
  /// The bytes of a sample as it is stored.
  var sampleBytes: Int
  var edge: Part
  /// The remote part, or that of the first task.
  var remote: Part
  /// All remote parts: one, or one for each task.
  var remotes: [Part]

  enum CodingKeys: String, CodingKey {
    case identity, edge, remote, remotes
    case hiddenLayers = "hidden_layers"
    case boundaryFeatures = "boundary_features"
    case boundaryBytes = "boundary_bytes"
    case sampleBytes = "sample_bytes"
  }

  init(
    whole: ModelFile, edge: (path: String, file: ModelFile),
    remotes: [(path: String, file: ModelFile)]
  ) throws {
    identity = edge.file.split?.identity ?? ""
    hiddenLayers = edge.file.split?.hiddenLayers ?? 0
    boundaryFeatures = edge.file.split?.boundaryFeatures ?? 0
    boundaryBytes = 4 * boundaryFeatures
    sampleBytes = whole.data.storedSampleBytes
    func part(_ model: ModelFile, _ path: String) throws -> Part {
      let junctions = model.network.junctions
      let weights = junctions.reduce(0) { $0 + $1.layer.pattern.edgeCount }
      return Part(
        file: path, weights: weights, macs: weights, bytes: try FileBytes(model.safetensors()).file,
        branches: model.network.branches.map(\.name))
    }
    self.edge = try part(edge.file, edge.path)
    self.remotes = try remotes.map { try part($0.file, $0.path) }
    remote = self.remotes[0]
  }

  /// The report for people.
  var text: String {
    var table = Table(["part", "branches", "weights and MACs", "file, bytes", "file"])
    for (name, part) in [("edge", edge)] + remotes.map({ ("remote", $0) }) {
      table.add([
        name, part.branches.isEmpty ? "–" : part.branches.joined(separator: ", "),
        Text.count(part.weights), Text.count(part.bytes), part.file,
      ])
    }
    let sample = "the \(Text.count(sampleBytes)) bytes of a sample as it is stored"
    let comparison =
      switch boundaryBytes {
      case ..<sampleBytes: "less than \(sample)"
      case sampleBytes: "as many as \(sample)"
      default: "more than \(sample): here sending samples is cheaper"
      }
    return """
      \(table.text())

      across the cut: \(Text.count(boundaryFeatures)) features, \(Text.count(boundaryBytes)) bytes as \
      32-bit floats, \(comparison)
      identity \(identity.prefix(16))…
      """
  }
}
