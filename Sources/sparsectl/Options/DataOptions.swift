import ArgumentParser
import SparseCore
import SparseLayers

/// Where samples come from.
struct DataOptions: ParsableArguments {
  @Option(help: "The kind of data.")
  var dataset: DatasetSource?

  @Option(
    help: ArgumentHelp(
      "The data: a directory of IDX files, an NPZ file, or a CSV file or directory.",
      discussion: "Without it, fashion-mnist is looked for where Debian's package puts it.",
      valueName: "path"))
  var data: String?

  @Option(
    name: .customLong("label-column"),
    help: ArgumentHelp(
      "The CSV column with the labels, by name or by index from 0.",
      valueName: "column"))
  var labelColumn: String?

  /// Reads the data.
  ///
  /// - Parameters:
  ///   - fallback: The kind of data when no option names one.
  ///   - seed: Splits a test part off where the source has none.
  func load(fallback: DatasetSource = .fashionMNIST, seed: UInt64 = 0) throws -> DatasetParts {
    try (dataset ?? fallback).load(
      path: data, labelColumns: labelColumn.map { [$0] } ?? [], seed: seed)
  }
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on stdout instead of text.")
  var json = false
}

/// How products are computed.
struct EngineOptions: ParsableArguments {
  @Option(help: "The engine of the sparse products.")
  var backend: Backend = .auto

  @Option(help: ArgumentHelp("The threads to use; the cores by default.", valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("'--threads' must be in 1...1024, but is \(threads).")
    }
  }

  /// The threads to use.
  var threadCount: Int { threads ?? Machine.cores }
}

