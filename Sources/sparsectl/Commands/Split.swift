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

      The edge file has the first hidden layers and their exits, with thresholds and temperatures; \
      the remote file has the rest. Both carry the same identity, by which a pair that does not belong \
      together is refused. What crosses the cut is one number for each neuron there; where the cut is \
      wider than the sample, sending the sample itself is cheaper, and the report says so.
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

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if cut < 0 { throw ValidationError("'--at' must be 0 or above, but is \(cut).") }
    for (name, file) in [("edge", edge), ("remote", remote)] where file?.isEmpty == true {
      throw ValidationError("'--\(name)' must name a file.")
    }
    if edge != nil, edge == remote {
      throw ValidationError("'--edge' and '--remote' name the same file; give two.")
    }
  }

  func run() throws {
    let paths = (edge ?? named("edge"), remote ?? named("remote"))
    try AtomicFile.requireWritable(paths.0)
    try AtomicFile.requireWritable(paths.1)
    let whole = try ModelFile(contentsOf: model)
    let parts = try whole.split(afterHiddenLayers: cut)
    try parts.edge.write(to: paths.0)
    try parts.remote.write(to: paths.1)
    let report = try SplitReport(whole: whole, edge: parts.edge, remote: parts.remote, paths: paths)
    if outputOptions.json {
      try Terminal.result(json: report)
    } else {
      try Terminal.result(report.text)
    }
  }

  private func named(_ part: String) -> String {
    let url = URL(fileURLWithPath: model)
    let stem = url.deletingPathExtension().lastPathComponent
    let kind = url.pathExtension.isEmpty ? "" : ".\(url.pathExtension)"
    return url.deletingLastPathComponent().appendingPathComponent("\(stem)-\(part)\(kind)")
      .relativePath
  }
}

/// What `split` prints.
struct SplitReport: Encodable {
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
  /// A sample as bytes, one a feature, as images are stored.
  var sampleBytes: Int
  var edge: Part
  var remote: Part

  enum CodingKeys: String, CodingKey {
    case identity, edge, remote
    case hiddenLayers = "hidden_layers"
    case boundaryFeatures = "boundary_features"
    case boundaryBytes = "boundary_bytes"
    case sampleBytes = "sample_bytes"
  }

  init(whole: ModelFile, edge: ModelFile, remote: ModelFile, paths: (String, String)) throws {
    identity = edge.split?.identity ?? ""
    hiddenLayers = edge.split?.hiddenLayers ?? 0
    boundaryFeatures = remote.network.inputSize
    boundaryBytes = 4 * boundaryFeatures
    sampleBytes = whole.data.featureCount
    func part(_ model: ModelFile, _ path: String) throws -> Part {
      let junctions = model.network.junctions
      let weights = junctions.reduce(0) { $0 + $1.layer.pattern.edgeCount }
      return Part(
        file: path, weights: weights, macs: weights, bytes: try FileBytes(model.safetensors()).file,
        branches: model.network.branches.map(\.name))
    }
    self.edge = try part(edge, paths.0)
    self.remote = try part(remote, paths.1)
  }

  /// The report for people.
  var text: String {
    var table = Table(["part", "branches", "weights and MACs", "file, bytes", "file"])
    for (name, part) in [("edge", edge), ("remote", remote)] {
      table.add([
        name, part.branches.isEmpty ? "–" : part.branches.joined(separator: ", "),
        Text.count(part.weights), Text.count(part.bytes), part.file,
      ])
    }
    let comparison =
      boundaryBytes > sampleBytes
      ? "more than the \(Text.count(sampleBytes)) bytes of a sample's pixels: here sending samples is cheaper"
      : "less than the \(Text.count(sampleBytes)) bytes of a sample's pixels"
    return """
      \(table.text())

      across the cut: \(Text.count(boundaryFeatures)) features, \(Text.count(boundaryBytes)) bytes as \
      32-bit floats, \(comparison)
      identity \(identity.prefix(16))…
      """
  }
}
