internal import CSparseBench
public import SparseCore

/// How long something took, run after run.
public struct Timing: Sendable {
  /// The time of each run, in increasing order.
  public let milliseconds: [Double]

  /// Sorts the times of some runs.
  ///
  /// - Parameter milliseconds: The time of each run; at least one.
  public init(_ milliseconds: [Double]) {
    precondition(!milliseconds.isEmpty, "a timing without runs")
    self.milliseconds = milliseconds.sorted()
  }

  /// The time that half of the runs stay below.
  public var median: Double { quantile(0.5) }

  /// The time that nine tenths of the runs stay below.
  public var p90: Double { quantile(0.9) }

  /// The time that a share of the runs stays below, interpolated between two runs.
  ///
  /// - Parameter share: From 0 to 1.
  /// - Returns: The time in milliseconds.
  public func quantile(_ share: Double) -> Double {
    milliseconds.sortedQuantile(share)
  }
}

/// How often something is run to learn how long it takes.
public struct Stopwatch: Sendable {
  /// Runs before the first that counts; at least 1, which tells how quick the work is.
  public var warmUpRuns = 3
  /// The least runs that count.
  public var minimumRuns = 5
  /// The least time of all runs that count, in seconds.
  public var minimumSeconds = 0.3
  /// The least time between two looks at the clock; quicker work is repeated in between, so that
  /// the clock's own time does not show.
  public var minimumMicrosecondsPerLook = 50.0

  /// Creates a stopwatch that measures for a while.
  ///
  /// - Parameter minimumSeconds: The least time of all runs that count.
  public init(minimumSeconds: Double = 0.3) {
    self.minimumSeconds = minimumSeconds
  }

  /// Runs some work until its time is known.
  ///
  /// - Parameter work: What to time; everything that it needs has been set up before.
  /// - Returns: The time of one run.
  /// - Throws: What the work throws.
  public func time(_ work: () throws -> Void) rethrows -> Timing {
    var quickest = Double.infinity
    for _ in 0..<max(warmUpRuns, 1) { quickest = min(quickest, try Self.milliseconds(work)) }
    let least = minimumMicrosecondsPerLook / 1000
    let runsPerLook = max(1, Int((least / max(quickest, 1e-6)).rounded(.up)))
    var times: [Double] = []
    let start = ContinuousClock.now
    repeat {
      let time = try Self.milliseconds { for _ in 0..<runsPerLook { try work() } }
      times.append(time / Double(runsPerLook))
    } while times.count < minimumRuns
      || start.duration(to: .now) / .seconds(1) < minimumSeconds
    return Timing(times)
  }

  private static func milliseconds(_ work: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try work()
    return start.duration(to: .now) / .milliseconds(1)
  }
}

/// Makes the optimiser believe that a buffer is read, so that what was written there is not left out.
///
/// - Parameter buffer: What was written.
public func blackHole(_ buffer: FloatBuffer) {
  // SAFETY: the address is passed on and never followed.
  unsafe csb_black_hole(buffer.base)
}
