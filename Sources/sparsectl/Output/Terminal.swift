import Foundation

/// What is written where: results on stdout, everything else on stderr.
enum Terminal {
  /// Whether stderr is a terminal that a progress line can be redrawn on.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// Writes a line to stderr.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Writes a line to stdout.
  static func result(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Writes one JSON object to stdout.
  static func result(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    result(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

/// A line on stderr that is redrawn while work goes on; nothing when stderr is no terminal.
struct ProgressLine {
  private var lastDrawn: ContinuousClock.Instant?

  /// Shows a text, at most ten times a second.
  mutating func show(_ text: @autoclosure () -> String) {
    guard Terminal.isInteractive else { return }
    let now = ContinuousClock.now
    if let lastDrawn, lastDrawn.duration(to: now) < .milliseconds(100) { return }
    lastDrawn = now
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text())".utf8))
  }

  /// Removes the line.
  mutating func clear() {
    guard Terminal.isInteractive, lastDrawn != nil else { return }
    lastDrawn = nil
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}

/// What the program runs on.
enum Machine {
  /// The cores that this process may use.
  static var cores: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }
}
