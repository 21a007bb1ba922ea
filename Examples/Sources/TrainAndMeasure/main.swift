// A network that keeps a quarter of its connections, chosen before training, beside its dense twin.
import Foundation
import SparseLayers

/// What training showed, and what the network costs.
struct Outcome {
  var accuracy: Double
  var secondsPerEpoch: Double
  var cost: JunctionCost
}

/// Trains a network whose hidden junctions keep a fraction of their connections.
func train(density: Double, on data: DatasetParts) throws -> Outcome {
  let recipe = NetworkRecipe(layerSizes: [784, 512, 256, 10], connectivity: .densities([density]))
  let network = try recipe.makeNetwork()
  let training = TrainingRecipe(epochs: 2)
  let trainer = try Trainer(
    network, recipe: training, training: LabeledData(data.training, for: network),
    threads: ProcessInfo.processInfo.activeProcessorCount)
  let seconds = try trainer.train().reduce(0) { $0 + $1.seconds }
  let test = try trainer.executor.evaluate(LabeledData(data.test, for: network))
  return Outcome(
    accuracy: test[0].accuracy, secondsPerEpoch: seconds / Double(training.epochs),
    cost: NetworkCost(network).total)
}

let data = try DatasetSource.fashionMNIST.load()
let sparse = try train(density: 0.25, on: data)
let dense = try train(density: 1, on: data)

/// Prints one number of both networks, and how often the first goes into the second.
func row(_ name: String, _ sparse: Double, _ dense: Double, digits: Int = 0) {
  let format = "%12.\(digits)f %12.\(digits)f %7.2f×"
  print(
    name.padding(toLength: 20, withPad: " ", startingAt: 0),
    String(format: format, sparse, dense, dense / sparse))
}

print("Fashion-MNIST              sparse        dense    ratio")
row("test accuracy, %", 100 * sparse.accuracy, 100 * dense.accuracy, digits: 2)
row("weights", Double(sparse.cost.weights), Double(dense.cost.weights))
row("MACs a sample", Double(sparse.cost.macs), Double(dense.cost.macs))
row("MACs of training", Double(sparse.cost.trainingMACs), Double(dense.cost.trainingMACs))
// A dense layer needs no indices: its twin is stored as a plain matrix.
row("storage, bytes", Double(sparse.cost.storageBytes), Double(dense.cost.denseStorageBytes))
row("seconds an epoch", sparse.secondsPerEpoch, dense.secondsPerEpoch, digits: 2)
