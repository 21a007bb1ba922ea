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

/// JSON as this program prints it.
enum JSON {
  /// The text of a value, its keys sorted.
  static func text(
    _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting = []
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// A line or a few on stderr that are redrawn while work goes on; nothing when stderr is no terminal.
///
/// They have no colours, so that there are none for NO_COLOR to take away.
struct ProgressLine {
  private var lastDrawn: ContinuousClock.Instant?
  /// The characters of each line that is on the screen.
  private var widths: [Int] = []

  /// Whether there is a terminal, and a tenth of a second has passed since the last text.
  var isDue: Bool {
    guard Terminal.isInteractive else { return false }
    return lastDrawn.map { $0.duration(to: .now) >= .milliseconds(100) } ?? true
  }

  /// Shows a text of one or more lines, at most ten times a second, each cut where the terminal ends.
  mutating func show(_ text: @autoclosure () -> String) {
    guard isDue else { return }
    lastDrawn = .now
    let drawing = Self.drawing(text(), over: widths, columns: Terminal.columns)
    Terminal.show(drawing.codes)
    widths = drawing.widths
  }

  /// Removes the lines.
  mutating func clear() {
    guard !widths.isEmpty else { return }
    Terminal.show(Self.removal(of: widths, columns: Terminal.columns))
    widths = []
  }

  /// What draws a text in the place of lines that are on the screen.
  ///
  /// - Parameters:
  ///   - text: One or more lines.
  ///   - widths: The characters of each line on the screen.
  ///   - columns: The columns of the terminal as it is now.
  /// - Returns: What to send, and the characters of each new line.
  static func drawing(
    _ text: String, over widths: [Int], columns: Int
  ) -> (codes: String, widths: [Int]) {
    let lines = text.split(separator: "\n").map { $0.prefix(max(columns - 1, 1)) }
    return (
      removal(of: widths, columns: columns) + lines.joined(separator: "\n"), lines.map(\.count)
    )
  }

  /// What removes lines from the screen when the cursor is at the end of the last one.
  ///
  /// A terminal that was made narrower has broken the lines anew, so that they take more rows now.
  ///
  /// - Parameters:
  ///   - widths: The characters of each line.
  ///   - columns: The columns of the terminal as it is now.
  /// - Returns: To the start of the row, up to the first row, and all erased from there.
  static func removal(of widths: [Int], columns: Int) -> String {
    let rows = widths.reduce(0) { $0 + max(($1 + columns - 1) / columns, 1) }
    return "\r" + (rows > 1 ? "\u{1B}[\(rows - 1)A" : "") + "\u{1B}[J"
  }
}

/// What the program runs on.
enum Machine {
  /// The cores that this process may use.
  static var cores: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }

  /// The bytes of its memory.
  static var memoryBytes: Double { Double(ProcessInfo.processInfo.physicalMemory) }
}
