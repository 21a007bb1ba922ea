import ArgumentParser

/// How results are printed.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on stdout instead of text.")
  var json = false

  /// Refuses a form of the table beside `--json`.
  func refuse(format: Table.Format) throws {
    if json, format != .table {
      throw ValidationError("'--json' and '--format \(format.rawValue)' exclude each other.")
    }
  }
}
