/// How loss and accuracy went, epoch by epoch.
struct TrainingSection {
  /// The file of metrics, if one was given.
  let history: MetricsHistory?

  var html: String { HTML.section("Training", parts) }

  private var parts: [String] {
    guard let history, let last = history.epochs.last else {
      return [
        HTML.paragraph(
          """
          No course of loss and accuracy: a model file holds none, and no file of metrics was given. \
          'train --metrics FILE.jsonl' writes one, which 'report --metrics FILE.jsonl' shows here.
          """)
      ]
    }
    let tasks = last.tasks.map(\.name)
    var parts: [String] = []
    if tasks.isEmpty {
      parts += figures(of: nil, in: history)
    } else {
      for task in tasks {
        parts += ["<h4>\(Markup.escaped(task))</h4>"] + figures(of: task, in: history)
      }
    }
    var note = "\(Text.count(history.epochs.count, "epoch")), the last number \(last.epoch)"
    let seconds = history.epochs.reduce(0) { $0 + $1.seconds }
    if seconds > 0, seconds < 1e12 { note += "; \(Text.seconds(seconds)) of training" }
    note += "."
    if history.earlierRuns > 0 {
      note +=
        " Not shown: \(Text.count(history.earlierRuns, "earlier run")) in the file of metrics."
    }
    return parts + [HTML.paragraph(note, isSmall: true)]
  }

  /// The two curves of a task and the table of their ends.
  private func figures(of task: String?, in history: MetricsHistory) -> [String] {
    let loss = [
      history.points(.validationLoss, task: task), history.points(.trainLoss, task: task),
    ]
    let accuracy = [
      history.points(.validationAccuracy, task: task), history.points(.trainAccuracy, task: task),
    ].map { $0.map { (epoch: $0.epoch, value: 100 * $0.value) } }
    func chart(_ title: String, _ points: [[(epoch: Int, value: Double)]]) -> String {
      // Without validation samples the training curve is the one to look at.
      LineChart(
        title: title,
        series: [
          .init(name: "validation", points: points[0], isMain: true),
          .init(name: "training", points: points[1], isMain: points[0].isEmpty),
        ]
      ).html
    }
    var table = Table(["", "last loss", "last accuracy", "best accuracy", "in epoch"])
    for (name, loss, accuracy) in [
      ("validation", loss[0], accuracy[0]), ("training", loss[1], accuracy[1]),
    ] {
      // The first of those that are equally good.
      guard let end = loss.last, let last = accuracy.last,
        let best = accuracy.max(by: { ($0.value, -$0.epoch) < ($1.value, -$1.epoch) })
      else { continue }
      table.add([
        name, Text.fixed(end.value, 4), "\(Text.fixed(last.value, 2)) %",
        "\(Text.fixed(best.value, 2)) %", Text.count(best.epoch),
      ])
    }
    return [
      "<div class=\"figures\">", chart("Loss", loss), chart("Accuracy, %", accuracy), "</div>",
      HTML.table(table),
    ]
  }
}
