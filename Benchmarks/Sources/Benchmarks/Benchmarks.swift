import ArgumentParser
import Foundation
import SparseCore
import SparseLayers
import _SparseBench

@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this package's engines; 'Benchmarks/run' also measures its peers.",
    subcommands: [Run.self, List.self, Serve.self, Describe.self], defaultSubcommand: Run.self)
}

struct SuiteOptions: ParsableArguments {
  @Argument(help: "The suites: \(Suites.names.joined(separator: ", ")); all when none is named.")
  var suites: [String] = []

  @Flag(help: "Take the small version of each suite.")
  var quick = false

  func cases() throws -> [Case] {
    let all = try Suites.load()
    return try (suites.isEmpty ? Suites.names : suites).flatMap {
      try all.cases(of: $0, quick: quick, note: Output.note)
    }
  }
}

/// What is written where.
enum Output {
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Writes one line of JSON to stdout, at once.
  static func line(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
  }
}

/// Measures suites by the engines of this package alone.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure suites; one line of JSON a measurement.",
    discussion: "Every result is compared with the reference engine's before it is timed.")

  @OptionGroup var options: SuiteOptions

  @Option(help: "The engines; without it all but auto and reference.")
  var backend: [String] = []

  @Option(help: "The least time of each measurement, in seconds.")
  var seconds = 0.3

  func run() throws {
    let engines = try backends().map(Engine.init)
    for what in try options.cases() {
      for engine in engines { try Output.line(engine.measure(what, seconds: seconds)) }
    }
  }

  private func backends() throws -> [Backend] {
    guard !backend.isEmpty else {
      return Backend.allCases.filter { $0 != .auto && $0 != .reference }
    }
    return try backend.map(backend(named:))
  }
}

/// Prints what would be measured.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the cases of suites; one line of JSON a case.")

  @OptionGroup var options: SuiteOptions

  @Option(help: "A directory to write the cases' patterns to, as Matrix Market files, for peers.")
  var patterns: String?

  func run() throws {
    for var what in try options.cases() {
      if let patterns { what.patterns = try write(what, to: URL(filePath: patterns)) }
      try Output.line(what)
    }
  }

  private func write(_ what: Case, to directory: URL) throws -> [String] {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let family = what.family.replacing(":", with: "-")
    return try what.recipe().patterns().junctions.enumerated().map { index, junction in
      let shape = "\(what.layers[index])x\(what.layers[index + 1])"
      let file = directory.appending(path: "\(family)-\(shape)-\(junction.edges)-\(index).mtx")
      if !FileManager.default.fileExists(atPath: file.path) {
        try junction.makePattern().matrixMarketText().write(
          to: file, atomically: true, encoding: .utf8)
      }
      return file.path
    }
  }
}

/// Measures what it is asked on stdin, so that a runner can let engines and peers take turns.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the cases that come in as lines of JSON.",
    discussion: "A line is {\"case\": …, \"seconds\": …}; each is answered by one measurement.")

  @Option(help: "The engine.")
  var backend: String

  struct Request: Decodable {
    var `case`: Case
    var seconds: Double
  }

  func run() throws {
    let engine = Engine(try Benchmarks.backend(named: backend))
    while let line = readLine() {
      let request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
      try Output.line(engine.measure(request.case, seconds: request.seconds))
    }
  }
}

/// Prints what the measurements run on.
struct Describe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine", abstract: "Print the CPU and the core's measured peak, as JSON.")

  struct Description: Encodable {
    var processor = Processor.current
    var peak = PeakRate.measure(seconds: 1)
    var kernels = (try? KernelSet.current.get().name) ?? "none"
    var backends = Backend.allCases.map(\.rawValue)
  }

  func run() throws { try Output.line(Description()) }
}

extension ParsableCommand {
  fileprivate func backend(named name: String) throws -> Backend {
    try Benchmarks.backend(named: name)
  }
}

extension Benchmarks {
  /// - Throws: `ValidationError` that lists the known engines.
  static func backend(named name: String) throws -> Backend {
    guard let backend = Backend(rawValue: name) else {
      let known = Backend.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("There is no engine '\(name)'; known are \(known).")
    }
    return backend
  }
}
