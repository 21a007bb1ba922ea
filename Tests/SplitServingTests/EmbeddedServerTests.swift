import EarlyExit
import Foundation
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@testable import SplitServing

@Suite("A server within a program") struct EmbeddedServerTests {
  private struct Stop: Error {}

  /// A network of two hidden layers with an exit after the first.
  private func model() throws -> ModelFile {
    let network = try NetworkRecipe(
      layerSizes: [24, 40, 32, 8], connectivity: .densities([0.4])
    ).makeNetwork().addingExits(ExitRecipe(positions: [1]), seed: 3)
    return ModelFile(network: network, data: DataDescription(untrained: network))
  }

  /// A server of a model, which is called `net`.
  private func server(
    _ model: ModelFile, _ settings: (inout ModelServer.Configuration) -> Void = { _ in }
  ) throws -> ModelServer {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID()).safetensors")
    try model.write(to: file.path)
    defer { try? FileManager.default.removeItem(at: file) }
    var configuration = ModelServer.Configuration(modelPath: file.path, modelName: "net")
    configuration.port = 0
    settings(&configuration)
    return try ModelServer(configuration)
  }

  private func remote(_ url: String) -> RemotePart.Configuration {
    var configuration = RemotePart.Configuration(url: url, modelName: "net")
    // A busy machine must not change the answers.
    configuration.deadline = .seconds(20)
    return configuration
  }

  private func port(of url: String) throws -> Int {
    try #require(url.split(separator: ":").last.flatMap { Int($0) })
  }

  @Test("takes requests while the closure runs, returns what it returns, and takes none afterwards")
  func scope() async throws {
    let left = try await server(model()).serve { url in
      let port = try port(of: url)
      let socket = try LoopbackSocket(port: port)
      socket.send("GET", "/v2/health/ready")
      #expect(await socket.receive()?.status == 200)
      return port
    }
    #expect(throws: LoopbackSocket.Failure.self) { try LoopbackSocket(port: left) }
  }

  @Test("ends with the closure's error")
  func failure() async throws {
    var left = 0
    do {
      try await server(model()).serve { url in
        left = try port(of: url)
        throw Stop()
      }
      Issue.record("no error")
    } catch is Stop {}
    #expect(throws: LoopbackSocket.Failure.self) { try LoopbackSocket(port: left) }
  }

  @Test("does not run the closure when the port is taken")
  func taken() async throws {
    try await server(model()).serve { url in
      let taken = try port(of: url)
      let second = try server(model()) { $0.port = taken }
      let error = await #expect(throws: SparseError.self) {
        try await second.serve { _ in Issue.record("listens on a port that is taken") }
      }
      #expect(error?.code == .fileSystem)
    }
  }

  @Test("says so when there is no such host")
  func unknownHost() async throws {
    let server = try server(model()) { $0.host = "no.such.host.invalid" }
    let error = await #expect(throws: SparseError.self) {
      try await server.serve { _ in Issue.record("listens at a host that is none") }
    }
    #expect(error?.code == .fileSystem)
    #expect(error?.message.contains("no.such.host.invalid, port 0: ") == true)
    #expect(error?.message.contains("SocketAddressError") == false)
  }

  @Test(
    "does not start with a name by which no client could ask",
    arguments: ["", "a/b", "/", ".", "..", "stats"])
  func wrongName(name: String) throws {
    let error = #expect(throws: SparseError.self) {
      try server(model()) { $0.modelName = name }
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test("ends when its task is cancelled")
  func cancelled() async throws {
    let server = try server(model())
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await server.serve { _ in
        start.yield()
        try await Task.sleep(for: .seconds(60))
      }
    }
    _ = await started.first { true }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("and an edge device beside it give the answers of the whole network")
  func device() async throws {
    var whole = try model()
    let values = randomFloats(50 * 24, seed: 9, "embedded")
    let samples = try Samples(
      Dataset(unlabeled: .floats(values), featureCount: 24), for: whole.network)
    let runner = try ExitRunner(
      whole.network, policy: .never(exits: 2), batchCapacity: 50,
      tileWidth: ModelServer.defaultTileWidth)
    _ = try runner.run(samples.indices[...], of: samples)
    // Half of the samples leave at the exit.
    let confidences = (0..<50).map { runner.confidences(of: $0)[0] }
    runner.policy.thresholds = [confidences.sorted()[25]]
    whole.exitSettings = runner.policy.settings
    let expected = try runner.run(samples.indices[...], of: samples)
    let parts = try whole.split(afterHiddenLayers: 1)
    var answers = [EdgePart.Answer?](repeating: nil, count: 50)
    try await server(parts.remote).serve { url in
      try await RemotePart.with(remote(url)) { remote in
        let edge = try EdgePart(parts.edge, batchCapacity: 7)
        try await edge.requireCounterpart(remote)
        let device = EdgeDevice([EdgeDevice.Cut(edge: edge, remote: remote)])
        try await device.answer(samples) { position, answer in answers[position] = answer }
        #expect(remote.statistics.failed == 0 && remote.statistics.bytesSent > 0)
      }
    }
    #expect(answers.map { $0?.label } == expected.map(\.label))
    #expect(answers.map { $0?.exit } == expected.map(\.exit))
    #expect(answers.count { $0?.source == .exit } == 25)
    #expect(answers.count { $0?.source == .remote } == 25)
  }

  @Test("a remote part with all the time there is asks, and gets its answer")
  func endlessDeadline() async throws {
    try await server(model().split(afterHiddenLayers: 1).remote).serve { url in
      var configuration = remote(url)
      configuration.deadline = .seconds(Int64.max)
      configuration.probeInterval = .seconds(Int64.max)
      try await RemotePart.with(configuration) { remote in
        let split = try await remote.description()
        let values = randomFloats(split.boundaryFeatures, seed: 9, "endless")
        let answer = try await remote.infer(
          values, features: split.boundaryFeatures,
          output: (split.output.branch, split.output.size))
        #expect(answer.count == split.output.size)
        remote.standBack()
        #expect(remote.breakerState == .open)
      }
    }
  }

  @Test("a remote part asks for a name with '/' as one part of the path")
  func slash() async throws {
    try await server(model().split(afterHiddenLayers: 1).remote).serve { url in
      var configuration = remote(url)
      configuration.modelName = "a/b"
      try await RemotePart.with(configuration) { remote in
        let failure = await #expect(throws: RemotePart.Failure.self) {
          try await remote.description()
        }
        #expect(failure?.description.contains("no model 'a/b'") == true)
      }
    }
  }

  @Test("a remote part is closed after its closure, whether that returned or threw")
  func closes() async throws {
    try await server(model().split(afterHiddenLayers: 1).remote).serve { url in
      let returned = try await RemotePart.with(remote(url)) { remote in
        let description = try await remote.description()
        #expect(description.part == .remote)
        return remote
      }
      var thrown: RemotePart?
      do {
        try await RemotePart.with(remote(url)) { remote in
          thrown = remote
          throw Stop()
        }
        Issue.record("no error")
      } catch is Stop {}
      // The server is still there.
      for remote in [returned, try #require(thrown)] {
        await #expect(throws: RemotePart.Failure.self) { try await remote.description() }
      }
    }
  }
}
