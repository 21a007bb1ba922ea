import ArgumentParser
import Foundation

/// Refuses command lines that would write a file over another one that they name.
enum DistinctFiles {
  /// Checks the files of a command line, before any of them is opened.
  ///
  /// Paths are compared as the files that they lead to, through links and however they are written.
  /// Devices are left out: any number of results may go to `/dev/stdout`.
  ///
  /// - Parameters:
  ///   - outputs: The files to write, each with the option that names it.
  ///   - inputs: The files to read, each with what to call it. Of a directory the data files count.
  /// - Throws: `ValidationError` that names both.
  static func check(
    outputs: [(option: String, path: String?)], inputs: [(name: String, path: String?)] = []
  ) throws {
    var taken: [String: String] = [:]
    for (name, path) in inputs {
      for path in path.map(files(at:)) ?? [] { taken[resolved(path)] = "\(name) itself" }
    }
    for (option, path) in outputs {
      guard let path, !isDevice(path) else { continue }
      let file = resolved(path)
      if let role = taken[file] {
        throw ValidationError(
          "'\(option)' would write '\(path)', which is \(role). Name another file.")
      }
      taken[file] = "what '\(option)' writes, too"
    }
  }

  /// Whether two paths lead to the same file.
  static func areSame(_ path: String, _ other: String) -> Bool {
    resolved(path) == resolved(other)
  }

  private static func isDevice(_ path: String) -> Bool {
    path.hasPrefix("/dev/") || path.hasPrefix("/proc/")
  }

  /// The file itself, and of a directory those that data are read from.
  private static func files(at path: String) -> [String] {
    guard !isDevice(path) else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return [path] + names.filter(isData).map { "\(path)/\($0)" }
  }

  /// Whether a file in a directory of IDX or CSV files is one that is read.
  private static func isData(_ name: String) -> Bool {
    let name = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    return name.hasSuffix("-ubyte")
      || ["train.csv", "test.csv", "validation.csv"].contains(name)
  }

  /// The path without links; of a file that does not exist yet, that of its directory.
  private static func resolved(_ path: String) -> String {
    let url = URL(fileURLWithPath: path)
    guard !FileManager.default.fileExists(atPath: path) else {
      return url.resolvingSymlinksInPath().path
    }
    return url.deletingLastPathComponent().resolvingSymlinksInPath()
      .appendingPathComponent(url.lastPathComponent).path
  }
}
