internal import Foundation
package import SparseCore

/// Everything that decides the result of a run, and nothing else: not the number of threads.
///
/// Nor the machine: kernels of another instruction set add up in another order, so that a run that is
/// taken over from there may differ in the last bits from one made here.
package struct SweepKey: Encodable, Sendable {
  /// Raised when runs are made or scored in another way than before.
  private let version = 2
  private let layerSizes: [Int]
  private let patterns: [String]
  private let activation: Activation.Function
  private let dropout: Double
  private let batchNormalization: Bool
  private let initializer: Initializer
  private let tasks: [TaskRecipe]?
  private let exits: ExitRecipe?
  private let training: TrainingRecipe
  private let backend: Backend
  private let data: [String]
  private let scoredPart: SweepSettings.Part

  /// Collects what decides a run.
  ///
  /// - Parameters:
  ///   - recipe: The network's recipe with the run's seed.
  ///   - training: The training recipe with the run's seed.
  ///   - settings: What all runs of the sweep share.
  ///   - data: The hashes of the parts of the data.
  /// - Throws: `SparseError` when the recipe has no patterns.
  package init(
    _ recipe: NetworkRecipe, training: TrainingRecipe, settings: SweepSettings, data: [String]
  ) throws {
    layerSizes = recipe.layerSizes
    patterns = try SweepPoint.patterns(recipe).map { pattern in
      switch pattern {
      case .recipe(let recipe): recipe.description
      case .given(let pattern): try pattern.sha256
      }
    }
    activation = recipe.activation
    dropout = recipe.dropout
    batchNormalization = recipe.batchNormalization
    initializer = recipe.initializer
    tasks = recipe.tasks
    exits = recipe.exits
    self.training = training
    backend = settings.backend
    self.data = data
    scoredPart = settings.scoredPart
  }

  /// The SHA-256 of it all.
  ///
  /// - Returns: 64 lower-case hexadecimal digits.
  /// - Throws: `SparseError` when the digest's library fails.
  package func digest() throws -> String {
    var digest = try SHA256Digest()
    try digest.update(Array(sortedJSON(self).utf8))
    return try digest.finalize()
  }
}

/// What all runs of a sweep share.
package struct SweepSettings: Sendable {
  /// A part of the data that the finished networks are scored on.
  package enum Part: String, CaseIterable, Codable, Sendable {
    /// The test part: for settings that are fixed.
    case test
    /// The validation part: for choosing settings; the test part is not looked at.
    case validation
  }

  /// How networks are trained; each run has its own seed.
  package var training: TrainingRecipe
  /// The engine of the products.
  package var backend: Backend
  /// The most threads at work; the results do not depend on it.
  package var threads: Int
  /// What the finished networks are scored on.
  package var scoredPart: Part

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - training: How networks are trained; each run has its own seed.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work.
  ///   - scoredPart: What the finished networks are scored on.
  package init(
    training: TrainingRecipe, backend: Backend = .auto, threads: Int = 1, scoredPart: Part = .test
  ) {
    self.training = training
    self.backend = backend
    self.threads = threads
    self.scoredPart = scoredPart
  }
}
