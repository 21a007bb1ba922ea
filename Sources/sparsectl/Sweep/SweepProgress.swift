import SparseLayers

/// What a sweep shows on stderr: a line per finished run and, on a terminal, a bar below them.
struct SweepProgress {
  private let total: Int
  private let log: String
  private let before: Int
  private var finished: Int
  private let begin = ContinuousClock.now
  private var name = ""
  private var line = ProgressLine()

  /// - Parameters:
  ///   - total: The runs of the sweep.
  ///   - finished: Those that an earlier call has finished.
  ///   - log: The file that runs are noted in.
  init(total: Int, finished: Int, log: String) {
    self.total = total
    self.finished = finished
    self.log = log
    before = finished
  }

  func start() {
    let rest =
      before == 0 ? "" : before == total ? ", all in \(log)" : ", \(before) of them in \(log)"
    Terminal.note("\(total) run\(total == 1 ? "" : "s")\(rest)")
  }

  mutating func begin(_ name: String) {
    self.name = name
    show(share: 0)
  }

  /// Redraws the bar.
  ///
  /// - Parameter share: How much of the current run is done.
  mutating func show(share: Double) {
    guard Terminal.isInteractive else { return }
    let text =
      "\(bar(share)) \(finished)/\(total)  \(left(share))  \(name) \(Int(100 * share)) %"
    line.show(text)
  }

  private func bar(_ share: Double) -> String {
    let width = 24
    let full = Int((Double(finished) + share) / Double(max(total, 1)) * Double(width))
    return String(repeating: "━", count: min(full, width))
      + String(repeating: "─", count: max(width - full, 0))
  }

  /// The time left when the other runs take as long as those of this call did.
  private func left(_ share: Double) -> String {
    let done = Double(finished - before) + share
    guard done > 0.02 else { return "…" }
    let seconds = begin.duration(to: .now) / .seconds(1)
    return "\(Text.seconds(seconds / done * (Double(total - before) - done))) left"
  }

  mutating func end(_ run: SweepRun) {
    line.clear()
    finished += 1
    let result = run.accuracy.map { Text.percent($0) } ?? "diverged"
    Terminal.note("run \(finished)/\(total)  \(name)  \(result)  \(Text.seconds(run.trainSeconds))")
  }

  mutating func clear() { line.clear() }

  /// Says how to go on.
  mutating func interrupt() {
    line.clear()
    Terminal.note(
      "Interrupted after \(finished) of \(total) runs, saved in \(log). The same command goes on there."
    )
  }
}
