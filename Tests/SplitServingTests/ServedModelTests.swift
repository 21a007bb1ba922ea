import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@testable import SplitServing

@Suite("A served model") struct ServedModelTests {
  private let samples = 37
  private var values: [Float] { randomFloats(37 * 24, seed: 5, "served") }

  @Test("agrees with the reference engine", arguments: [Backend.auto, .native, .suiteSparse])
  func agrees(backend: Backend) throws {
    let network = try servedNetwork()
    let model = try ServedModel(network, name: "net", backend: backend, batchCapacity: 64)
    let outputs = try model.run([.init(values: values, rows: 0..<samples, heads: [0, 1, 2])])[0]
    for (head, expected) in try referenceOutputs(network, values).enumerated() {
      #expect(isClose(outputs[head], expected), "head \(head)")
    }
  }

  @Test(
    "gives a sample the same bits in any batch, with any heads, on any number of threads",
    arguments: [Backend.auto, .suiteSparse], [1, 2])
  func sameBits(backend: Backend, threads: Int) throws {
    let network = try servedNetwork()
    let model = try ServedModel(
      network, name: "net", backend: backend, threads: threads, batchCapacity: 40)
    let whole = try ServedModel(network, name: "net", backend: backend, batchCapacity: 64)
      .run([.init(values: values, rows: 0..<samples, heads: [0, 1, 2])])[0]
    func expected(_ head: Int, _ rows: Range<Int>) -> [Float] {
      let size = model.signature.outputs[head].size
      return Array(whole[head][rows.lowerBound * size..<rows.upperBound * size])
    }
    var stream = RandomStream(seed: 9, purpose: "compositions")
    let choices = [[0], [1], [2], [2, 0], [0, 1, 2]]
    for _ in 0..<30 {
      var pieces: [ServedModel.Piece] = []
      var room = 40
      while room > 0, pieces.count < 6 {
        let first = stream.below(samples)
        let count = min(1 + stream.below(samples - first), room)
        pieces.append(
          .init(values: values, rows: first..<first + count, heads: choices[stream.below(5)]))
        room -= count
      }
      for (piece, outputs) in zip(pieces, try model.run(pieces)) {
        for (head, output) in zip(piece.heads, outputs) {
          #expect(output == expected(head, piece.rows), "head \(head), rows \(piece.rows)")
        }
      }
    }
  }

  @Test("computes nothing for no samples")
  func empty() throws {
    let model = try ServedModel(servedNetwork(), name: "net")
    #expect(try model.run([.init(values: [], rows: 0..<0, heads: [0, 2])]) == [[[], []]])
  }

  @Test("skips what the requested heads do not need")
  func skipping() throws {
    let network = try servedNetwork()
    let executor = try NetworkExecutor(network, batchCapacity: 1, tileWidth: 16)
    let shape = executor.shape(samples: 1)
    executor.input.values.load(Array(values[..<24]), shape: shape)
    for output in executor.outputs { output.values.buffer.fill(with: .nan) }
    try executor.forward(Pass(shape: shape, mode: .inference), branches: [1])
    let isComputed = executor.outputs.map { !$0.values.values(shape: shape)[0].isNaN }
    #expect(isComputed == [false, true, false])
  }
}

@Suite("The batcher") struct BatcherTests {
  private func makeCall(_ values: [Float], timeout: Duration? = nil) -> InferenceCall {
    InferenceCall(
      samples: values.count / 24, values: values,
      heads: (0..<3).map { .init(index: $0, isBinary: false) }, timeout: timeout)
  }

  @Test("answers every request of many clients once, with its own numbers", arguments: [1, 7, 64])
  func clients(batch: Int) async throws {
    let model = try ServedModel(servedNetwork(), name: "net", batchCapacity: batch)
    let statistics = ServingStatistics()
    let batcher = Batcher(
      model, limits: BatchingLimits(batchSamples: batch, queuedSamples: 100_000),
      statistics: statistics)
    let reference = try ServedModel(servedNetwork(), name: "net", batchCapacity: 64)
    let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
      for client in 0..<200 {
        group.addTask {
          let samples = client % 9
          let values = randomFloats(samples * 24, seed: UInt64(client), "client")
          let outputs = try await batcher.outputs(of: makeCall(values), arrival: .now)
          return try outputs
            == reference.run([.init(values: values, rows: 0..<samples, heads: [0, 1, 2])])[0]
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 200 && answers.allSatisfy(\.self))
    let counts = statistics.counts
    #expect(counts.samples == (0..<200).reduce(0) { $0 + $1 % 9 } && counts.queue.count == 200)
    #expect(batcher.queuedSamples == 0)
  }

  @Test("refuses what does not fit the queue, and says when to come back")
  func full() async throws {
    let model = try ServedModel(servedNetwork(), name: "net", batchCapacity: 8)
    // The delay keeps the first request waiting until a last one fills the batch.
    let batcher = Batcher(
      model,
      limits: BatchingLimits(batchSamples: 8, queuedSamples: 8, maximumDelay: .seconds(60)),
      statistics: ServingStatistics())
    async let first = batcher.outputs(
      of: makeCall([Float](repeating: 1, count: 5 * 24)), arrival: .now)
    let patience = ContinuousClock.now + .seconds(20)
    while batcher.queuedSamples < 5, ContinuousClock.now < patience { await Task.yield() }
    #expect(batcher.queuedSamples == 5)
    await #expect(throws: RequestError.self) {
      try await batcher.outputs(of: makeCall([Float](repeating: 1, count: 4 * 24)), arrival: .now)
    }
    do {
      _ = try await batcher.outputs(
        of: makeCall([Float](repeating: 1, count: 9 * 24)), arrival: .now)
      Issue.record("9 samples fit a queue of 8")
    } catch let error as RequestError {
      #expect(error.code == .tooLarge)
    }
    let last = try await batcher.outputs(
      of: makeCall([Float](repeating: 1, count: 3 * 24)), arrival: .now)
    #expect(last[2].count == 3 * 8)
    #expect(try await first[2].count == 5 * 8)
  }

  @Test("does not compute what nobody waits for any more")
  func expired() async throws {
    let model = try ServedModel(servedNetwork(), name: "net", batchCapacity: 8)
    let statistics = ServingStatistics()
    let batcher = Batcher(
      model, limits: BatchingLimits(batchSamples: 8), statistics: statistics)
    let error = await #expect(throws: RequestError.self) {
      try await batcher.outputs(
        of: makeCall([Float](repeating: 1, count: 24), timeout: .microseconds(10)),
        arrival: .now - .seconds(1))
    }
    #expect(error?.code == .deadlineExceeded)
    #expect(statistics.counts.samples == 0 && statistics.counts.expired == 1)
  }

  @Test("answers what it holds when it is let go")
  func letGo() async throws {
    var batcher: Batcher? = Batcher(
      try ServedModel(servedNetwork(), name: "net", batchCapacity: 64),
      limits: BatchingLimits(maximumDelay: .seconds(60)), statistics: ServingStatistics())
    weak let observed = batcher
    let task = Task { [batcher] in
      try await batcher?.outputs(
        of: makeCall([Float](repeating: 1, count: 64 * 24)), arrival: .now)
    }
    batcher = nil
    #expect(try await task.value?[2].count == 64 * 8)
    while observed != nil { await Task.yield() }
  }
}
