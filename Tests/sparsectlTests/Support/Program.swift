import Foundation
import Testing

/// The built `sparsectl`, run as people run it.
enum Program {
  /// The executable beside the test bundle.
  static let path: String? = {
    let arguments = CommandLine.arguments + [Bundle.main.executablePath ?? ""]
    for argument in arguments where argument.hasPrefix("/") || argument.hasPrefix(".") {
      var directory = URL(fileURLWithPath: argument).deletingLastPathComponent()
      for _ in 0..<4 {
        let candidate = directory.appendingPathComponent("sparsectl").path
        if isProgram(candidate) { return candidate }
        directory.deleteLastPathComponent()
      }
    }
    return nil
  }()

  static let isBuilt = path != nil

  private static func isProgram(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && !isDirectory.boolValue && FileManager.default.isExecutableFile(atPath: path)
  }

  /// Runs the program to its end.
  @discardableResult
  static func run(_ arguments: String...) throws -> Outcome { try start(arguments).finish() }

  /// Starts the program; its streams go to files, so that it never waits for a reader.
  ///
  /// - Parameters:
  ///   - arguments: The arguments.
  ///   - stdout: Where stdout goes instead.
  ///   - environment: What is added to the tests' own environment.
  static func start(
    _ arguments: [String], stdout: FileHandle? = nil, environment: [String: String] = [:]
  ) throws -> Running {
    try Running(try #require(path), arguments, stdout: stdout, environment: environment)
  }

  /// A run that has begun.
  struct Running: ~Copyable {
    let process: Process
    private let directory: TemporaryDirectory

    init(
      _ path: String, _ arguments: [String], stdout: FileHandle?, environment: [String: String]
    ) throws {
      let directory = try TemporaryDirectory()
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
      process.standardInput = FileHandle.nullDevice
      let output = try Self.output(directory.file("stdout"))
      process.standardOutput = stdout ?? output
      process.standardError = try Self.output(directory.file("stderr"))
      try process.run()
      self.process = process
      self.directory = directory
    }

    private static func output(_ path: String) throws -> FileHandle {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      return try #require(FileHandle(forWritingAtPath: path))
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for a condition as long as the program runs; false when it ended before.
    func wait(until condition: () throws -> Bool) throws -> Bool {
      while process.isRunning {
        if try condition() { return true }
        usleep(1000)
      }
      return false
    }

    func finish() throws -> Outcome {
      process.waitUntilExit()
      let code = process.terminationStatus
      return Outcome(
        ending: process.terminationReason == .exit ? .exited(code) : .killed(signal: code),
        stdout: (try? String(contentsOfFile: directory.file("stdout"), encoding: .utf8)) ?? "",
        stderr: try String(contentsOfFile: directory.file("stderr"), encoding: .utf8))
    }
  }

  /// What a run left.
  struct Outcome {
    enum Ending: Equatable { case exited(Int32), killed(signal: Int32) }
    let ending: Ending
    let stdout: String
    let stderr: String

    /// Stdout as the one JSON object that it must be.
    func json() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(stdout.utf8)) as? [String: Any])
    }
  }
}

/// Expects that a run failed as it should: one message with a remedy, no trap, nothing on stdout.
func expectFailure(
  _ outcome: Program.Outcome, code: Int32 = 1, says words: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.ending == .exited(code), "\(outcome.stderr)", sourceLocation: sourceLocation)
  #expect(outcome.stdout == "", sourceLocation: sourceLocation)
  let lines = outcome.stderr.split(separator: "\n")
  #expect(
    lines.filter { $0.hasPrefix("Error: ") }.count == 1, "\(outcome.stderr)",
    sourceLocation: sourceLocation)
  // Wrong usage adds where the help is; a failure is one line.
  if code == 1 { #expect(lines.count == 1, "\(outcome.stderr)", sourceLocation: sourceLocation) }
  for dump in ["SparseError(", "DecodingError", "EncodingError", "NSCocoa", "Fatal error"] {
    #expect(!outcome.stderr.contains(dump), "\(outcome.stderr)", sourceLocation: sourceLocation)
  }
  for word in words {
    #expect(
      outcome.stderr.contains(word), "'\(word)' in: \(outcome.stderr)",
      sourceLocation: sourceLocation)
  }
}
