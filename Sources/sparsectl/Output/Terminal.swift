import ArgumentParser
import Foundation
import SparseCore
import SparseLayers

/// What is written where: results on stdout, everything else on stderr.
enum Terminal {
  /// Whether stderr is a terminal that a progress line can be redrawn on.
  static let isInteractive =
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Writes a line to stderr.
  static func note(_ text: String) { show(text + "\n") }

  /// Writes what the engines of a network have to tell, a line per junction.
  static func note(warningsOf plans: [any JunctionPlan]) {
    for warning in warnings(of: plans) { note(warning) }
  }

  /// The lines for the plans that have a warning.
  static func warnings(of plans: [any JunctionPlan]) -> [String] {
    plans.enumerated().compactMap { index, plan in
      plan.warning.map { "warning: junction \(index + 1): \($0)" }
    }
  }

  /// Writes to stderr; whether anybody reads it does not matter.
  static func show(_ text: String) {
    try? AtomicFile.write(to: "/dev/stderr") { try $0.write(text) }
  }

  /// Writes a line to stdout.
  ///
  /// - Throws: `SparseError` when the system refuses it; `ExitCode.failure`, which says nothing, when
  ///   the reader of a pipe has gone, as `head` does once it has seen enough.
  static func result(_ text: String) throws {
    do {
      try AtomicFile.write(to: "/dev/stdout") { try $0.write(text + "\n") }
    } catch let error as SparseError {
      if error.cause as? SystemFailure == SystemFailure(EPIPE) { throw ExitCode.failure }
      throw error
    }
  }

  /// Writes one JSON object to stdout.
  static func result(json value: some Encodable) throws {
    try result(JSON.text(value, .prettyPrinted))
  }

  /// The columns of the terminal that stderr is.
  static var columns: Int {
    var size = winsize()
    // SAFETY: the request fills a winsize, which is ours; when it fails, the zeros stay.
    _ = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
    return size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
