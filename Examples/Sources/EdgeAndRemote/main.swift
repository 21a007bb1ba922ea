// An edge device and its server in one process: samples of which the device's exit is sure stay
// there; for the others the server goes on where the device stopped.
import EarlyExit
import Foundation
import SparseLayers
import SplitServing

/// Answers samples as the device does, and prints who answered, and what that took.
func answer(_ data: Dataset, by part: ModelFile, with url: String) async throws {
  try await RemotePart.with(.init(url: url, modelName: "fashion")) { remote in
    let edge = try EdgePart(part)
    try await edge.requireCounterpart(remote)
    let (samples, labels) = (try Samples(data, for: part.network), data.targets[0].labels)
    var (answers, right) = ([EdgePart.Source: Int](), 0)
    try await EdgeDevice([.init(edge: edge, remote: remote)]).answer(samples) { sample, answer in
      answers[answer.source, default: 0] += 1
      if answer.label == Int(labels[sample]) { right += 1 }
    }
    let percent = 100 / Double(labels.count)
    for source in [EdgePart.Source.exit, .remote, .degraded] {
      print("\(source):", String(format: "%.1f %%", percent * Double(answers[source] ?? 0)))
    }
    print("\(remote.statistics.bytesSent / labels.count) bytes sent a sample, headers included")
    print(String(format: "test accuracy %.2f %%", percent * Double(right)))
  }
}

let data = try DatasetSource.fashionMNIST.load()
var recipe = NetworkRecipe(layerSizes: [784, 128, 512, 256, 10], connectivity: .densities([0.25]))
recipe.exits = ExitRecipe(positions: [1])
let network = try recipe.makeNetwork()
let training = TrainingRecipe(epochs: 4, validationFraction: 0.1)
let labeled = try data.labeled(by: training, for: network)
let trainer = try Trainer(
  network, recipe: training, training: labeled.training,
  threads: ProcessInfo.processInfo.activeProcessorCount)
try trainer.train()

// The threshold may cost half a point of accuracy, on samples that were not learnt.
guard let validation = labeled.validation else { fatalError("nothing was set aside") }
let records = try ExitRecords(trainer.executor, of: network, on: validation)
let calibration = try Calibration(records, rule: MaxProbabilityRule()) {
  try $0.solve(maxAccuracyLoss: 0.005)
}
var model = ModelFile(
  network: try trainer.currentNetwork(), data: DataDescription(dataset: "fashion", like: data.test))
model.exitSettings = calibration.policy.settings
let parts = try model.split(afterHiddenLayers: 1)

// A server reads files, all of them before it listens.
let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
try parts.remote.write(to: file.path)
var settings = ModelServer.Configuration(modelPath: file.path, modelName: "fashion")
settings.port = 0
let server = try ModelServer(settings)
try FileManager.default.removeItem(at: file)
try await server.serve { url in try await answer(data.test, by: parts.edge, with: url) }
let whole = try trainer.executor.evaluate(LabeledData(data.test, for: network))
print(String(format: "of the whole network %.2f %%", 100 * (whole.last?.accuracy ?? 0)))
