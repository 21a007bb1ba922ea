// Two images in one, a task for each: one network with a shared backbone against two networks.
// After MTL-Split (Capogrosso et al., DAC 2024), with Fashion-MNIST on both sides.
import Foundation
import SparseLayers

/// Trains one network that answers some tasks of the data.
func train(_ tasks: [String], on pairs: DatasetParts) throws -> (accuracy: [Double], weights: Int) {
  var recipe = NetworkRecipe(
    layerSizes: [pairs.training.featureCount, 512, 256, 10], connectivity: .densities([0.125]))
  recipe.setTasks(tasks.map { TaskRecipe(name: $0, classes: 10) })
  let network = try recipe.makeNetwork()
  let training = TrainingRecipe(epochs: 5)
  let trainer = try Trainer(
    network, recipe: training, training: LabeledData(pairs.training, for: network),
    threads: ProcessInfo.processInfo.activeProcessorCount)
  try trainer.train()
  let test = try trainer.executor.evaluate(LabeledData(pairs.test, for: network))
  return (
    network.taskOutputs.map { test[$0.branch].accuracy }, NetworkCost(network).total.weights
  )
}

// Each pair shares a canvas of 36×36 pixels, where the brighter pixel counts.
let clothes = try DatasetSource.fashionMNIST.load()
var counts = ImagePairs.Counts()
(counts.training, counts.validation, counts.test) = (30_000, 0, 10_000)
let pairs = try ImagePairs(left: clothes, right: clothes, seed: 0).parts(counts)

let both = try train(["left", "right"], on: pairs)
let left = try train(["left"], on: pairs)
let right = try train(["right"], on: pairs)
let weights = left.weights + right.weights

print("                left       right      weights")
func row(_ name: String, _ left: Double, _ right: Double, _ weights: Int) {
  print(name, String(format: "%7.2f %%  %7.2f %%  %10ld", 100 * left, 100 * right, weights))
}
row("one network ", both.accuracy[0], both.accuracy[1], both.weights)
row("two networks", left.accuracy[0], right.accuracy[0], weights)
print(
  String(format: "Two tasks for %.0f %% of", 100 * Double(both.weights) / Double(weights)),
  "the weights of two networks, and the backbone's output crosses a link once instead of twice.")
