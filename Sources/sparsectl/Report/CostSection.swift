import SparseLayers

/// What the network costs beside the dense one: the tables of `measure`, as far as they are counted.
struct CostSection {
  let measure: MeasureReport

  var html: String {
    HTML.section(
      "Cost beside the dense network",
      [
        HTML.table(measure.summary),
        HTML.paragraph(
          """
          Counted per sample; one multiply–add (MAC) is two FLOPs. The ratio says how many times the \
          dense network has more. Training memory is what this engine allocates. The energy is \
          estimated by a model: \(measure.energyModel.source). Times belong to a machine, not to a \
          model: 'measure' takes them.
          """, isSmall: true),
        "<h4>Storage of each junction, in bytes</h4>", HTML.table(measure.storage),
        "<h4>MACs of each junction, per sample</h4>", HTML.table(measure.junctionMACs),
      ])
  }

  /// The ratios that one looks for first.
  var tiles: String {
    let cost = measure.total.cost
    // A part of a network that hands on what it gets has nothing to compare.
    guard cost.weights > 0 else { return "" }
    let tiles = [
      (Text.count(cost.weights), "weights of \(Text.count(cost.denseWeights))"),
      (Text.percent(cost.density), "of the weights are kept"),
      (Text.ratio(cost.denseStorageBytes, to: cost.storageBytes), "less storage than dense"),
      (Text.ratio(cost.denseMACs, to: cost.macs), "fewer MACs of inference"),
      (Text.ratio(cost.denseTrainingMACs, to: cost.trainingMACs), "fewer MACs of training"),
    ]
    let items = tiles.map { "<div><b>\(Markup.escaped($0.0))</b>\(Markup.escaped($0.1))</div>" }
    return "<div class=\"tiles\">\n\(items.joined(separator: "\n"))\n</div>"
  }
}
