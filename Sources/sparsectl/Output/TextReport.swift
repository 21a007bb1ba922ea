/// What a command found out: an object for scripts, and a text for people.
protocol TextReport: Encodable {
  /// The report for people.
  var text: String { get }
}

extension OutputOptions {
  /// Prints a report as it was asked for.
  func print(_ report: some TextReport) throws {
    if json {
      try Terminal.result(json: report)
    } else {
      try Terminal.result(report.text)
    }
  }
}
