import SparseLayers

/// What a sweep prints for people.
enum SweepText {
  /// Layers as papers write them: `800-100-10`.
  static func layers(_ sizes: [Int]) -> String { sizes.map(String.init).joined(separator: "-") }

  /// Connections per left neuron, junction by junction: `20+10`.
  static func outDegrees(_ row: SweepRow) -> String {
    row.outDegrees.map { Text.number($0, decimals: 2) }.joined(separator: "+")
  }

  /// A network in one line.
  static func name(_ point: SweepPoint) -> String {
    "\(layers(point.recipe.layerSizes)) \(point.family), \(Text.count(point.weights)) weights,"
  }

  /// A mean and its spread in percent: `97.12 ± 0.08`.
  static func accuracy(_ statistics: SweepRow.Statistics?) -> String {
    guard let statistics else { return "diverged" }
    let mean = Text.fixed(100 * statistics.mean, 2)
    return statistics.standardDeviation.map { "\(mean) ± \(Text.fixed(100 * $0, 2))" } ?? mean
  }
}

extension SweepReport {
  /// The table for people.
  var table: Table {
    var table = Table([
      "network", "pattern", "density", "out-degrees", "weights", "storage, bytes",
      "training MACs", "accuracy, %", "Pareto", "storage ÷", "training ÷", "points", "s per run",
    ])
    for (index, row) in rows.enumerated() {
      let comparison = comparison(index)
      table.add([
        SweepText.layers(row.layers), row.family, Text.number(row.hiddenDensity, decimals: 3),
        SweepText.outDegrees(row), Text.count(row.cost.weights),
        Text.count(row.storageBytes),
        Text.count(row.cost.trainingMACs), SweepText.accuracy(row.accuracy), pareto(index),
        comparison.map { Text.ratio($0.storageRatio) } ?? "–",
        comparison.map { Text.ratio($0.trainingMACsRatio) } ?? "–",
        comparison?.points.map(Self.points) ?? "–", Text.fixed(row.trainSeconds, 1),
      ])
    }
    return table
  }

  /// The fronts that a row is on: `w`, `s`, `t` for weights, storage and training's MACs.
  func pareto(_ index: Int) -> String {
    SweepCost.allCases.compactMap {
      fronts[$0]?.contains(index) == true ? $0.rawValue.prefix(1) : nil
    }
    .joined()
  }

  /// A difference in percentage points with its sign.
  static func points(_ value: Double) -> String {
    let text = Text.fixed(abs(value), 2)
    return text == "0.00" ? text : (value < 0 ? "−" : "+") + text
  }
}
