internal import Foundation
internal import SparseCore

/// How the learning rate changes over a run, as a factor of the optimiser's rate.
public struct Schedule: Codable, Hashable, Sendable {
  /// The course of the factor after the warm-up.
  public enum Course: Codable, Hashable, Sendable {
    /// Always 1.
    case constant
    /// Multiplied by `factor` after every `every` epochs.
    case step(every: Int, factor: Double)
    /// Half a cosine from 1 at the start to `floor` at the end of the run (Loshchilov, Hutter 2017).
    case cosine(floor: Double)
    /// 1 / (1 + decay · steps), as Keras' `decay`.
    case inverseTime(decay: Double)
  }

  /// The course of the factor.
  public var course: Course
  /// The steps over which the factor first rises linearly from 0.
  public var warmupSteps: Int

  /// Always the optimiser's rate.
  public static var constant: Self { Self(.constant) }

  /// Creates a schedule.
  ///
  /// - Parameters:
  ///   - course: The course of the factor.
  ///   - warmupSteps: The steps over which the factor first rises linearly from 0.
  public init(_ course: Course, warmupSteps: Int = 0) {
    self.course = course
    self.warmupSteps = warmupSteps
  }

  /// Whether the factor at a step depends on how long the run is.
  public var dependsOnLength: Bool {
    if case .cosine = course { true } else { false }
  }

  /// The factor of one step.
  ///
  /// - Parameters:
  ///   - step: The steps already made, from 0.
  ///   - stepsPerEpoch: The steps of one epoch.
  ///   - totalSteps: The steps of the whole run.
  /// - Returns: A factor from 0 to 1.
  public func factor(step: Int, stepsPerEpoch: Int, totalSteps: Int) -> Double {
    let warmup = step < warmupSteps ? Double(step + 1) / Double(warmupSteps) : 1
    switch course {
    case .constant: return warmup
    case .step(let every, let factor):
      return warmup * pow(factor, Double(step / max(stepsPerEpoch * every, 1)))
    case .cosine(let floor):
      let progress = min(Double(step) / Double(max(totalSteps, 1)), 1)
      return warmup * (floor + (1 - floor) * 0.5 * (1 + cos(.pi * progress)))
    case .inverseTime(let decay): return warmup / (1 + decay * Double(step))
    }
  }

  func validate() throws {
    guard warmupSteps >= 0 else {
      throw SparseError(.invalidArgument, "The warm-up cannot take \(warmupSteps) steps.")
    }
    switch course {
    case .constant: break
    case .step(let every, let factor):
      guard every >= 1, every <= TrainingRecipe.maximumEpochs, factor > 0, factor <= 1 else {
        throw SparseError(
          .invalidArgument,
          """
          A step schedule needs 1…\(TrainingRecipe.maximumEpochs) epochs and a factor in (0, 1], \
          not \(every) and \(factor).
          """)
      }
    case .cosine(let floor):
      guard floor >= 0, floor <= 1 else {
        throw SparseError(
          .invalidArgument, "A cosine schedule's floor must be in 0…1, not \(floor).")
      }
    case .inverseTime(let decay):
      guard decay >= 0, decay.isFinite else {
        throw SparseError(.invalidArgument, "The decay must be a number from 0 up, not \(decay).")
      }
    }
  }
}
