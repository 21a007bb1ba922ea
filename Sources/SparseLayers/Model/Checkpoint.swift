internal import Foundation
internal import SparseCore

/// A run that can go on: a model file with the optimiser's state and the position in the run.
public struct Checkpoint: Sendable {
  /// The network as it was, and how it is made and trained.
  public var model: ModelFile
  /// The rest of the run's state.
  public var state: Trainer.State

  /// Puts a model and a state together.
  ///
  /// - Parameters:
  ///   - model: The network as it is, and how it is made and trained.
  ///   - state: The rest of the run's state.
  public init(model: ModelFile, state: Trainer.State) {
    self.model = model
    self.state = state
  }

  /// Where a file's metadata hold the position in the run.
  static let metadataKey = "checkpoint"

  private struct Progress: Codable {
    var position: Trainer.Position
    var updates: Int
    var moments: Int
    var parameters: Int
  }

  private static func name(moment: Int, parameter: Int) -> String {
    "optimizer.\(moment).\(parameter)"
  }

  /// Writes the checkpoint; a previous one stays whole until the new one is complete.
  ///
  /// - Parameter path: Where to write.
  /// - Throws: `SparseError.Code.fileSystem` when the file cannot be written.
  public func write(to path: String) throws {
    var file = try model.safetensors()
    for (moment, parameters) in state.moments.enumerated() {
      for (parameter, values) in parameters.enumerated() {
        file.tensors.append(
          .init(
            name: Self.name(moment: moment, parameter: parameter), floats: values,
            shape: [values.count]))
      }
    }
    let progress = Progress(
      position: state.position, updates: state.updates, moments: state.moments.count,
      parameters: state.moments.first?.count ?? 0)
    file.metadata[Self.metadataKey] = try sortedJSON(progress)
    try file.write(to: path)
  }

  /// Reads a checkpoint and checks it.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError.Code.fileSystem` or `corruptFile`.
  public init(contentsOf path: String) throws {
    let file = try Safetensors(contentsOf: path)
    model = try ModelFile(file, source: path)
    do {
      let progress: Progress = try ModelFile.require(Self.metadataKey, of: file)
      guard (0...2).contains(progress.moments), (0...65536).contains(progress.parameters) else {
        throw SparseError(
          .corruptFile,
          """
          it promises \(progress.moments) optimiser moments of \(progress.parameters) parameters; \
          at most 2 of 65536 are possible.
          """)
      }
      let moments = try (0..<progress.moments).map { moment in
        try (0..<progress.parameters).map { parameter in
          let name = Self.name(moment: moment, parameter: parameter)
          guard let tensor = file[name] else {
            throw SparseError(.corruptFile, "it lacks the array '\(name)'.")
          }
          return try tensor.floats()
        }
      }
      state = Trainer.State(
        position: progress.position, updates: progress.updates, moments: moments)
    } catch let error as SparseError {
      throw SparseError(
        error.code, "\(path) cannot be resumed from: \(error.message)", cause: error)
    }
  }
}
