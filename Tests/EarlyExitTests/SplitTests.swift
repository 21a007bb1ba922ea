import EarlyExit
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@Suite("A network cut in two") struct SplitTests {
  /// The hidden layers of the network in the tests.
  private static let cuts = 0...3

  private func network(secondTask: Bool = true) throws -> Network {
    try exitNetwork(secondTask: secondTask)
  }

  private func policy(_ edge: Network, _ thresholds: [Float]) -> ExitPolicy {
    let exits = edge.exits.count
    return ExitPolicy(
      thresholds: Array(thresholds.prefix(exits)),
      temperatures: Array(repeating: 1, count: exits))
  }

  @Test(
    "gives the bits of the whole network, wherever it is cut", arguments: cuts,
    [1, 7, 64, 150])
  func parity(cut: Int, samples: Int) throws {
    let whole = try network()
    let (edge, remote) = try whole.split(afterHiddenLayers: cut)
    let data = try exitData(samples: samples)
    let chosen = try Samples(data, for: whole)
    let expected = try NetworkExecutor(
      whole, backend: .native, batchCapacity: samples
    ).outputs(chosen)

    let runner = try ExitRunner(
      edge, policy: policy(edge, [.infinity, .infinity]), backend: .native,
      batchCapacity: samples)
    let answers = try runner.run(chosen.indices[...], of: chosen)
    #expect(Array(runner.pending) == Array(0..<samples))
    #expect(answers.allSatisfy { $0.exit == edge.exits.count - 1 })
    let boundary = try Dataset(
      unlabeled: .floats(runner.boundary()), featureCount: remote.inputSize)
    let rest = try NetworkExecutor(
      remote, backend: .native, batchCapacity: samples
    ).outputs(Samples(boundary, for: remote))
    for (branch, outputs) in zip(remote.branches, rest) {
      let index = try #require(whole.branches.firstIndex { $0.name == branch.name })
      #expect(outputs == expected[index], "\(branch.name)")
    }
    #expect(
      Set(edge.branches.map(\.name)).union(remote.branches.map(\.name))
        == Set(whole.branches.map(\.name)))
    #expect(edge.branches.count + remote.branches.count == whole.branches.count)
  }

  @Test("samples that are sure stay at the edge, the others are handed over in order")
  func mixture() throws {
    let whole = try network(secondTask: false)
    let data = try exitData(samples: 130)
    let chosen = try Samples(data, for: whole)
    let full = try ExitRunner(
      whole, policy: .never(exits: 3), backend: .native, batchCapacity: 130)
    _ = try full.run(chosen.indices[...], of: chosen)
    // Half of the samples leave at the first exit, and some of the others at the second.
    let seen = (0..<130).map { full.confidences(of: $0) }
    let thresholds = [0, 1].map { exit in seen.map { $0[exit] }.sorted()[65] }
    full.policy.thresholds = thresholds
    let expected = try Array(full.run(chosen.indices[...], of: chosen))
    let (edge, remote) = try whole.split(afterHiddenLayers: 2)
    let runner = try ExitRunner(
      edge, policy: policy(edge, thresholds), backend: .native, batchCapacity: 130)
    let answers = try Array(runner.run(chosen.indices[...], of: chosen))
    let pending = Array(runner.pending)
    #expect(pending == expected.indices.filter { expected[$0].exit == 2 })
    #expect(!pending.isEmpty && pending.count < 130)
    for sample in answers.indices {
      // Samples that are handed over have the deepest exit's answer meanwhile.
      if pending.contains(sample) {
        #expect(answers[sample].exit == 1)
      } else {
        #expect(answers[sample] == expected[sample])
      }
    }
    #expect(runner.boundary().count == pending.count * remote.inputSize)
    // Only what was needed was computed.
    let stages = edge.exitStages
    let left = answers.indices.count { !pending.contains($0) && answers[$0].exit == 0 }
    #expect(
      runner.macs == left * stages[0].totalMACs + (130 - left) * stages[1].totalMACs)
  }

  @Test(
    "thresholds go with their exits, and the parts know each other", arguments: cuts,
    [false, true])
  func files(cut: Int, secondTask: Bool) throws {
    let whole = try network(secondTask: secondTask)
    var file = ModelFile(network: whole, data: DataDescription(untrained: whole))
    file.exitSettings = ExitSettings(
      rule: "margin", temperatures: [1, 2, 3], thresholds: [0.5, 0.75])
    let parts = try file.split(afterHiddenLayers: cut)
    let (edge, remote) = try (
      ModelFile(parts.edge.safetensors(), source: "edge"),
      ModelFile(parts.remote.safetensors(), source: "remote")
    )
    let early = min(cut, 2)
    #expect(
      edge.network.exits.map { edge.network.branches[$0].name }
        == Array(["exit1", "exit2"].prefix(early)))
    #expect(edge.exitSettings?.thresholds ?? [] == Array([0.5, 0.75].prefix(early)))
    #expect(edge.exitSettings?.temperatures ?? [] == Array([1, 2, 3].prefix(early)))
    #expect(remote.exitSettings?.thresholds == Array([0.5, 0.75].dropFirst(early)))
    #expect(remote.exitSettings?.temperatures == Array([1, 2, 3].dropFirst(early)))
    #expect(edge.network.handsOver && !remote.network.handsOver)
    try edge.requireCounterpart(remote)
    let other = try file.split(afterHiddenLayers: cut == 0 ? 1 : 0)
    #expect(throws: SparseError.self) { try edge.requireCounterpart(other.remote) }
    #expect(throws: SparseError.self) { try remote.requireCounterpart(edge) }
    #expect(throws: SparseError.self) { try edge.requireCounterpart(file) }
    #expect(throws: SparseError.self) { try edge.split(afterHiddenLayers: 0) }
    #expect(throws: SparseError.self) { try edge.network.split(afterHiddenLayers: 0) }
  }

  @Test("several tasks may go to several machines, and none of them computes more than it needs")
  func byTask() throws {
    let whole = try network(secondTask: true)
    let file = ModelFile(network: whole, data: DataDescription(untrained: whole))
    let remote = try file.split(afterHiddenLayers: 1).remote
    let files = try remote.separatedByTask()
    #expect(Set(files.map(\.task)) == Set(remote.network.branches.map(\.task)))
    #expect(files.count == 2)
    let data = try Dataset(
      unlabeled: .floats(randomFloats(40 * remote.network.inputSize, seed: 3, "tasks")),
      featureCount: remote.network.inputSize)
    func outputs(_ network: Network) throws -> [[Float]] {
      try NetworkExecutor(network, backend: .native, batchCapacity: 40, tileWidth: 16)
        .outputs(Samples(data, for: network))
    }
    let expected = try outputs(remote.network)
    for (task, part) in files {
      let read = try ModelFile(part.safetensors(), source: task)
      #expect(read.split == remote.split)
      #expect(read.network.branches.allSatisfy { $0.task == task })
      #expect(read.network.backbone.count == read.network.branches.map(\.position).max())
      for (branch, values) in zip(read.network.branches, try outputs(read.network)) {
        let index = try #require(
          remote.network.branches.firstIndex { $0.name == branch.name })
        #expect(values == expected[index], "\(branch.name)")
      }
    }
    #expect(throws: SparseError.self) { try file.separatedByTask() }
    #expect(throws: SparseError.self) { try whole.part(ofTask: "none") }
  }

  @Test("is refused where there is no such layer", arguments: [-1, 4, .max])
  func refused(cut: Int) throws {
    let network = try network()
    let error = #expect(throws: SparseError.self) {
      try network.split(afterHiddenLayers: cut)
    }
    #expect(error?.message.contains("from 0 to 3") == true)
  }
}
