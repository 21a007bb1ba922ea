import SparseCore
import Testing
import _SparseBench

@Suite("Stopwatch")
struct StopwatchTests {
  @Test("quantiles are interpolated between runs, in any order of the runs")
  func quantiles() {
    let timing = Timing([4, 1, 3, 2, 5])
    #expect(timing.milliseconds == [1, 2, 3, 4, 5])
    #expect(timing.median == 3)
    #expect(abs(timing.p90 - 4.6) < 1e-12)
    #expect(Timing([1, 2]).median == 1.5)
    #expect(Timing([7]).p90 == 7)
    #expect(timing.quantile(0) == 1)
    #expect(timing.quantile(1) == 5)
  }

  @Test("work is warmed up, and then run at least as often as asked")
  func runs() {
    var stopwatch = Stopwatch(minimumSeconds: 0)
    stopwatch.minimumRuns = 7
    stopwatch.minimumMicrosecondsPerLook = 0
    var calls = 0
    let timing = stopwatch.time { calls += 1 }
    #expect(timing.milliseconds.count == 7)
    #expect(calls == 7 + stopwatch.warmUpRuns)
  }

  @Test("quick work is repeated between two looks at the clock")
  func quickWork() {
    var stopwatch = Stopwatch(minimumSeconds: 0)
    stopwatch.minimumRuns = 2
    stopwatch.minimumMicrosecondsPerLook = 1000
    var calls = 0
    let timing = stopwatch.time { calls += 1 }
    #expect(timing.milliseconds.count == 2)
    #expect(calls > 100)
  }

  @Test("a failure of the work ends the measurement")
  func failure() {
    #expect(throws: SparseError.self) {
      try Stopwatch(minimumSeconds: 0).time { throw SparseError(.backend, "no") }
    }
  }

  @Test("the peak is a rate that a CPU of this century can have")
  func peak() {
    let peak = PeakRate.measure(seconds: 0.01)
    #expect(peak.gflops > 0.1)
    #expect(peak.gflops < 10_000)
    #expect(!peak.instructions.isEmpty)
    #expect(Processor.current.cores >= 1)
  }
}
