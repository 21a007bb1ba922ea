#if Networking
import SparseLayers
import SplitServing

/// When and by whom each sample was answered, as CSV.
struct EdgeTrace {
  private let text: String

  /// Takes one answer per sample; nil for those of which nobody knows.
  init(_ answers: [EdgePart.Answer?], of edge: EdgePart) {
    var lines = ["sample,start_seconds,latency_ms,source,exit,label"]
    for (sample, answer) in answers.enumerated() {
      guard let answer else { continue }
      let fields = [
        String(sample), Text.fixed(answer.start / .seconds(1), 6),
        Text.fixed(answer.latency / .milliseconds(1), 4), answer.source.rawValue,
        answer.exit.map { edge.name(ofExit: $0) } ?? "", answer.label.map(String.init) ?? "",
      ]
      lines.append(fields.joined(separator: ","))
    }
    text = lines.joined(separator: "\n") + "\n"
  }

  func write(to path: String) throws {
    try AtomicFile.write(to: path) { try $0.write(text) }
  }
}
#endif
