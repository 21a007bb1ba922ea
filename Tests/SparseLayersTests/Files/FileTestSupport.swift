import Foundation
import SparseCore
import Testing

@testable import SparseLayers

/// A directory of its own for one test, removed with all that is in it at the test's end.
struct TemporaryDirectory: ~Copyable {
  let path: String

  init() throws {
    let base = FileManager.default.temporaryDirectory.path
    path = "\(base)/sparse-files-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// All names in the directory, also hidden ones.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

func contents(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}

func permissions(_ path: String) throws -> Int? {
  try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

/// Expects an error of the file system with a value of `errno`, which names the path.
func expectFileError(
  _ code: Int32,
  naming path: String,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  let error = #expect(throws: SparseError.self, sourceLocation: sourceLocation) { try body() }
  guard let error else { return }
  #expect(error.code == .fileSystem, sourceLocation: sourceLocation)
  #expect(error.cause as? SystemFailure == SystemFailure(code), sourceLocation: sourceLocation)
  #expect(error.message.hasPrefix("\(path): "), sourceLocation: sourceLocation)
  // The reason and, in a sentence of its own, the remedy.
  #expect(error.message.contains(SystemFailure(code).remedy), sourceLocation: sourceLocation)
}
