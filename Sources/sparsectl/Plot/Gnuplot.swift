import Foundation
import SparseCore
import SparseLayers

/// The plotting program, a process of its own for each picture.
enum Gnuplot {
  private static let maximumBytes = 1 << 26

  /// Runs a script that draws to the file `output` names.
  ///
  /// - Parameter script: Commands that follow `set output`.
  /// - Returns: The picture's text.
  /// - Throws: `SparseError.Code.unsupported` when there is no gnuplot, `backend` when it fails.
  static func draw(_ script: String) throws -> String {
    let program = try path()
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let (source, picture) = ("\(directory)/plot.gp", "\(directory)/plot.svg")
    try AtomicFile.write(to: source) { try $0.write("set output '\(picture)'\n\(script)\n") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    // -d: without the user's own settings.
    process.arguments = ["-d", source]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try start(process, program)
    let message = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0, FileManager.default.fileExists(atPath: picture) else {
      let reason = String(decoding: message.prefix(500), as: UTF8.self)
        .split(whereSeparator: \.isNewline).joined(separator: " ")
      throw SparseError(
        .backend,
        """
        \(program): ended with \(process.terminationStatus) and drew nothing (\(reason)). gnuplot 5.4 \
        or later is needed.
        """)
    }
    return String(
      decoding: try BoundedFile.read(path: picture, maximumBytes: maximumBytes), as: UTF8.self)
  }

  private static func start(_ process: Process, _ program: String) throws {
    do {
      try process.run()
    } catch {
      throw SparseError(
        .backend, "\(program): cannot be started. Check that it is a program.", cause: error)
    }
  }

  /// The program in one of the directories of PATH.
  static func path() throws -> String {
    let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let candidates = places.map { "\($0)/gnuplot" }
    if let found = candidates.first(where: FileManager.default.isExecutableFile) { return found }
    throw SparseError(
      .unsupported,
      """
      gnuplot was not found on the PATH, so there is no picture. Install it (Debian: apt-get install \
      gnuplot-nox) and give the same command again.
      """)
  }

  private static func temporaryDirectory() throws -> String {
    let path = "\(FileManager.default.temporaryDirectory.path)/sparsectl-\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    } catch {
      throw SparseError(
        .fileSystem, "\(path): cannot be made. Set TMPDIR to a directory that you may write to.",
        cause: error)
    }
    return path
  }

  /// A text in a script.
  static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

  /// A text in a row of numbers, where there is no way to write a quotation mark or a new line.
  static func label(_ text: String) -> String {
    "\"\(Text.printable(text).replacing("\"", with: "'"))\""
  }
}
