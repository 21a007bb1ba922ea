import EarlyExit
import Foundation
import SparseCore
import Testing

@Suite("Temperature scaling") struct TemperatureTests {
  /// The mean cross-entropy of outputs over a temperature.
  private func crossEntropy(_ records: ExitRecords, _ exit: Int, _ temperature: Double) -> Double {
    let classes = records.classes
    return records.labels.enumerated().reduce(0) { total, item in
      let row = records.outputs[exit][item.offset * classes..<(item.offset + 1) * classes]
        .map { Double($0) / temperature }
      return total + log(row.reduce(0) { $0 + exp($1) }) - row[Int(item.element)]
    }
  }

  @Test("minimises the cross-entropy", arguments: 0..<5 as Range<UInt64>)
  func minimum(seed: UInt64) throws {
    let records = try randomRecords(samples: 300, exits: 3, seed: seed)
    for exit in 0..<3 {
      let found = Double(
        Temperature.fit(outputs: records.outputs[exit], labels: records.labels))
      let best = crossEntropy(records, exit, found)
      for factor in [0.9, 0.99, 1.01, 1.1] {
        #expect(best <= crossEntropy(records, exit, found * factor) + 1e-9)
      }
    }
  }

  @Test("undoes what multiplied the outputs, and leaves every answer as it was")
  func scale() throws {
    let records = try randomRecords(samples: 400, exits: 1, seed: 2)
    let base = Temperature.fit(outputs: records.outputs[0], labels: records.labels)
    let scaled = Temperature.fit(
      outputs: records.outputs[0].map { $0 * 3 }, labels: records.labels)
    #expect(abs(scaled / base - 3) < 1e-3)
    #expect(
      records.table(rule: MarginRule(), temperatures: [4]).answers
        == records.table(rule: MarginRule()).answers)
  }

  @Test("stays in its range where the cross-entropy falls for ever")
  func separable() {
    // Always right: the colder the better; always wrong: the hotter.
    #expect(Temperature.fit(outputs: [1, 0, 0, 1], labels: [0, 1]) < 0.051)
    #expect(Temperature.fit(outputs: [1, 0, 0, 1], labels: [1, 0]) > 19.9)
  }

  @Test("an exit's calibration error is that of the definition")
  func calibrationError() throws {
    // Two samples at 0.75, one right; two at 0.6, both right.
    func logit(_ probability: Double) -> Float { Float(log(probability / (1 - probability))) }
    let records = try ExitRecords(
      names: ["output"], macs: [1],
      outputs: [[logit(0.75), 0, logit(0.75), 0, logit(0.61), 0, logit(0.61), 0]],
      labels: [0, 1, 0, 0])
    let error = Temperature.calibrationError(records, exit: 0, temperature: 1, bins: 10)
    #expect(abs(error - (abs(2 * 0.75 - 1) + abs(2 * 0.61 - 2)) / 4) < 1e-6)
  }

  @Test(
    "lowers the calibration error of outputs that are too sure", arguments: 0..<3 as Range<UInt64>)
  func calibration(seed: UInt64) throws {
    let records = try randomRecords(samples: 2000, exits: 1, seed: seed)
    let sure = try ExitRecords(
      names: records.names, macs: records.macs,
      outputs: records.outputs.map { $0.map { $0 * 4 } }, labels: records.labels)
    let fitted = Temperature.fit(outputs: sure.outputs[0], labels: sure.labels)
    #expect(
      Temperature.calibrationError(sure, exit: 0, temperature: fitted)
        < 0.5 * Temperature.calibrationError(sure, exit: 0, temperature: 1))
  }
}

@Suite("Records of exits") struct ExitRecordsTests {
  @Test("refuse data that do not fit, are empty, or are not finite")
  func unfit() {
    func records(_ macs: [Int], _ outputs: [[Float]], _ labels: [Int32]) throws -> ExitRecords {
      try ExitRecords(names: ["a", "b"], macs: macs, outputs: outputs, labels: labels)
    }
    #expect(throws: SparseError.self) { try records([1, 2], [[], []], []) }
    #expect(throws: SparseError.self) { try records([1], [[1, 2], [1, 2]], [0]) }
    #expect(throws: SparseError.self) { try records([1, 2], [[1, 2], [1]], [0]) }
    #expect(throws: SparseError.self) { try records([1, 2], [[1, 2, 3], [1, 2, 3]], [0, 1]) }
    #expect(throws: SparseError.self) { try records([1, 2], [[1, 2], [1, 2]], [2]) }
    #expect(throws: SparseError.self) { try records([1, 2], [[1, .nan], [1, 2]], [0]) }
  }

  @Test("make reports whose numbers add up and say what leaving early cost")
  func report() throws {
    let records = try randomRecords(samples: 500, exits: 3, seed: 4)
    let table = records.table(rule: MaxProbabilityRule())
    let thresholds: [Float] = [0.6, 0.7]
    let report = ExitReport(table, thresholds: thresholds)
    #expect(abs(report.exits.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    let expected = report.exits.reduce(0.0) { $0 + $1.share * Double($1.macs) }
    #expect(abs(report.expectedMACs - expected) < 1e-6)
    let accuracy = report.exits.reduce(0.0) { $0 + $1.share * ($1.accuracy ?? 0) }
    #expect(abs(report.accuracy - accuracy) < 1e-12)
    // Leaving early changes the last exit's accuracy by what was gained and lost.
    let change = report.exits.reduce(0) { $0 + $1.gainedOverLast - $1.lostToLast }
    let last = try #require(report.exits.last)
    #expect(abs(report.accuracy - last.accuracyOnAll - Double(change) / 500) < 1e-12)
    #expect(last.gainedOverLast == 0 && last.lostToLast == 0)
  }

  @Test("make curves from never to always")
  func curve() throws {
    let table = try randomRecords(samples: 300, exits: 3, seed: 6).table(rule: MarginRule())
    let curve = table.commonThresholdCurve(count: 50)
    #expect(curve.count >= 40)
    #expect(curve.first?.expectedMACs == Double(table.macs[2]))
    #expect(curve.last?.expectedMACs == Double(table.macs[0]))
    let costs = curve.map(\.expectedMACs)
    #expect(costs == costs.sorted(by: >))
  }
}
