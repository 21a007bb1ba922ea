import Foundation
import SparseLayers

/// What `train` shows on a terminal while it runs: where the epoch is and how long it all takes,
/// and below it the course of accuracy and loss over the epochs so far.
///
/// Everything is drawn between two steps, at most ten times a second.
struct TrainingProgress {
  private let epochs: Int
  private let stepsPerEpoch: Int
  private let batchSize: Int
  private var line = ProgressLine()
  /// Where the current epoch began in this process.
  private var firstStep = 0
  private var start = ContinuousClock.now
  /// How long the last whole epoch took, with its validation and checkpoint.
  private var epochSeconds: Double?
  private var course = Course()

  init(of trainer: Trainer) {
    self.init(
      epochs: trainer.recipe.epochs, stepsPerEpoch: trainer.stepsPerEpoch,
      batchSize: trainer.recipe.batchSize)
  }

  init(epochs: Int, stepsPerEpoch: Int, batchSize: Int) {
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
    self.batchSize = batchSize
  }

  /// Notes that an epoch begins, or goes on after some of its steps.
  mutating func begin(step: Int) {
    let now = ContinuousClock.now
    // An epoch that was resumed took longer than it looks from here.
    if !course.isEmpty, firstStep == 0 { epochSeconds = start.duration(to: now) / .seconds(1) }
    firstStep = step
    start = now
  }

  /// Redraws the lines after a step.
  mutating func show(_ step: Trainer.StepReport) {
    guard line.isDue else { return }
    let seconds = start.duration(to: .now) / .seconds(1)
    let text = text(step, seconds: seconds, columns: Terminal.columns - 1)
    line.show(text)
  }

  /// Removes the lines.
  mutating func clear() { line.clear() }

  /// Takes over what an epoch showed.
  mutating func end(_ report: Trainer.EpochReport) { course.add(report) }

  /// Leaves the course of a run of several epochs on the terminal.
  func finish() {
    guard Terminal.isInteractive, course.count > 1 else { return }
    Terminal.note(course.text(columns: Terminal.columns - 1))
  }
}

// MARK: - Text

extension TrainingProgress {
  /// The lines after a step.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - seconds: The time since the epoch began in this process.
  ///   - columns: The room of a line; the least important parts are left out where it is short.
  /// - Returns: One line, or two once an epoch is done.
  func text(_ step: Trainer.StepReport, seconds: Double, columns: Int) -> String {
    let perStep = seconds / Double(max(step.step - firstStep, 1))
    let epochLeft = perStep * Double(stepsPerEpoch - step.step)
    let whole = epochSeconds ?? perStep * Double(stepsPerEpoch)
    let runLeft = epochLeft + whole * Double(epochs - step.epoch - 1)
    let rate = Double(step.samples - firstStep * batchSize) / max(seconds, 1e-9)
    let parts: [(rank: Int, text: String)] = [
      (0, "epoch \(step.epoch + 1)/\(epochs)"),
      (3, "step \(Text.count(step.step))/\(Text.count(stepsPerEpoch))"),
      (4, "\(Text.count(Int(min(rate, 1e15)))) samples/s"),
      (2, "loss \(Text.fixed(step.loss, 4))"),
      (5, "accuracy \(Text.percent(step.accuracy))"),
      (1, "\(Self.time(epochLeft)) left, run \(Self.time(runLeft))"),
    ]
    var line = Self.joined(parts, columns: columns)
    if !course.isEmpty { line += "\n" + course.text(columns: columns) }
    return line
  }

  /// The most important parts that fit, in their order.
  private static func joined(_ parts: [(rank: Int, text: String)], columns: Int) -> String {
    for last in (0..<parts.count).reversed() {
      let line = parts.filter { $0.rank <= last }.map(\.text).joined(separator: "  ")
      if line.count <= columns || last == 0 { return line }
    }
    return ""
  }

  /// A time that may be long: `2 h 05 min`.
  private static func time(_ seconds: Double) -> String {
    guard seconds >= 3600 else { return Text.seconds(seconds) }
    let minutes = Int((min(seconds, 1e12) / 60).rounded())
    return String(format: "%d h %02d min", minutes / 60, minutes % 60)
  }
}

/// Accuracy and loss, epoch by epoch, of the validation samples where there are any.
private struct Course {
  private var isOfValidation = false
  private var accuracies: [Double] = []
  private var losses: [Double] = []

  var count: Int { losses.count }
  var isEmpty: Bool { losses.isEmpty }

  mutating func add(_ report: Trainer.EpochReport) {
    isOfValidation = !report.validation.isEmpty
    guard let scores = (isOfValidation ? report.validation : report.training).last else { return }
    accuracies.append(scores.accuracy)
    losses.append(scores.loss)
  }

  /// The most characters of a curve.
  private static let widest = 40

  /// Both curves with their last values.
  func text(columns: Int) -> String {
    guard let accuracy = accuracies.last, let loss = losses.last else { return "" }
    let texts = [
      isOfValidation ? "validation  accuracy " : "training  accuracy ",
      " \(Text.percent(accuracy))  loss ", " \(Text.fixed(loss, 4))",
    ]
    let room = (columns - texts.reduce(0) { $0 + $1.count }) / 2
    let curves = [accuracies, losses].map {
      Sparkline.text($0, columns: min(max(room, 0), Self.widest))
    }
    return texts[0] + curves[0] + texts[1] + curves[1] + texts[2]
  }
}
