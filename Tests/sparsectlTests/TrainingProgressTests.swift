import Foundation
import Testing

@testable import SparseLayers
@testable import sparsectl

@Suite("What train shows on a terminal")
struct TrainingProgressTests {
  private func step(_ step: Int, epoch: Int = 0) -> Trainer.StepReport {
    Trainer.StepReport(
      epoch: epoch, step: step, samples: 100 * step, loss: 0.43215, accuracy: 0.8521)
  }

  private func report(
    _ epoch: Int, accuracy: Double, hasValidation: Bool = true
  )
    -> Trainer.EpochReport
  {
    let evaluation = BranchEvaluation(
      branch: "output", task: "label", loss: 1 - accuracy, accuracy: accuracy, samples: 10)
    return Trainer.EpochReport(
      epoch: epoch, learningRate: 0.1, seconds: 1, trainedSamples: 10, training: [evaluation],
      validation: hasValidation ? [evaluation] : [])
  }

  private let fresh = TrainingProgress(epochs: 3, stepsPerEpoch: 50, batchSize: 100)

  @Test("a line says how far the epoch is, how fast, and how long epoch and run take")
  func line() {
    // 20 of 50 steps in 4 s: 6 s are left, and two epochs of 10 s.
    #expect(
      fresh.text(step(20), seconds: 4, columns: 200)
        == "epoch 1/3  step 20/50  500 samples/s  loss 0.4321  accuracy 85.21 %  6.0 s left, run 26.0 s"
    )
    #expect(
      fresh.text(step(50, epoch: 2), seconds: 10, columns: 200).hasSuffix("0.0 s left, run 0.0 s"))
  }

  @Test("an epoch that was resumed counts only the steps of this process")
  func resumed() {
    var progress = fresh
    progress.begin(step: 10)
    let text = progress.text(step(20), seconds: 4, columns: 200)
    #expect(text.contains("step 20/50  250 samples/s"))
    #expect(text.hasSuffix("12.0 s left, run 52.0 s"))
  }

  @Test("a long run is told in hours, whatever the numbers")
  func hours() {
    let progress = TrainingProgress(epochs: 1_000_000, stepsPerEpoch: 1_000_000, batchSize: 1)
    let text = progress.text(step(1), seconds: 1e6, columns: 200)
    #expect(text.contains(" h ") && text.contains(" min"))
    #expect(
      fresh.text(step(20), seconds: 2400, columns: 200).hasSuffix("1 h 00 min left, run 4 h 20 min")
    )
  }

  @Test("a narrow terminal gets the most important parts, and no line is wider than it")
  func narrow() {
    var progress = fresh
    for epoch in 1...60 { progress.end(report(epoch, accuracy: 0.5 + Double(epoch) / 200)) }
    var previous = 0
    for columns in 45...160 {
      let lines = progress.text(step(20), seconds: 4, columns: columns).split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.allSatisfy { $0.count <= columns }, "\(columns): \(lines)")
      #expect(lines[0].hasPrefix("epoch 1/3"))
      #expect(lines[0].count >= previous)
      previous = lines[0].count
    }
    #expect(
      progress.text(step(20), seconds: 4, columns: 45).hasPrefix(
        "epoch 1/3  6.0 s left, run 26.0 s\n"))
  }

  @Test("the course of accuracy and loss stands below once an epoch is done")
  func course() {
    var progress = fresh
    #expect(!progress.text(step(20), seconds: 4, columns: 100).contains("\n"))
    for (epoch, accuracy) in [0.1, 0.5, 0.6, 0.8].enumerated() {
      progress.end(report(epoch + 1, accuracy: accuracy))
    }
    #expect(
      progress.text(step(20), seconds: 4, columns: 100).split(separator: "\n").last
        == "validation  accuracy ▁▅▆█ 80.00 %  loss █▄▃▁ 0.2000")
    var other = fresh
    other.end(report(1, accuracy: 0.1, hasValidation: false))
    #expect(
      other.text(step(20), seconds: 4, columns: 100).split(separator: "\n").last
        == "training  accuracy ▄ 10.00 %  loss ▄ 0.9000")
  }

  @Test("a sparkline has a block for each number, or for some of them with both ends")
  func sparkline() {
    #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], columns: 10) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([0, 9, 1, 9, 2, 9, 7, 2], columns: 4) == "▁▅██")
    #expect(Sparkline.text((0..<1000).map(Double.init), columns: 8) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([3, 3], columns: 8) == "▄▄")
    #expect(Sparkline.text([0, .nan, 1, .infinity], columns: 8) == "▁ █ ")
    let greatest = Double.greatestFiniteMagnitude
    #expect(Sparkline.text([-greatest, greatest], columns: 8) == "▁█")
    #expect(Sparkline.text([], columns: 8).isEmpty && Sparkline.text([1], columns: 0).isEmpty)
  }

  @Test("lines are drawn over each other, also when the terminal becomes narrower or wider")
  func redrawing() {
    for widths in [[80, 80], [80, 33], [33, 120], [80, 79], [80, 40], [80, 7], [200, 21]] {
      var screen = Screen(columns: widths[0])
      screen.send("what was before\n")
      var drawn: [Int] = []
      for (time, columns) in widths.enumerated() {
        screen.resize(to: columns)
        for repetition in 0..<2 {
          let first = "\(time)\(repetition) " + String(repeating: "x", count: 90)
          let drawing = ProgressLine.drawing("\(first)\nshort", over: drawn, columns: columns)
          screen.send(drawing.codes)
          drawn = drawing.widths
          let before = columns < 15 ? ["what wa", "s befor", "e"] : ["what was before"]
          #expect(
            screen.lines == before + [String(first.prefix(columns - 1)), "short"], "\(widths)")
        }
      }
      screen.send(ProgressLine.removal(of: drawn, columns: screen.columns))
      #expect(screen.lines.last == "")
      screen.send("a note\n")
      #expect(screen.lines.dropLast().last == "a note")
    }
  }
}
