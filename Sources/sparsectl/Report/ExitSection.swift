import EarlyExit
import SparseLayers

/// Where samples can leave: thresholds, temperatures, and what each exit costs.
struct ExitSection {
  let model: ModelFile

  /// Empty for a network that answers in one place.
  var html: String {
    let stages = model.network.exitStages
    guard stages.count > 1 || model.exitSettings != nil else { return "" }
    var table = Table([
      "exit", "threshold", "temperature", "MACs of its stage", "MACs to here", "of all",
    ])
    let all = stages.last.map { Double(max($0.totalMACs, 1)) } ?? 1
    for (index, stage) in stages.enumerated() {
      table.add([
        stage.branch.map { model.network.branches[$0].name } ?? "handed over", threshold(index),
        temperature(index), Text.count(stage.macs), Text.count(stage.totalMACs),
        Text.percent(Double(stage.totalMACs) / all),
      ])
    }
    return HTML.section("Exits", [HTML.table(table), calibration])
  }

  private func threshold(_ index: Int) -> String {
    guard let thresholds = model.exitSettings?.thresholds, thresholds.indices.contains(index)
    else { return "–" }
    return thresholds[index].map { "\($0)" } ?? "never"
  }

  private func temperature(_ index: Int) -> String {
    guard let temperatures = model.exitSettings?.temperatures, temperatures.indices.contains(index)
    else { return "–" }
    return "\(temperatures[index])"
  }

  private var calibration: String {
    guard let settings = model.exitSettings else {
      return HTML.paragraph(
        "Not calibrated: without thresholds every sample goes to the last exit.", isSmall: true)
    }
    var facts = [(name: "Rule", value: settings.rule)]
    if let calibration = settings.calibration {
      facts += [
        ("Aim", calibration.aim),
        ("Validation samples", Text.count(calibration.samples)),
        ("Accuracy with the thresholds", Text.percent(calibration.accuracy)),
        ("Accuracy of the last exit", Text.percent(calibration.lastExitAccuracy)),
        ("Expected MACs", Text.rounded(calibration.expectedMACs)),
        ("Data, SHA-256", calibration.dataSHA256),
      ]
    }
    return HTML.facts(facts)
  }
}
