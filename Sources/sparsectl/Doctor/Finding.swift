import ArgumentParser
import Foundation

/// What a look at one thing found.
struct Finding: Encodable {
  /// How the thing is.
  enum State: String, Encodable {
    /// It is there, and works.
    case works
    /// It is not there, or of no use, and training does without it.
    case absent
    /// It is needed to train, and does not work.
    case fails

    /// The sign in front of a line.
    var mark: String {
      switch self {
      case .works: "✔"
      case .absent: "–"
      case .fails: "✘"
      }
    }
  }

  /// What it belongs to.
  var topic: String
  var name: String
  var state: State
  /// What was seen.
  var text: String
  /// What helps, where something is to be helped.
  var remedy: String?

  /// A finding that does not say how the thing is, but what.
  init(_ topic: String, _ name: String, _ text: String, remedy: String? = nil) {
    self.init(topic, name, .works, text, remedy: remedy)
  }

  init(_ topic: String, _ name: String, _ state: State, _ text: String, remedy: String? = nil) {
    (self.topic, self.name, self.state, self.text) = (topic, name, state, text)
    self.remedy = remedy
  }

  /// Tries something out.
  ///
  /// - Parameters:
  ///   - topic: What it belongs to.
  ///   - name: What it is.
  ///   - failure: How it is when the trial throws.
  ///   - remedy: What helps then, where the error itself does not say so.
  ///   - trial: Returns what was seen.
  init(
    trying topic: String, _ name: String, failure: State = .fails, remedy: String? = nil,
    _ trial: () throws -> String
  ) {
    do {
      self.init(topic, name, .works, try trial())
    } catch {
      self.init(topic, name, failure, "\(error)", remedy: remedy)
    }
  }
}

/// What `doctor` prints.
struct DoctorReport: TextReport {
  /// Whether all that is needed to train works.
  let ready: Bool
  let version: String
  let checks: [Finding]

  init(_ checks: [Finding]) {
    self.checks = checks
    ready = checks.allSatisfy { $0.state != .fails }
    version = Sparsectl.configuration.version
  }

  /// The findings under their topics, with the remedies below them.
  var text: String {
    let width = checks.map(\.name.count).max() ?? 0
    var lines: [String] = []
    var topic = ""
    for finding in checks {
      if finding.topic != topic {
        topic = finding.topic
        lines += lines.isEmpty ? [topic] : ["", topic]
      }
      let name = finding.name.padding(toLength: width, withPad: " ", startingAt: 0)
      lines.append("  \(finding.state.mark) \(name)  \(finding.text)")
      if let remedy = finding.remedy {
        lines.append("\(String(repeating: " ", count: width + 6))→ \(remedy)")
      }
    }
    let failures = checks.filter { $0.state == .fails }.map(\.name)
    lines += [
      "", ready ? "Ready to train." : "Not ready to train: \(failures.joined(separator: ", ")).",
    ]
    return lines.joined(separator: "\n")
  }
}
