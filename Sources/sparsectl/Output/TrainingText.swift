import Foundation
import SparseCore
import SparseLayers

/// What `train` prints for people.
enum TrainingText {
  /// The network, and each junction's degrees, density and engine, before the run starts.
  ///
  /// - Parameters:
  ///   - trainer: The run.
  ///   - network: What it trains.
  ///   - samples: How many are learnt, and how many are set aside to validate by.
  ///   - test: How many are tested.
  /// - Returns: A table, and a line.
  static func header(
    _ trainer: Trainer, _ network: Network, samples: (training: Int, validation: Int), test: Int
  ) -> String {
    var table = Table([
      "junction", "neurons", "edges", "density", "in-degree", "out-degree", "engine",
    ])
    for ((name, layer), plan) in zip(network.junctions, trainer.executor.plans) {
      let pattern = layer.pattern
      table.add([
        name, "\(pattern.inputs)→\(pattern.outputs)", Text.count(pattern.edgeCount),
        Text.number(pattern.density), Text.range(pattern.inDegrees), Text.range(pattern.outDegrees),
        engine(plan),
      ])
    }
    let recipe = trainer.recipe
    let validation =
      samples.validation > 0 ? ", \(Text.count(samples.validation)) validation" : ""
    return """
      \(table.text())
      \(Text.count(samples.training)) training\(validation) and \(Text.count(test)) test samples; \
      \(Text.count(recipe.epochs, "epoch")) of \(Text.count(trainer.stepsPerEpoch, "step")) of \
      \(recipe.batchSize); seed \(recipe.seed)
      """
  }

  /// The engine's name, with the instruction set where that is a choice.
  private static func engine(_ plan: any JunctionPlan) -> String {
    guard let native = plan as? NativePlan else { return plan.backend.rawValue }
    return "\(native.backend.rawValue) (\(native.kernels.name))"
  }

  /// One line after an epoch.
  static func epoch(_ report: Trainer.EpochReport, of epochs: Int) -> String {
    var line = String(
      format: "epoch %d/%d  %.2f s  loss %.4f  accuracy %.2f %%", report.epoch, epochs,
      report.seconds, report.training.last?.loss ?? 0, 100 * (report.training.last?.accuracy ?? 0))
    if let validation = report.validation.last {
      line += String(
        format: "  validation: loss %.4f  accuracy %.2f %%", validation.loss,
        100 * validation.accuracy)
    }
    let others = report.validation.isEmpty ? report.training : report.validation
    for branch in others.dropLast() {
      line += String(format: "  \(branch.branch) %.2f %%", 100 * branch.accuracy)
    }
    return line
  }

  /// The accuracy of the exits, if there are any.
  private static func exits(_ summary: TrainingSummary, _ network: Network) -> String {
    let outputs = network.taskOutputs.map(\.branch)
    return summary.branches.indices.filter { !outputs.contains($0) }
      .map { summary.branches[$0] }
      .map { "\($0.branch): \(Text.percent($0.testAccuracy)), " }.joined()
  }

  /// The table beside the dense network, after the run; all layers were trained, or only branches.
  static func closing(
    _ summary: TrainingSummary, _ network: Network, trainedBranches: Set<String>?
  ) -> String {
    let total = NetworkCost(network, trainedBranches: trainedBranches).total
    let accuracy =
      network.taskText { summary.branches[$0].testAccuracy } ?? Text.percent(summary.testAccuracy)
    var table = Table(["", "this network", "dense", "ratio"])
    func row(_ name: String, _ value: Int, _ dense: Int) {
      table.add([
        name, Text.count(value), Text.count(dense),
        Text.ratio(dense, to: value),
      ])
    }
    row("weights", total.weights, total.denseWeights)
    row("storage, bytes", total.storageBytes, total.denseStorageBytes)
    row("inference, MACs per sample", total.macs, total.denseMACs)
    row("training, MACs per sample", total.trainingMACs, total.denseTrainingMACs)
    return """

      \(exits(summary, network))test accuracy \(accuracy) \
      after \(Text.seconds(summary.trainSeconds)) of training\(summary.resumed ? " since it was resumed" : "")\
      \(summary.secondsPerEpoch.map { " (\(Text.fixed($0, 2)) s per epoch)" } ?? "")

      \(table.text())

      model: \(summary.model)
      """
  }
}
