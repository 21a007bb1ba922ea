import Foundation
import SparseCore
import SparseLayers

/// The file beside a model to be from which an interrupted run goes on.
struct CheckpointFile {
  let path: String
  private let lock: FileLock

  /// Where an earlier run's is put.
  private var previousPath: String { path + ".previous" }

  /// Names the file, and makes sure that no other run is writing it.
  ///
  /// - Parameter output: The model to be.
  /// - Throws: What `FileLock` throws.
  init(besideModel output: String) throws {
    path = output + ".checkpoint"
    lock = try FileLock(of: path)
  }

  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  func read() throws -> Checkpoint { try Checkpoint(contentsOf: path) }

  func save(_ checkpoint: Checkpoint) throws { try checkpoint.write(to: path) }

  /// Moves an earlier run's checkpoint away before it is replaced.
  ///
  /// - Returns: What to tell; nil where there is none.
  /// - Throws: `SparseError` where it cannot be moved.
  func setAside() throws -> String? {
    guard exists else { return nil }
    if let position = try? read().state.position, position.epoch == 0, position.step == 0 {
      return "\(path) was of an earlier run that had not begun, and is replaced."
    }
    guard unsafe rename(path, previousPath) == 0 else {
      let reason = unsafe String(cString: strerror(errno))
      throw SparseError(
        .fileSystem, "\(path): cannot be moved to \(previousPath): \(reason). Move it yourself.")
    }
    return """
      \(path) was of an earlier run, and is kept as \(previousPath). To go on there instead, move it back \
      and give --resume.
      """
  }

  /// Removes it after the run; tells where that fails.
  func remove() {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Terminal.note("note: \(path) is no longer needed, but could not be removed.")
    }
  }
}
