#if Networking
import ArgumentParser
import EarlyExit
import Foundation
import SparseCore
import SparseLayers
import SplitServing

struct Edge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer a test part as the edge device of a split model would.",
    discussion: """
      EXAMPLES
        sparsectl serve model.safetensors --split 1
        sparsectl edge model.safetensors --split 1 --remote http://127.0.0.1:8080
        sparsectl edge model-edge.safetensors --name model --remote http://127.0.0.1:8080
        sparsectl edge model.safetensors --split 2 --remote https://10.0.0.7:8443 --tls-ca ca.pem \
      --token-file token --deadline 0.1 --payload int8

      The first layers are computed here. A sample of which an exit is sure stops there; the others \
      cross the cut, and the remote part goes on with them. An answer that does not come within the \
      deadline is replaced by that of the deepest exit, and counted as degraded. After failures in a \
      row the remote part is left alone until it is ready again, so that nobody waits in vain. Why \
      requests had no answer is told at the end, and counted by reason in the JSON's failures.

      8 bits a feature take the ranges that 'calibrate' saved; without them each request sends a \
      range of its own.

      With --adaptive, --remote names several servers, each with another cut of this model, and the \
      device moves to the one whose answers come soonest, as links and servers change.
      """)

  @Argument(
    help: ArgumentHelp(
      "The whole model, or the edge file of 'sparsectl split'.", valueName: "model"))
  var model: String

  @Option(
    name: .customLong("split"),
    help: ArgumentHelp(
      "The hidden layers of a whole model that are computed here. (with --adaptive: what servers say)",
      valueName: "count"))
  var cut: Int?

  @Flag(help: "Measure as it goes, and move between the cuts of several servers.")
  var adaptive = false

  @OptionGroup(title: "Data") var data: DataOptions

  @Option(help: ArgumentHelp("Answer only the first samples.", valueName: "count"))
  var limit: Int?

  @Option(
    name: .customLong("batch-size"),
    help: ArgumentHelp("The samples that are computed and sent together.", valueName: "samples"))
  var batchSize = 1

  @Option(
    help: ArgumentHelp(
      "The samples that come in a second. (default: as fast as they are answered)",
      valueName: "count"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Write when and by whom each sample was answered to this CSV file.", valueName: "file.csv"))
  var trace: String?

  @OptionGroup(title: "Remote part") var remote: RemoteOptions
  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if let cut, cut < 0 { throw ValidationError("'--split' must be 0 or above, but is \(cut).") }
    switch (adaptive, cut, remote.urls.count) {
    case (false, _, 2...):
      throw ValidationError("Several '--remote' are for '--adaptive'; give one, or that flag.")
    case (true, .some, _):
      throw ValidationError("'--split' and '--adaptive' exclude each other; the servers tell.")
    default: break
    }
    if let limit, limit < 1 {
      throw ValidationError("'--limit' must be 1 or above, but is \(limit).")
    }
    if let rate, !(0.001...1e9).contains(rate) {
      throw ValidationError("'--rate' must be in 0.001...1000000000, but is \(rate).")
    }
    if let trace, trace.isEmpty { throw ValidationError("'--trace' must name a file.") }
    try DistinctFiles.check(
      outputs: [("--trace", trace)], inputs: [("the model", model), ("'--data'", data.data)])
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("'--batch-size' must be in 1...65536, but is \(batchSize).")
    }
  }

  func run() async throws {
    if let trace { try AtomicFile.requireWritable(trace) }
    let file = try ModelFile(contentsOf: model)
    if file.split == nil, cut == nil, !adaptive {
      throw ValidationError("'--split' is wanted for a whole model: where is it cut?")
    }
    let test = try ModelData(of: file, named: model, data).test()
    let count = min(limit ?? test.sampleCount, test.sampleCount)
    let samples = try Samples(test, indices: Array(0..<count), for: file.network)
    let name = URL(fileURLWithPath: model).deletingPathExtension().lastPathComponent
    var parts: [RemotePart] = []
    let result: Result<EdgeReport, any Error>
    do {
      for url in remote.urls {
        parts.append(try RemotePart(remote.configuration(url: url, model: name)))
      }
      var cuts: [EdgeDevice.Cut] = []
      for part in parts {
        if let cut = try await meet(part, file) { cuts.append(cut) }
      }
      guard !cuts.isEmpty else {
        throw SparseError(
          .unsupported,
          """
          None of \(remote.urls.joined(separator: ", ")) answers, so nobody tells where the model is \
          cut. Start the servers, or give '--split' and one '--remote' to go on without it.
          """)
      }
      result = .success(
        try await answer(
          samples, EdgeDevice(cuts), whole: file.split == nil ? file.network : nil))
    } catch {
      result = .failure(error)
    }
    for part in parts { await part.close() }
    let report = try result.get()
    for part in parts { warn(of: part) }
    try outputOptions.print(report)
    if report.samples < count {
      Terminal.note(
        "Interrupted after \(report.samples) of \(count) samples; the report is about those.")
      throw ExitCode.failure
    }
  }

  /// Tells why requests were given up: an accuracy does not show it.
  private func warn(of part: RemotePart) {
    for (_, failures) in part.statistics.failures.sorted(by: { $0.key < $1.key }) {
      Terminal.note(
        """
        warning: \(part.configuration.url): \(Text.count(failures.count, "request")) without an \
        answer (\(failures.example)).
        """)
    }
  }

  /// Plans the part that belongs to a server's, and looks whether it really does.
  ///
  /// An edge device works without its server, too; nil where it is not even known where to cut.
  private func meet(_ part: RemotePart, _ file: ModelFile) async throws -> EdgeDevice.Cut? {
    let url = part.configuration.url
    do {
      let place = adaptive ? try await part.description().hiddenLayers : cut
      let edge = try EdgePart(
        file, afterHiddenLayers: place, backend: engine.backend, batchCapacity: batchSize)
      for warning in edge.warnings { Terminal.note("warning: \(warning)") }
      if edge.exitCount == 0 {
        Terminal.note(
          """
          warning: there is no exit before the cut, so samples have no answer while the remote part \
          is away.
          """)
      }
      do {
        try await edge.requireCounterpart(part)
      } catch let failure as RemotePart.Failure where failure.isOfTheMoment {
        Terminal.note("warning: \(url) does not answer (\(failure)); going on without it.")
        part.standBack()
      }
      return EdgeDevice.Cut(edge: edge, remote: part)
    } catch let failure as RemotePart.Failure {
      guard adaptive, failure.isOfTheMoment else {
        throw SparseError(.unsupported, "\(url): \(failure)")
      }
      Terminal.note("warning: \(url) does not answer (\(failure)); going on without its cut.")
      return nil
    }
  }

  private func answer(
    _ samples: Samples, _ device: EdgeDevice, whole network: Network?
  ) async throws -> EdgeReport {
    let edge = device.cuts[0].edge
    let task = edge.split.output.task
    guard let labels = samples.dataset.targets.first(where: { $0.name == task })?.labels else {
      throw SparseError(.shapeMismatch, "The data have no labels of the task '\(task)'.")
    }
    var answers = [EdgePart.Answer?](repeating: nil, count: samples.indices.count)
    var done = 0
    var line = ProgressLine()
    let start = ContinuousClock.now
    Interruption.watch()
    do {
      try await device.answer(samples, payload: remote.payload, rate: rate) { position, answer in
        answers[position] = answer
        done += 1
        if done % 64 == 0 { line.show("\(done) of \(answers.count) samples") }
        if Interruption.isRequested { throw CancellationError() }
      }
    } catch is CancellationError where Interruption.isRequested {}
    let seconds = start.duration(to: .now) / .seconds(1)
    line.clear()
    let all = answers.compactMap(\.self)
    if let trace { try EdgeTrace(answers, of: edge).write(to: trace) }
    return try EdgeReport(
      all, labels: zip(answers, labels).filter { $0.0 != nil }.map(\.1), network: network,
      device: device, payload: remote.payload, seconds: seconds)
  }
}
#endif
