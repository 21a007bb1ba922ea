import Synchronization
import Testing

@testable import SparseCore

@Suite("A worker pool") struct WorkerPoolTests {
  /// Counts how often each job runs, and fails those that are told to.
  private final class CountedWork: ParallelWork {
    let counts: [Atomic64]
    let failing: Set<Int>

    init(_ count: Int, failing: Set<Int> = []) {
      counts = (0..<count).map { _ in Atomic64() }
      self.failing = failing
    }

    func perform(_ index: Int) throws {
      counts[index].value.add(1, ordering: .relaxed)
      if failing.contains(index) { throw Failure(index: index) }
    }
  }

  private final class Atomic64: Sendable { let value = Atomic<Int>(0) }

  private struct Failure: Error { var index: Int }

  @Test("runs each job of each call once, in many short calls", arguments: [1, 2, 3, 16])
  func runsOnce(threads: Int) throws {
    let pool = WorkerPool(threads: threads)
    #expect(pool.threads == threads)
    let work = CountedWork(37)
    var expected = [Int](repeating: 0, count: 37)
    for call in 0..<5000 {
      let count = call % 38
      try pool.run(work, count: count)
      for job in 0..<count { expected[job] += 1 }
    }
    #expect(work.counts.map { $0.value.load(ordering: .relaxed) } == expected)
  }

  @Test("returns only when the last job has, and workers see what was written before the call")
  func isABarrier() throws {
    /// Each job reads what another wrote in the call before; neither is atomic.
    final class Shift: ParallelWork {
      nonisolated(unsafe) var from = [Int](0..<64)
      nonisolated(unsafe) let to = UnsafeMutableBufferPointer<Int>.allocate(capacity: 64)
      deinit { to.deallocate() }
      func perform(_ index: Int) { to[index] = from[(index + 1) % 64] + 1 }
    }
    let pool = WorkerPool(threads: 4)
    let work = Shift()
    for _ in 0..<2000 {
      try pool.run(work, count: 64)
      work.from = Array(work.to)
    }
    #expect(work.from == (0..<64).map { ($0 + 2000) % 64 + 2000 })
  }

  @Test("reports an error, runs the other jobs all the same, and works on", arguments: [1, 2, 5])
  func errors(threads: Int) throws {
    let pool = WorkerPool(threads: threads)
    for call in 0..<500 {
      let work = CountedWork(20, failing: [call % 20])
      let error = #expect(throws: Failure.self) { try pool.run(work, count: 20) }
      #expect(error?.index == call % 20)
      #expect(work.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
      let fine = CountedWork(20)
      try pool.run(fine, count: 20)
      #expect(fine.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }
  }

  @Test("reports the error that was thrown first")
  func firstError() {
    let pool = WorkerPool(threads: 1)
    let error = #expect(throws: Failure.self) {
      try pool.run(CountedWork(20, failing: [3, 7, 19]), count: 20)
    }
    #expect(error?.index == 3, "one thread takes the jobs in order")
    let several = WorkerPool(threads: 4)
    for _ in 0..<500 {
      let error = #expect(throws: Failure.self) {
        try several.run(CountedWork(20, failing: [3, 7, 19]), count: 20)
      }
      #expect([3, 7, 19].contains(error?.index))
    }
  }

  @Test("goes away at any time: workers still starting, at work a moment ago, spinning or asleep")
  func goesAway() throws {
    for round in 0..<400 {
      let pool = WorkerPool(threads: 2 + round % 7)
      let work = CountedWork(16)
      for _ in 0..<round % 3 { try pool.run(work, count: 16) }
      // From at once to long after the workers have stopped spinning and sleep.
      var pause = 0
      while pause < round * 300 { pause += work.counts[0].value.load(ordering: .relaxed) + 1 }
    }
  }

  @Test("wakes workers that sleep")
  func wakes() throws {
    let pool = WorkerPool(threads: 3)
    let work = CountedWork(8)
    for call in 1...50 {
      let start = ContinuousClock.now
      while start.duration(to: .now) < .milliseconds(1) {}
      try pool.run(work, count: 8)
      #expect(work.counts.allSatisfy { $0.value.load(ordering: .relaxed) == call })
    }
  }

  @Test("may be one of several that are at work at the same time")
  func severalPools() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let pool = WorkerPool(threads: 3)
          let work = CountedWork(10)
          for _ in 0..<1000 { try pool.run(work, count: 10) }
          #expect(work.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1000 })
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("works alone where no threads can be had", arguments: [0, -1, 1])
  func alone(threads: Int) throws {
    let pool = WorkerPool(threads: threads)
    #expect(pool.threads == 1)
    let work = CountedWork(5)
    try pool.run(work, count: 5)
    #expect(work.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
  }
}
