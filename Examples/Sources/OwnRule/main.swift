// A confidence rule of one's own decides which samples leave early, beside one of the engine's.
import EarlyExit
import Foundation
import SparseLayers

/// The largest probability; half of it where the exit before answered another class.
struct AgreedProbability: ConfidenceRule {
  let name = "agreed-probability"

  func confidence(_ probabilities: Span<Float>, earlierAnswers: Span<Int32>) -> Float {
    var best = 0
    for index in probabilities.indices where probabilities[index] > probabilities[best] {
      best = index
    }
    let last = earlierAnswers.count - 1
    let isDoubted = last >= 0 && earlierAnswers[last] != Int32(best)
    return isDoubted ? probabilities[best] / 2 : probabilities[best]
  }
}

let data = try DatasetSource.fashionMNIST.load()
var recipe = NetworkRecipe(layerSizes: [784, 256, 256, 128, 10], connectivity: .densities([0.25]))
recipe.exits = ExitRecipe(positions: [1, 2])
let network = try recipe.makeNetwork()
let training = TrainingRecipe(epochs: 4, validationFraction: 0.1)
let labeled = try data.labeled(by: training, for: network)
let trainer = try Trainer(
  network, recipe: training, training: labeled.training,
  threads: ProcessInfo.processInfo.activeProcessorCount)
try trainer.train()

// The thresholds may cost a tenth of a point of accuracy, on samples that were not learnt.
guard let validation = labeled.validation else { fatalError("nothing was set aside") }
let records = try ExitRecords(trainer.executor, of: network, on: validation)
var policies = [("last exit only", ExitPolicy.never(exits: 3))]
for rule in [MaxProbabilityRule(), AgreedProbability()] as [any ConfidenceRule] {
  let calibration = try Calibration(records, rule: rule) { try $0.solve(maxAccuracyLoss: 0.001) }
  policies.append((rule.name, calibration.policy))
}

let (samples, labels) = (try Samples(data.test, for: network), data.test.targets[0].labels)
let lastMACs = Double(network.exitStages[2].totalMACs)
print("rule                 share of each exit, %    accuracy   MACs  of the last exit's")
for (name, policy) in policies {
  let runner = try ExitRunner(trainer.currentNetwork(), policy: policy, batchCapacity: 256)
  var (shares, accuracy) = ([0.0, 0.0, 0.0], 0.0)
  for first in stride(from: 0, to: labels.count, by: runner.batchCapacity) {
    let batch = samples.indices[first...].prefix(runner.batchCapacity)
    for (sample, answer) in zip(batch, try runner.run(batch, of: samples)) {
      shares[answer.exit] += 100 / Double(labels.count)
      if answer.label == Int(labels[sample]) { accuracy += 100 / Double(labels.count) }
    }
  }
  let macs = Double(runner.macs) / Double(labels.count)
  let cells = shares.map { String(format: "%6.1f", $0) }.joined()
  let rest = String(format: "%8.2f %% %7.0f %6.0f %%", accuracy, macs, 100 * macs / lastMACs)
  print(name.padding(toLength: 20, withPad: " ", startingAt: 0), cells, rest)
}
